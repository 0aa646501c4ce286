"""The second pass: a picture of the first one made larger, and painted over from a part of the way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sdxl_tui.core.hires import LATENT
from sdxl_tui.engine.decode import decode, encode_image
from sdxl_tui.engine.noise import Noise
from sdxl_tui.engine.pipelines import Work, denoised, img2img_pipe
from sdxl_tui.engine.schedulers import make_scheduler
from sdxl_tui.engine.start import Start


def enlarged(work: Work, index: int, latents: Any) -> Iterator[Any]:
    """Yield the latents of one picture of a job with ``hires``, made larger: (1, channels, height / f, width / f).

    Each picture has a pass of its own: a large one keeps the device busy alone, takes no more memory in a batch than by
    itself, and is the picture that its seed makes by itself. Its noise is the seed's of that size, and the size that
    SDXL is told is the larger one, both as in A1111.
    """
    request, loaded = work.job.request, work.loaded
    assert request.hires is not None, "such a job has it"
    hires, (width, height) = request.hires, request.size
    noise = Noise(loaded, width, height)
    generator, drawn = noise.draw(work.job.seeds[index])
    stretches = hires.method == LATENT
    init = _stretched(latents, drawn.shape[-2:]) if stretches else _resized(work, latents, width, height)
    pipe = img2img_pipe(loaded)
    pipe.scheduler = make_scheduler(request.scheduler, loaded.scheduler_config)
    start = Start(pipe, hires.steps, hires.strength, init, noise.ready([drawn]))
    yield from denoised(
        work,
        pipe,
        [generator],
        in_tiles=True,
        image=_unseen(),
        latents=start.latents,
        strength=hires.strength,
        num_inference_steps=hires.steps,
    )


def _stretched(latents: Any, size: Any) -> Any:
    """A1111's "Latent": bilinear, never decoded."""
    from torch.nn import functional

    return functional.interpolate(latents.float(), size=tuple(size), mode="bilinear", antialias=False).to(latents.dtype)


def _resized(work: Work, latents: Any, width: int, height: int) -> Any:
    from PIL import Image

    loaded = work.loaded
    pixels = decode(loaded, latents, work.job.request.speed, work.tiling).pixels
    picture = Image.fromarray(pixels).resize((width, height), Image.Resampling.LANCZOS)
    return encode_image(loaded, picture, work.tiling)


def _unseen() -> Any:
    """diffusers wants an image, and does not look at it beside latents."""
    from PIL import Image

    return Image.new("RGB", (64, 64))
