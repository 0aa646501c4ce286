"""The painter: what the screen is to show goes to the terminal as differences, and only when the line is free.

An update changes what is wanted, and nothing else. Whatever the terminal is behind with is therefore never more than
one piece of one difference: words before pictures, what was just typed before other words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from rich.color import ColorSystem
from rich.segment import Segment

from sdxl_tui.tui.link import Link
from sdxl_tui.tui.painting.areas import Area, PictureAreas
from sdxl_tui.tui.painting.brush import Brush
from sdxl_tui.tui.painting.extras import Extras
from sdxl_tui.tui.painting.grid import Grid
from sdxl_tui.tui.painting.pens import PenBox

FEW_ROWS = 8
"""Rows of an update that is the answer to a key rather than another view."""
HELD = 600
"""Bytes from which the terminal is asked to show an update at once; less comes in one piece anyway."""
HOLD, RELEASE = "\x1b[?2026h", "\x1b[?2026l"
SHORTEST_WAIT = 0.02
SETTLING = 0.08
"""Seconds after which a picture of the terminal's own is laid again where something was painted over it."""

Rows = Iterable[tuple[int, int, list[Segment]]]
"""Row, first column and segments."""


class Terminal(Protocol):
    """Where the bytes go."""

    def write(self, text: str) -> None:
        """Take a text, without blocking."""

    @property
    def is_free(self) -> bool:
        """Whether everything before is written."""


