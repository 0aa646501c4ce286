"""How long one decode takes, apart from everything else."""

from __future__ import annotations

from sdxl_tui.engine.bench.internals import Sample, in_use
from sdxl_tui.engine.bench.plan import Shape
from sdxl_tui.engine.bench.timing import seconds_of
from sdxl_tui.engine.bench.workplace import Workplace
from sdxl_tui.engine.decode import decode


def decode_seconds(place: Workplace, shape: Shape, speed: str) -> list[float]:
    """Return the seconds of some decodes, to pixels in host memory."""
    with in_use(place) as loaded:
        sample = Sample(loaded, shape)
        latents = sample.noise.to(loaded.dtype) * loaded.pipe.vae.config.scaling_factor
        for _ in range(3):
            decode(loaded, latents, speed)
        return [seconds_of(lambda: decode(loaded, latents, speed)) for _ in range(5)]
