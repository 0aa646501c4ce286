"""The ways to make a picture: diffusers' pipelines, called for latents, over the components of the loaded model."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.job import Job
from sdxl_tui.core.modes import ANIMATE_STEPS, IMG2IMG, INPAINT, TXT2IMG
from sdxl_tui.core.plans import shares
from sdxl_tui.engine.animate import Ways
from sdxl_tui.engine.decode import decode, encode_image
from sdxl_tui.engine.loader import LoadedModel
from sdxl_tui.engine.noise import Noise
from sdxl_tui.engine.pipes import sibling
from sdxl_tui.engine.prompts import Encoded, encode, joined
from sdxl_tui.engine.schedulers import make_scheduler
from sdxl_tui.engine.source import Source
from sdxl_tui.engine.start import Start
from sdxl_tui.engine.tiles import Tiling


@dataclass(frozen=True)
class Work:
    """What a mode makes latents from."""

    loaded: LoadedModel
    job: Job
    encoded: Encoded
    source: Source | None
    tiling: Tiling
    on_step: Callable[[Any], None]
    """Told after each step, with its latents; raises to stop the job."""
    take_back: Callable[[int], None] = lambda steps: None
    """Told that a pass begins anew, after so many steps."""
    others: tuple[tuple[Job, Encoded], ...] = ()
    """The jobs that run in the same pass; they differ in their words and seeds only."""
    done: int = 0
    """How many of its first pictures are made already."""
    watch: Callable[[Any], None] = lambda scheduler: None
    """Told of a pass's scheduler before it begins."""


def txt2img(work: Work) -> Iterator[Any]:
    """Yield each picture's latents, from as few passes as the plan has; jobs that run together are one pass."""
    noise, together, own = _noise(work), ((work.job, work.encoded), *work.others), _size(work)
    if work.others:
        counts = [(encoded, job.request.batch_size) for job, encoded in together]
        own |= {"num_images_per_prompt": 1, **joined(counts)}
        passes = iter([[seed for job, _ in together for seed in job.seeds]])
    else:
        passes = _passes(work)
    for seeds in passes:
        generators, starts = zip(*map(noise.draw, seeds), strict=True)
        yield from denoised(work, work.loaded.pipe, list(generators), latents=noise.ready(starts), **own)


def from_picture(work: Work) -> Iterator[Any]:
    """Yield each picture's latents, pass by pass: each seed's own noise is added to the init's latents.

    With a mask, what is outside of it is held at the init's.
    """
    assert work.source is not None, "this mode has one"
    request, pipe, source = work.job.request, img2img_pipe(work.loaded), work.source
    noise = _noise(work)
    for seeds in _passes(work):
        generators, starts = zip(*map(noise.draw, seeds), strict=True)
        pipe.scheduler = make_scheduler(request.scheduler, work.loaded.scheduler_config)
        start = Start(pipe, request.steps, request.strength, source.latents, noise.ready(starts), source.cells)
        yield from denoised(
            work,
            pipe,
            list(generators),
            start.held,
            in_tiles=True,
            image=source.image,  # wanted, and not looked at beside latents
            latents=start.latents,
            strength=request.strength,
        )


def animate_steps(work: Work) -> Iterator[Any]:
    """Yield each frame's latents, a pass for each, so that frames can be looked at as they come."""
    noise = _noise(work)
    ways = Ways(work.loaded.pipe, work.encoded, work.job.request)
    for frame in work.job.frame_plan[work.done :]:
        generator, _ = noise.draw(frame.step_seed)
        start = noise.between(frame.noise)
        words = ways.words(frame.words)
        yield from denoised(work, work.loaded.pipe, [generator], latents=noise.ready([start]), **_size(work), **words)


def _noise(work: Work) -> Noise:
    return Noise(work.loaded, work.job.request.width, work.job.request.height)


