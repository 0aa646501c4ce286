"""The ways to make a picture: diffusers' pipelines, called for latents, over the components of the loaded model."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.job import Job
from sdxl_tui.core.modes import ANIMATE_STEPS, IMG2IMG, INPAINT, TXT2IMG
from sdxl_tui.engine.animate import Ways
from sdxl_tui.engine.decode import decode, encode_image
from sdxl_tui.engine.loader import LoadedModel
from sdxl_tui.engine.noise import Noise
from sdxl_tui.engine.prompts import Encoded, encode
from sdxl_tui.engine.schedulers import make_scheduler
from sdxl_tui.engine.source import Source

IMG2IMG_CLASS, INPAINT_CLASS = "StableDiffusionXLImg2ImgPipeline", "StableDiffusionXLInpaintPipeline"


@dataclass(frozen=True)
class Work:
    """What a mode makes latents from."""

    loaded: LoadedModel
    job: Job
    encoded: Encoded
    source: Source | None
    on_step: Callable[[], None]
    """Told after each step; raises to stop the job."""


def txt2img(work: Work) -> Iterator[Any]:
    """Yield each picture's latents, all from one pass."""
    noise = Noise(work.loaded, work.job.request)
    generators, starts = zip(*map(noise.draw, work.job.seeds), strict=True)
    yield from denoised(work, work.loaded.pipe, list(generators), latents=noise.ready(starts))


def img2img(work: Work) -> Iterator[Any]:
    """Yield each picture's latents, all from one pass: each seed's own noise is added to the init's latents."""
    assert work.source is not None, "this mode has one"
    pipe = sibling(work.loaded, IMG2IMG_CLASS)
    yield from denoised(
        work, pipe, _fresh_generators(work), image=work.source.latents, strength=work.job.request.strength
    )


def inpaint(work: Work) -> Iterator[Any]:
    """Yield each picture's latents as ``img2img`` does; outside of the mask they are held at the init's."""
    assert work.source is not None, "this mode has one"
    request = work.job.request
    yield from denoised(
        work,
        sibling(work.loaded, INPAINT_CLASS),
        _fresh_generators(work),
        image=work.source.latents,
        mask_image=work.source.cells,
        strength=request.strength,
        width=request.width,
        height=request.height,
    )


def animate_steps(work: Work) -> Iterator[Any]:
    """Yield each frame's latents, a pass for each, so that frames can be looked at as they come."""
    noise = Noise(work.loaded, work.job.request)
    ways = Ways(work.loaded.pipe, work.encoded, work.job.request)
    for frame in work.job.frame_plan:
        generator, _ = noise.draw(frame.step_seed)
        start = noise.between(frame.noise)
        words = ways.words(frame.words)
        yield from denoised(work, work.loaded.pipe, [generator], latents=noise.ready([start]), **words)


MODES: dict[str, Callable[[Work], Iterator[Any]]] = {
    TXT2IMG: txt2img,
    IMG2IMG: img2img,
    INPAINT: inpaint,
    ANIMATE_STEPS: animate_steps,
}
"""A generation mode is a function and a row here. It yields (1, channels, height / f, width / f) for each picture, in
the UNet's dtype, f being the VAE's factor."""


def denoised(work: Work, pipe: Any, generators: list[Any], **own: Any) -> Iterator[Any]:
    """Run a pipeline for one picture a generator and yield each one's latents; ``own`` is what only this mode gives."""
    request = work.job.request
    pipe.scheduler = make_scheduler(request.scheduler, work.loaded.scheduler_config)

    def step_end(_pipe: Any, _index: int, _timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        work.on_step()
        return tensors

    arguments = {
        "num_images_per_prompt": len(generators),
        "num_inference_steps": request.steps,
        "guidance_scale": request.guidance_scale,
        "generator": generators,
        "output_type": "latent",
        "callback_on_step_end": step_end,
        **work.encoded.arguments,
    }
    latents = pipe(**(arguments | own)).images
    yield from latents.split(1)


def sibling(loaded: LoadedModel, class_name: str) -> Any:
    """Return another of diffusers' SDXL pipelines over the components in use: it shares every weight with txt2img.

    Made from the modules themselves: ``from_pipe`` would cast the shared ones.
    """
    import diffusers

    if class_name not in loaded.siblings:
        names = ("vae", "text_encoder", "text_encoder_2", "tokenizer", "tokenizer_2", "unet", "scheduler")
        components = {name: getattr(loaded.pipe, name) for name in names}
        pipe = getattr(diffusers, class_name)(**components, add_watermarker=False)
        pipe.set_progress_bar_config(disable=True)
        loaded.siblings[class_name] = pipe
    return loaded.siblings[class_name]


def _fresh_generators(work: Work) -> list[Any]:
    import torch

    return [torch.Generator().manual_seed(seed) for seed in work.job.seeds]


def warm_up(loaded: LoadedModel) -> None:
    """Make one small picture for nobody, so that the first job does not pay for starting CUDA's libraries."""
    pipe, side = loaded.pipe, 16 * loaded.pipe.vae_scale_factor
    pipe.scheduler = make_scheduler("euler", loaded.scheduler_config)
    latents = pipe(
        num_inference_steps=1, width=side, height=side, output_type="latent", **encode(pipe, "", "").arguments
    ).images
    with contextlib.suppress(UserError):
        decode(pipe, latents)


def ready_img2img(loaded: LoadedModel) -> None:
    """Make the pipelines that start from a picture, and warm up what txt2img does not use: the VAE's encoder."""
    from PIL import Image

    side = 16 * loaded.pipe.vae_scale_factor
    sibling(loaded, INPAINT_CLASS)
    with contextlib.suppress(UserError):
        encode_image(loaded.pipe, Image.new("RGB", (side, side)))
    sibling(loaded, IMG2IMG_CLASS)


def img2img_is_ready(loaded: LoadedModel) -> bool:
    """Whether ``ready_img2img`` was called for the model in use."""
    return IMG2IMG_CLASS in loaded.siblings
