"""Writes cells: where the terminal's cursor stands and what its pen is, and the fewest bytes to the next cell."""

from __future__ import annotations

from collections.abc import Sequence

from sdxl_tui.tui.painting.clusters import moves_alike
from sdxl_tui.tui.painting.grid import Grid
from sdxl_tui.tui.painting.pens import SEEN_ON_BLANK, Pen, PenBox, change, look_alike

DOWN = "\v"
"""One row down in the same column; a line feed would begin a row on a terminal that adds the return to it."""
BRIDGE = 4
"""Cells that are sent again rather than stepped over: a step is as many bytes."""


class Brush:
    """Collects the bytes of one update at a time; cursor and pen stay known from one to the next."""

    def __init__(self, grid: Grid, pens: PenBox) -> None:
        self._grid, self._pens = grid, pens
        self._parts: list[str] = []
        self.count = 0
        """Bytes collected."""
        self.lose()

    def lose(self) -> None:
        """Cursor and pen may be anything now."""
        self._x: int | None = None
        self._y: int | None = None
        self._pen: Pen | None = None

    def take(self) -> str:
        """Hand over what was collected."""
        data = "".join(self._parts)
        self._parts, self.count = [], 0
        return data

    def paint(self, y: int, columns: Sequence[int], most: float) -> int:
        """Write cells of a row, from left to right, until ``most`` bytes are collected; return how many were written.

        They stand in the grid as sent then.
        """
        wanted, sent = self._grid.wanted[y], self._grid.sent[y]
        done = -1
        for index, x in enumerate(columns):
            if self.count >= most:
                return index
            if x <= done:
                continue
            while x > 0 and wanted.texts[x] == "":
                x -= 1
            end = x + 1
            while end < self._grid.width and wanted.texts[end] == "":
                end += 1
            if self._y == y and self._x is not None and 0 < x - self._x <= BRIDGE:
                self._bridge(y, self._x, x)
            self._put(y, x, end)
            sent.texts[x:end] = wanted.texts[x:end]
            sent.styles[x:end] = wanted.styles[x:end]
            done = end - 1
        return len(columns)

    def add(self, data: str) -> None:
        """Write what leaves cursor and pen as they are."""
        self._add(data)

    def move(self, x: int, y: int) -> None:
        """Take the cursor to a cell, if it is not there."""
        if (x, y) != (self._x, self._y):
            self._add(self._way(x, y))
            self._x, self._y = x, y

    def _put(self, y: int, x: int, end: int) -> None:
        text = self._grid.wanted[y].texts[x] or " "
        self.move(x, y)
        self._use(text, self._pens.pen(self._grid.wanted[y].styles[x]))
        if len(text) > 1 and end - x > 0:
            # However wide the terminal takes it, nothing of what was there shines through.
            self._add(" " * (end - x))
            self._x = None
            self.move(x, y)
        self._add(text)
        self._x = end if end < self._grid.width and moves_alike(text) else None

    def _use(self, text: str, pen: Pen) -> None:
        in_hand = self._pen
        if in_hand is not None:
            if look_alike(text, in_hand, pen):
                return
            if text == " " and not (pen.bits | in_hand.bits) & SEEN_ON_BLANK:
                pen = Pen(in_hand.fore, pen.back, in_hand.bits, pen.link)
        self._add(change(in_hand, pen))
        self._pen = pen

    def _bridge(self, y: int, first: int, end: int) -> None:
        """Write a few cells again that are right already, where that is no longer than a step over them."""
        texts, styles = self._grid.wanted[y].texts, self._grid.wanted[y].styles
        if self._pen is None or any(texts[x] != self._grid.sent[y].texts[x] for x in range(first, end)):
            return
        run = [texts[x] or "" for x in range(first, end)]
        if all(
            len(text) == 1 and text.isascii() and look_alike(text, self._pen, self._pens.pen(styles[x]))
            for x, text in zip(range(first, end), run, strict=True)
        ):
            self._add("".join(run))
            self._x = end

    def _way(self, x: int, y: int) -> str:
        if y != self._y:
            if x == self._x:
                return f"\x1b[{y + 1}d"
            there = f"\x1b[{y + 1 if y else ''}H" if x == 0 else f"\x1b[{y + 1};{x + 1}H"
            if self._y is None or self._x is None or y != self._y + 1:
                return there
            return min(there, DOWN + self._along(x), key=len)
        return self._along(x)

    def _along(self, x: int) -> str:
        """The way to a column of the row where the cursor is."""
        if x == self._x:
            return ""
        if x == 0:
            return "\r"
        there = f"\x1b[{x + 1}G"
        if self._x is None:
            return there
        step = x - self._x
        if step < 0:
            return "\b" * -step if -step <= len(there) else there
        onward = f"\x1b[{step if step > 1 else ''}C"
        return min(onward, there, key=len)

    def _add(self, text: str) -> None:
        if text:
            self._parts.append(text)
            self.count += len(text) if text.isascii() else len(text.encode("utf-8", "replace"))
