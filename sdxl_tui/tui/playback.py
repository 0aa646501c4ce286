"""Playing without a screen: which frame is due when, and what the link takes. Times are seconds of any clock."""

from __future__ import annotations

import math
from collections.abc import Callable

from sdxl_tui.core.animation import play_order
from sdxl_tui.tui.widgets.cells import contained

ONCE, LOOP, PING_PONG = "once", "loop", "ping-pong"
WAYS = (ONCE, LOOP, PING_PONG)
SPEEDS = (1, 2, 3, 4, 6, 8, 10, 12, 16, 20, 24, 30)
"""Frames a second that can be chosen."""
USUAL_SPEED = 4

SMALLEST = 20
"""Columns below which a frame is not made smaller: then fewer frames are shown."""
HEADROOM = 0.92
"""Share of the budget that frames are fitted to: their neighbours may take a little more."""
SLACK = 0.1
"""Seconds by which a frame may be late without the next one being dropped for it."""
EARLY = 1e-6

Cells = tuple[int, int]


class Playback:
    """A run through frames that begins now; it follows the clock, so a frame whose time has passed is dropped."""

    def __init__(self, count: int, at: int, fps: float, way: str, now: float) -> None:
        """``at`` is the frame that is in view already; once through begins anew from the last one."""
        self.order = play_order(count, ping_pong=way == PING_PONG, loop=way != ONCE)
        self._loops = way != ONCE
        self._start = 0 if way == ONCE and at >= count - 1 else min(at, count - 1)
        self._fps, self._began = fps, now

    def due(self, now: float) -> int | None:
        """The frame to be seen at a time; None: it is over."""
        place = self._place(now)
        if not self._loops and place >= len(self.order):
            return None
        return self.order[place % len(self.order)]

    def next_at(self, now: float) -> float:
        """When the next frame is due."""
        return self._began + (self._place(now) - self._start + 1) / self._fps

    def ahead(self, now: float, count: int) -> list[int]:
        """The frames that come next, the one that is due first, each once."""
        place = self._place(now)
        places = range(place, place + count)
        coming = [self.order[other % len(self.order)] for other in places if self._loops or other < len(self.order)]
        return list(dict.fromkeys(coming))

    def _place(self, now: float) -> int:
        return self._start + math.floor((now - self._began) * self._fps + EARLY)


class Allowance:
    """What a line takes: so many bytes a second, and no more before they have had their time."""

    def __init__(self, bytes_a_second: float) -> None:
        self.rate = bytes_a_second
        self._free_at = -math.inf

    def is_free(self, now: float) -> bool:
        """Whether everything that was sent has had its time."""
        return now >= self._free_at - EARLY

    def send(self, count: int, now: float) -> None:
        """Note that so many bytes are sent now."""
        self._free_at = max(now - SLACK, self._free_at) + count / self.rate


def fitted(shape: tuple[int, int], place: Cells, most: float, measure: Callable[[Cells], int]) -> tuple[Cells, int]:
    """Return the largest cells a frame of ``shape`` pixels can have in ``place``, and the bytes it then is.

    ``measure`` draws it in some cells and counts. It has at most ``most`` bytes, unless that is less than the smallest
    frame worth looking at.
    """
    cells = contained(*shape, *place)
    count = measure(cells)
    while count > most and cells[0] > SMALLEST:
        columns = min(cells[0] - 1, int(cells[0] * math.sqrt(most / count)))
        cells = contained(*shape, max(SMALLEST, columns), place[1])
        count = measure(cells)
    return cells, count
