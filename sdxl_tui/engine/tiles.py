"""Large pictures in overlapping tiles: encoded, denoised and decoded a tile at a time, without seams.

A tile is as large as the pictures that the model was trained on, so that it takes no more memory than one of those.
Neighbours overlap by a quarter, and what they say there is mixed in proportion to the distance from the tile's edge.
Denoising mixes the predicted noise at each step, so that all tiles are of one picture (MultiDiffusion, Bar-Tal et al.
2023); the VAE's pixels are mixed once.
"""

from __future__ import annotations

import logging
import math
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import product
from typing import Any

from sdxl_tui.core.setting_kinds import AUTO
from sdxl_tui.engine.run import is_out_of_memory

log = logging.getLogger(__name__)

WHOLE = 4
"""So many times the area that a model was trained on is still done whole: 2048x2048 for SDXL."""
OVERLAP = 4
"""Neighbours share one part in so many of a tile."""

SIZE, MEMORY, SETTING, PLAN = "size", "memory", "setting", "plan"
"""Why something is done in tiles."""
ENCODE, DENOISE, DECODE = "encode", "denoise", "decode"
"""What can be."""


class Tiling:
    """What of a job is done in tiles, and why."""

    def __init__(
        self, setting: str, pipe: Any, make_room: Callable[[], int] = lambda: 0, *, tiled_vae: bool = False
    ) -> None:
        """``setting``: ``on``, ``off``, or ``auto``: where a picture is large, or there is no room for it whole.

        ``make_room`` gives back what only saves time, and returns its bytes: tiles paint another picture, that does
        not. ``tiled_vae``: the job's plan has the VAE do whatever is larger than a tile in tiles.
        """
        self._setting, self._make_room, self._tiled_vae = setting, make_room, tiled_vae
        self._side = int(pipe.unet.config.sample_size)
        self._factor = int(pipe.vae_scale_factor)
        self._reasons: dict[str, str] = {}

    @property
    def plan(self) -> dict[str, Any] | None:
        """For the log: the parts that were done in tiles, each with its reason, and the tiles in pixels; None: none."""
        if not self._reasons:
            return None
        tile = self._side * self._factor
        return {"tiled": dict(self._reasons), "tile": tile, "overlap": tile // OVERLAP}

    def encode(self, function: Callable[[Any], Any], pixels: Any) -> Any:
        """Return the latents that ``function`` makes of pixels, (n, 3, height, width)."""
        return self._done(ENCODE, function, pixels, self._side * self._factor, 1 / self._factor)

    def decode(self, function: Callable[[Any], Any], latents: Any) -> Any:
        """Return the pixels that ``function`` makes of latents, (n, channels, height / f, width / f)."""
        return self._done(DECODE, function, latents, self._side, self._factor)

    def denoise(self, run: Callable[[], Any], unet: Any, latents: Any, again: Callable[[], None]) -> Any:
        """Return what ``run`` returns, the UNet being given a tile at a time where that is called for.

        ``again`` is called before ``run`` begins anew, because there was no room.
        """

        def tiled() -> Any:
            with self._tiled_unet(unet):
                return run()

        return self._run(DENOISE, run, tiled, latents, self._side, again)

    def _done(self, part: str, function: Callable[[Any], Any], tensor: Any, side: int, scale: float) -> Any:
        return self._run(
            part, lambda: function(tensor), lambda: in_tiles(function, tensor, side, scale), tensor, side, lambda: None
        )

    def _run(
        self,
        part: str,
        whole: Callable[[], Any],
        tiled: Callable[[], Any],
        tensor: Any,
        side: int,
        again: Callable[[], None],
    ) -> Any:
        reason = self._reason(part, tensor, side)
        if not reason:
            for make_room in (self._make_room, lambda: 0):
                try:
                    return whole()
                except Exception as error:
                    if not self._may_fall_back(error, tensor, side):
                        raise
                again()
                if not make_room():
                    break
            log.info("no room to %s %s whole: it is done in tiles", part, tuple(tensor.shape))
            reason = MEMORY
        self._reasons[part] = reason
        return tiled()

    def _reason(self, part: str, tensor: Any, side: int) -> str:
        height, width = tensor.shape[-2:]
        if max(height, width) <= side:
            return ""
        if self._tiled_vae and part != DENOISE:
            return PLAN
        if self._setting == "off":
            return ""
        if self._setting == "on":
            return SETTING
        return SIZE if height * width > WHOLE * side * side else ""

    def _may_fall_back(self, error: Exception, tensor: Any, side: int) -> bool:
        if self._setting != AUTO or not is_out_of_memory(error) or max(tensor.shape[-2:]) <= side:
            return False
        # What was half made hangs on the error, and takes the room.
        traceback.clear_frames(error.__traceback__)
        return True

    @contextmanager
    def _tiled_unet(self, unet: Any) -> Iterator[None]:
        """Whatever runs in the UNet's place while this lasts is given one tile after the other."""
        before = unet.__dict__.get("forward")
        whole = unet.forward

        def forward(sample: Any, timestep: Any, encoder_hidden_states: Any, **options: Any) -> tuple[Any]:
            def one(tile: Any) -> Any:
                return whole(tile, timestep, encoder_hidden_states, **options)[0]

            return (in_tiles(one, sample, self._side, 1),)

        unet.forward = forward
        try:
            yield
        finally:
            del unet.forward
            if before is not None:
                unet.forward = before


def in_tiles(function: Callable[[Any], Any], tensor: Any, side: int, scale: float) -> Any:
    """Return what ``function`` makes of (n, channels, height, width), a tile at a time; sides become ``scale`` as long.

    All tiles have one shape. The sum is in float32, and in the dtype of ``function``'s own results when it is returned.
    """
    import torch

    height, width = tensor.shape[-2:]
    tall, wide = min(side, height), min(side, width)
    grid = max(1, round(1 / scale))
    whole: Any = None
    weights: Any = None
    dtype: Any = None
    for top, left in product(starts(height, tall, grid), starts(width, wide, grid)):
        made = function(tensor[..., top : top + tall, left : left + wide].contiguous())
        if whole is None:
            shape = (*made.shape[:2], round(height * scale), round(width * scale))
            whole, dtype = torch.zeros(shape, dtype=torch.float32, device=made.device), made.dtype
            weights = torch.zeros(shape[-2:], dtype=torch.float32, device=made.device)
            down, across = (_ramp(length, made.device) for length in made.shape[-2:])
            weight = down[:, None] * across[None, :]
        rows = slice(round(top * scale), round(top * scale) + made.shape[-2])
        columns = slice(round(left * scale), round(left * scale) + made.shape[-1])
        whole[..., rows, columns] += made.float() * weight
        weights[rows, columns] += weight
    return (whole / weights).to(dtype)


def starts(length: int, side: int, grid: int = 1) -> list[int]:
    """Where the tiles along a length begin, on a grid: evenly, about a quarter or more of each shared with the next."""
    if length <= side:
        return [0]
    count = math.ceil((length - side) / (side - side // OVERLAP)) + 1
    return [number * (length - side) // (count - 1) // grid * grid for number in range(count)]


def _ramp(length: int, device: Any) -> Any:
    """How much each row of a tile counts: from next to nothing at its edge to 1 where no neighbour reaches.

    The picture's own edge is only in one tile, so what it counts there does not matter.
    """
    import torch

    fade = max(1, length // OVERLAP)
    from_edge = torch.arange(length, device=device, dtype=torch.float32)
    nearest = torch.minimum(from_edge, length - 1 - from_edge)
    return ((nearest + 0.5) / fade).clamp(max=1)
