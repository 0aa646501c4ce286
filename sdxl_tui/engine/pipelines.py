"""The ways to make a picture: diffusers' pipelines, called for latents, over the components of the loaded model."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.job import Job
from sdxl_tui.engine.decode import decode
from sdxl_tui.engine.loader import LoadedModel
from sdxl_tui.engine.prompts import Encoded, encode
from sdxl_tui.engine.schedulers import make_scheduler

StepDone = Callable[[int], None]
"""Told the number of steps done, from 1; raises to stop the job."""


def starting_noise(shape: tuple[int, int, int], generators: Sequence[Any]) -> Any:
    """Return (batch, channels, height, width) of noise, drawn per image by its own CPU generator in float32.

    The same on every GPU, and the start that A1111 (RNG=CPU) and ComfyUI use for a seed.
    """
    import torch

    return torch.cat([torch.randn((1, *shape), generator=generator) for generator in generators])


def txt2img(loaded: LoadedModel, job: Job, encoded: Encoded, on_step: StepDone) -> Any:
    """Return the denoised latents, (batch, channels, height / f, width / f) in the UNet's dtype, f being the VAE's."""
    import torch

    request, pipe = job.request, loaded.pipe
    generators = [torch.Generator().manual_seed(seed) for seed in job.seeds]
    factor = pipe.vae_scale_factor
    shape = (pipe.unet.config.in_channels, request.height // factor, request.width // factor)
    noise = starting_noise(shape, generators).to(loaded.device.kind, loaded.dtype)
    pipe.scheduler = make_scheduler(request.scheduler, loaded.scheduler_config)

    def step_end(_pipe: Any, index: int, _timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        on_step(index + 1)
        return tensors

    return pipe(
        num_images_per_prompt=request.batch_size,
        num_inference_steps=request.steps,
        guidance_scale=request.guidance_scale,
        width=request.width,
        height=request.height,
        latents=noise,
        generator=generators,
        output_type="latent",
        callback_on_step_end=step_end,
        **encoded.arguments,
    ).images


MODES: dict[str, Callable[[LoadedModel, Job, Encoded, StepDone], Any]] = {"txt2img": txt2img}
"""A generation mode is a function and a row here."""


def warm_up(loaded: LoadedModel) -> None:
    """Make one small picture for nobody, so that the first job does not pay for starting CUDA's libraries."""
    pipe, side = loaded.pipe, 16 * loaded.pipe.vae_scale_factor
    pipe.scheduler = make_scheduler("euler", loaded.scheduler_config)
    latents = pipe(
        num_inference_steps=1, width=side, height=side, output_type="latent", **encode(pipe, "", "").arguments
    ).images
    with contextlib.suppress(UserError):
        decode(pipe, latents)
