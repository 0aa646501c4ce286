"""What this machine's own jobs took of the card, as a multiple of what was estimated: the estimate learns from it."""

from __future__ import annotations

import statistics
from collections.abc import Mapping

from sdxl_tui.core import state
from sdxl_tui.core.speeds import SPEEDS
from sdxl_tui.engine.allocator import WITH_HOLES, grows

KEPT = 9
"""The last so many jobs of a speed count."""
ENOUGH = 3
LEAST, MOST = 0.5, 3.0
"""A single job says no more than that."""


class Corrections:
    """By speed the median of the last jobs; before there are enough, what torch's way to allocate is known to cost."""

    def __init__(self) -> None:
        self._ratios: dict[str, list[float]] | None = None

    @property
    def by_speed(self) -> Mapping[str, float]:
        """The multiples; for any thread."""
        known, first = self._known(), 1.0 if grows() else WITH_HOLES
        return {
            speed: statistics.median(known[speed]) if len(known.get(speed, ())) >= ENOUGH else first for speed in SPEEDS
        }

    def learn(self, speed: str, took: int, estimate: int) -> None:
        """Take in a job: its bytes, and those of the estimate before any correction."""
        if estimate > 0:
            known = self._known()
            ratios = [*known.get(speed, ()), round(min(MOST, max(LEAST, took / estimate)), 2)][-KEPT:]
            if ratios != known.get(speed):
                known[speed] = ratios
                state.remember_vram_ratios(speed, ratios)

    def _known(self) -> dict[str, list[float]]:
        if self._ratios is None:
            self._ratios = state.vram_ratios()
        return self._ratios
