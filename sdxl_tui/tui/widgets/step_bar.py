"""How far the running job is, directly under the picture."""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic
from typing import TYPE_CHECKING, cast

from textual.content import Content
from textual.timer import Timer

from sdxl_tui.tui.widgets.words import Part, Words

if TYPE_CHECKING:
    from sdxl_tui.tui.app import LabApp

INTERVAL, THIN_INTERVAL = 0.1, 0.25
"""Seconds between two paints at least: ten a second are enough to see and cheap to send; four on a thin link."""

SPEECH = 30
"""Cells kept for the words, so the bar's length stays while they change."""


class StepBar(Words):
    """A bar and a few numbers. What comes faster than it may be painted is skipped, but never the last one."""

    def __init__(self) -> None:
        super().__init__()
        self._said: tuple[float, tuple[Part, ...]] = (0.0, ())
        self._next_paint = 0.0
        self._timer: Timer | None = None

    def show(self, share: float, parts: Sequence[Part]) -> None:
        """Say this from now on; ``share`` goes from 0 to 1."""
        said = (share, tuple(parts))
        if said == self._said:
            return
        self._said = said
        if self._timer is not None:
            return
        wait = self._next_paint - monotonic()
        if wait <= 0:
            self._paint()
        else:
            self._timer = self.set_timer(wait, self._paint)

    def render(self) -> Content:
        """The bar at the left, the words at the right."""
        share, parts = self._said
        words = self.say(*parts)
        speech = max(words.cell_length, min(SPEECH, self.size.width // 2))
        length = max(0, self.size.width - speech - 1)
        halves = round(max(0.0, min(1.0, share)) * 2 * length)
        done = "━" * (halves // 2) + "╸" * (halves % 2)
        bar = self.say((done, "accent"), ("─" * (length - len(done)), "track"))
        return self.between(bar, words)

    def _paint(self) -> None:
        self._timer = None
        self._next_paint = monotonic() + (THIN_INTERVAL if cast("LabApp", self.app).link.is_thin else INTERVAL)
        self.refresh()
