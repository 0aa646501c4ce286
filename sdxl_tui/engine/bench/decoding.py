"""How long one decode takes, apart from everything else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sdxl_tui.core.errors import UserError
from sdxl_tui.engine.bench.internals import Sample, in_use
from sdxl_tui.engine.bench.plan import Shape
from sdxl_tui.engine.bench.timing import seconds_of
from sdxl_tui.engine.bench.workplace import Workplace


def decode_seconds(place: Workplace, shape: Shape, speed: str) -> list[float]:
    """Return the seconds of some decodes, to pixels in host memory; raise UserError where they cannot be had alone."""
    from sdxl_tui.engine.decode import decode as engines

    decode: Callable[..., Any] = engines
    with in_use(place) as loaded:
        if not hasattr(loaded, "speed"):
            raise UserError(f"Not available: the engine cannot decode alone as it does at '{speed}'.")
        sample = Sample(loaded, shape)
        latents = sample.noise.to(loaded.dtype) * loaded.pipe.vae.config.scaling_factor
        for _ in range(3):
            decode(loaded, latents, speed)
        return [seconds_of(lambda: decode(loaded, latents, speed)) for _ in range(5)]