class Painter:
    """Owns the cells of one screen. To be used on the event loop."""

    def __init__(
        self, terminal: Terminal, link: Link, system: ColorSystem, later: Callable[[float, Callable[[], None]], object]
    ) -> None:
        """``later`` calls a function after some seconds."""
        self._terminal, self._link, self._later = terminal, link, later
        self._pens = PenBox(system)
        self.extras = Extras()
        self.areas = PictureAreas()
        self.holds_frames = False
        """Whether the terminal can be asked to show an update at once."""
        self.rests = False
        """Whether the terminal is somebody else's now: what was left to be sent would land in the shell."""
        self._cursor: tuple[int, int] | None = None
        self._waits = self._pumps = self._settles = False
        self._words: dict[int, list[int]] = {}
        self._pictures: dict[int, list[int]] = {}
        self._urgent: dict[int, None] = {}
        self._make(0, 0)

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows that are known."""
        return self._grid.width, self._grid.height

    @property
    def is_behind(self) -> bool:
        """Whether anything that is wanted is not sent yet."""
        return bool(self._grid.touched or self._words or self._pictures or self.extras.waits or self.extras.said)

    def begin(self, width: int, height: int) -> None:
        """Begin with an empty grid where the screen has another size."""
        if (width, height) != self.size:
            self._make(width, height)

    def drop(self) -> None:
        """The screen has another size, and what will be on it is not known yet."""
        self._make(0, 0)

    def take_whole(self, rows: Rows) -> None:
        """Take rows from end to end."""
        for y, x, segments in rows:
            if x == 0:
                self._grid.set_row(y, segments)
            else:
                self._grid.set_part(y, x, segments)

    def take_parts(self, rows: Rows) -> None:
        """Take parts of rows."""
        touched: dict[int, None] = {}
        for y, x, segments in rows:
            self._grid.set_part(y, x, segments)
            touched[y] = None
        if len(touched) <= FEW_ROWS:
            self._urgent = {**touched, **{y: None for y in self._urgent if y not in touched}}

    def forget(self, area: Area | None = None) -> None:
        """Take it that these cells, or all, may show anything now."""
        if area is None:
            self._grid.forget()
            self._brush.lose()
            self.extras.touch_all()
            self._cursor = None
        else:
            self._grid.forget(area[1], area[3], area[0], area[2])

    def put_cursor(self, place: tuple[int, int] | None) -> None:
        """The terminal's own cursor, which is hidden, belongs there: input methods open at it; None: anywhere."""
        self._cursor = place

    def pump(self) -> None:
        """Send what there is room for, unless the terminal still has to take what was sent before."""
        if self._pumps or self.rests or not self._terminal.is_free:
            return
        self._pumps = True
        try:
            self._send_some()
        finally:
            self._pumps = False

    # What is left to be sent

    def _send_some(self) -> None:
        for sequence in self.extras.said:
            self._terminal.write(sequence)
        self.extras.said.clear()
        self._look()
        self._paint_words()
        if self._words:
            self._finish(pictures=False)
            return
        sent = self._brush.count
        room = self._link.room_for_pictures() if self._pictures or self.extras.waits else 0.0
        if room:
            self._paint_pictures(sent + room)
        self._finish(pictures=self._brush.count > sent)

    def _make(self, width: int, height: int) -> None:
        self._grid = Grid(width, height)
        self._brush = Brush(self._grid, self._pens)
        self._words, self._pictures, self._urgent = {}, {}, {}
        if self.extras.doubt_all():
            self._settle_soon()

    def _look(self) -> None:
        """Find what differs in the rows that were touched."""
        for y in self._grid.touched:
            differing = self._grid.differing(y, self._pens)
            words, pictures = self.areas.split(y, differing, self._grid.wanted[y].texts)
            _keep(self._words, y, words)
            _keep(self._pictures, y, pictures)
        self._grid.touched.clear()

    def _paint_words(self) -> None:
        for y in [y for y in self._urgent if y in self._words]:
            self._paint(self._words, y, float("inf"))
        self._urgent.clear()
        room = self._brush.count + self._link.room_for_words() if self._words else 0.0
        for y in list(self._words):
            if self._brush.count >= room:
                return
            self._paint(self._words, y, float("inf") if self._link.rate is None else room)

    def _paint_pictures(self, most: float) -> None:
        for y in list(self._pictures):
            if self._brush.count >= most:
                return
            self._paint(self._pictures, y, most)
        while self._brush.count < most and (data := self._next_data()) is not None:
            self._brush.add(data)

    def _next_data(self) -> str | None:
        piece = self.extras.next_piece()
        return piece if piece is not None else self.extras.next_laid(self._is_unpainted)

    def _is_unpainted(self, area: Area) -> bool:
        left, top, right, bottom = area
        rows = range(top, bottom)
        return any(left <= x < right for y in rows for x in (*self._words.get(y, ()), *self._pictures.get(y, ())))

    def _paint(self, pending: dict[int, list[int]], y: int, most: float) -> None:
        columns = pending.pop(y)
        done = self._brush.paint(y, columns, most)
        if self.extras.touch(y, columns[:done]):
            self._settle_soon()
        if done < len(columns):
            others = dict(pending)
            pending.clear()
            pending.update({y: columns[done:], **others})

    def _finish(self, *, pictures: bool) -> None:
        done = not self._words and not self._pictures
        if done and self._cursor is not None:
            self._brush.move(*self._cursor)
        count = self._brush.count
        if count:
            data = self._brush.take()
            held = self.holds_frames and count >= HELD and self._link.rate is None
            self._link.send(count, pictures=pictures)
            self._terminal.write(f"{HOLD}{data}{RELEASE}" if held else data)
        elif (self._words or self._pictures or self.extras.waits) and not self._waits:
            self._waits = True
            self._later(max(SHORTEST_WAIT, self._link.wait()), self._go_on)

    def _settle_soon(self) -> None:
        if not self._settles:
            self._settles = True
            self._later(SETTLING, self._settle)

    def _settle(self) -> None:
        self._settles = False
        self.extras.settle()
        self.pump()

    def _go_on(self) -> None:
        self._waits = False
        self.pump()


def _keep(pending: dict[int, list[int]], y: int, columns: list[int]) -> None:
    if columns:
        pending[y] = columns
    else:
        pending.pop(y, None)