def _passes(work: Work) -> Iterator[list[int]]:
    """The seeds of each pass, of the pictures that are not made yet."""
    return shares(work.job.seeds[work.done :], work.job.request.passes_from(work.done))


def _size(work: Work) -> dict[str, Any]:
    """The size that SDXL is told: it was trained to paint differently for each (Podell et al. 2023, 2.2)."""
    return {"width": work.job.request.width, "height": work.job.request.height}


MODES: dict[str, Callable[[Work], Iterator[Any]]] = {
    TXT2IMG: txt2img,
    IMG2IMG: from_picture,
    INPAINT: from_picture,
    ANIMATE_STEPS: animate_steps,
}
"""A generation mode is a function and a row here. It yields (1, channels, height / f, width / f) for each picture, in
the UNet's dtype, f being the VAE's factor."""


def denoised(
    work: Work,
    pipe: Any,
    generators: list[Any],
    after_step: Callable[[Any, int, Any], Any] | None = None,
    *,
    in_tiles: bool = False,
    **own: Any,
) -> Iterator[Any]:
    """Run a pipeline for one picture a generator and yield each one's latents; ``own`` is what only this mode gives.

    ``after_step`` is given the scheduler, the step (0-based) and its latents, and returns those to go on with.
    ``in_tiles``: large latents may be denoised in tiles. That is for passes that start from a picture: in one that
    starts from noise each tile would paint a picture of its own.
    """
    request, done = work.job.request, 0

    def step_end(_pipe: Any, index: int, _timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        nonlocal done
        done = index + 1
        if after_step is not None:
            tensors["latents"] = after_step(pipe.scheduler, index, tensors["latents"])
        work.on_step(tensors["latents"])
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
    arguments |= own
    states = [generator.get_state() for generator in generators]

    def run() -> Any:
        nonlocal done
        done = 0
        for generator, state in zip(generators, states, strict=True):
            generator.set_state(state)
        pipe.scheduler = make_scheduler(request.scheduler, work.loaded.scheduler_config)
        work.watch(pipe.scheduler)
        return pipe(**arguments).images

    with work.loaded.speed.painting(pipe, request.speed):
        if in_tiles:
            latents = work.tiling.denoise(run, pipe.unet, own["latents"], lambda: work.take_back(done))
        else:
            latents = run()
    yield from latents.split(1)


def img2img_pipe(loaded: LoadedModel) -> Any:
    """Return diffusers' image-to-image pipeline over the components in use."""
    if IMG2IMG not in loaded.siblings:
        loaded.siblings[IMG2IMG] = sibling(loaded.pipe, "StableDiffusionXLImg2ImgPipeline", loaded.device.kind)
    return loaded.siblings[IMG2IMG]


def warm_up(loaded: LoadedModel, speed: str) -> None:
    """Make one small picture for nobody: the first job does not pay for starting libraries and compiling kernels."""
    pipe, side = loaded.pipe, 16 * loaded.pipe.vae_scale_factor
    pipe.scheduler = make_scheduler("euler", loaded.scheduler_config)
    words = encode(pipe, "", "").arguments
    with loaded.speed.painting(pipe, speed):
        latents = pipe(num_inference_steps=1, width=side, height=side, output_type="latent", **words).images
    with contextlib.suppress(UserError):
        decode(loaded, latents, speed)


def ready_img2img(loaded: LoadedModel, speed: str) -> None:
    """Make the pipeline that starts from a picture, and warm up what txt2img does not use: the VAE's encoder."""
    from PIL import Image

    side = 16 * loaded.pipe.vae_scale_factor
    loaded.speed.prepare(loaded.pipe, speed)
    with contextlib.suppress(UserError):
        encode_image(loaded, Image.new("RGB", (side, side)))
    img2img_pipe(loaded)


def img2img_is_ready(loaded: LoadedModel) -> bool:
    """Whether ``ready_img2img`` was called for the model in use."""
    return IMG2IMG in loaded.siblings
