"""Denoising that starts from a picture: the noise it starts under, and what a mask holds while it goes on."""

from __future__ import annotations

from typing import Any


class Start:
    """A job's start from its init image, on the way from the image to the picture.

    It is that of diffusers' image-to-image and inpaint pipelines, value for value, with latents of any number of
    channels: those pipelines take a tensor for latents when it has 4, and inpaint with UNets of 4 or 9 only.
    """

    def __init__(self, pipe: Any, steps: int, strength: float, init: Any, noise: Any, cells: Any = None) -> None:
        """``pipe`` is for image to image and has the job's scheduler.

        ``init`` is (1, channels, height / f, width / f), ``noise`` the same for each picture, where the init's latents
        are and in their dtype; ``cells``: a Source's.
        """
        scheduler, device = pipe.scheduler, init.device
        scheduler.set_timesteps(steps, device=device)
        self._timesteps, _ = pipe.get_timesteps(steps, strength, device)
        self._init = init.repeat(len(noise), 1, 1, 1)
        self._noise = noise
        self._cells = cells
        self.latents = self._noised(scheduler, 0)
        """(pictures, channels, height / f, width / f), under the noise of the first step that strength leaves."""
        if cells is not None and strength == 1:
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
