"""Denoising that starts from a picture: the noise it starts under, and what a mask holds while it goes on."""

from __future__ import annotations

from typing import Any

from sdxl_tui.core.modes import INPAINT
from sdxl_tui.core.request import GenerationRequest
from sdxl_tui.engine.source import Source


class Start:
    """A job's start from its init image, on the way from the image to the picture.

    It is that of diffusers' image-to-image and inpaint pipelines, value for value, with latents of any number of
    channels: those pipelines take a tensor for latents when it has 4, and inpaint with UNets of 4 or 9 only.
    """

    def __init__(self, pipe: Any, request: GenerationRequest, source: Source, noise: Any) -> None:
        """``pipe`` is for image to image and has the job's scheduler.

        ``noise`` is (pictures, channels, height / f, width / f), where the source's latents are and in their dtype.
        """
        scheduler, device = pipe.scheduler, source.latents.device
        scheduler.set_timesteps(request.steps, device=device)
        self._timesteps, _ = pipe.get_timesteps(request.steps, request.strength, device)
        self._init = source.latents.repeat(len(noise), 1, 1, 1)
        self._noise = noise
        self._cells = source.cells
        self.latents = self._noised(scheduler, 0)
        """(pictures, channels, height / f, width / f), under the noise of the first step that strength leaves."""
        if request.mode == INPAINT and request.strength == 1:
            self.latents = self._noise * scheduler.init_noise_sigma

    def held(self, scheduler: Any, step: int, latents: Any) -> Any:
        """Return latents after a step (0-based): outside of the mask they are the init's, under the noise of the next.

        Without a mask they are as they were.
        """
        if self._cells is None:
            return latents
        return (1 - self._cells) * self._noised(scheduler, step + 1) + self._cells * latents

    def _noised(self, scheduler: Any, step: int) -> Any:
        """The init's latents under the noise with which a step begins; after the last one there is none."""
        timestep = self._timesteps[step : step + 1]
        return (
            scheduler.add_noise(self._init, self._noise, timestep.repeat(len(self._init)))
            if len(timestep)
            else self._init
        )
