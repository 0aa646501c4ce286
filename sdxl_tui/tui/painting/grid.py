"""The cells that the screen is to show, and those that the terminal shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.segment import Segment
from rich.style import Style

from sdxl_tui.tui.painting.clusters import clusters, is_single
from sdxl_tui.tui.painting.pens import PenBox, on_blank


class Row:
    """A character and a style for each cell. None for a character: not known; empty: the right half of a wide one.

    Characters and styles lie apart, so that a run is set and a row is compared without a loop over its cells.
    """

    __slots__ = ("styles", "texts")

    def __init__(self, width: int) -> None:
        self.texts: list[str | None] = [None] * width
        self.styles: list[Style | None] = [None] * width

    def fill(self, x: int, segments: Iterable[Segment]) -> int:
        """Set the cells from ``x`` on to these segments; return the first one behind them."""
        width, first = len(self.texts), x
        self._cut(first)
        for text, style, control in segments:
            if control or not text:
                continue
            if x >= width:
                break
            if is_single(text):
                end = min(width, x + len(text))
                self.texts[x:end] = text[: end - x]
                self.styles[x:end] = [style] * (end - x)
                x = end
            else:
                x = self._fill_slowly(first, x, text, style)
        self._cut(x)
        return x

    def _fill_slowly(self, first: int, x: int, text: str, style: Style | None) -> int:
        for part, cells in clusters(text):
            if cells == 0:
                before = next((at for at in range(x - 1, first - 1, -1) if self.texts[at]), None)
                if before is not None:
                    self.texts[before] = f"{self.texts[before]}{part}"
                continue
            if x + cells > len(self.texts):
                part, cells = " ", len(self.texts) - x
            if cells > 0:
                self.texts[x : x + cells] = [part, *[" " if part == " " else ""] * (cells - 1)]
                self.styles[x : x + cells] = [style] * cells
                x += cells
        return x

    def _cut(self, x: int) -> None:
        """A wide character of which one half is painted over leaves a blank in the other, as in a terminal."""
        if 0 < x < len(self.texts) and self.texts[x] == "":
            self.texts[x] = " "
            before = x - 1
            while before > 0 and self.texts[before] == "":
                before -= 1
            self.texts[before] = " "


class Grid:
    """The rows of a screen, and which of them may differ from what the terminal shows."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.wanted = [Row(width) for _ in range(height)]
        self.sent = [Row(width) for _ in range(height)]
        self.touched: dict[int, None] = {}
        """Rows that may differ, those touched first come first."""
        self._whole: list[list[Segment] | None] = [None] * height
        """The segments of rows that were set from end to end: the same again needs no look at their cells."""

    def set_row(self, y: int, segments: list[Segment]) -> None:
        """Set a row from end to end."""
        if y < self.height and self._whole[y] != segments:
            self.wanted[y].fill(0, segments)
            self._whole[y] = segments
            self.touched[y] = None

    def set_part(self, y: int, x: int, segments: Sequence[Segment]) -> None:
        """Set a part of a row."""
        if y < self.height and x < self.width:
            self.wanted[y].fill(x, segments)
            self._whole[y] = None
            self.touched[y] = None

    def forget(self, first_row: int = 0, end_row: int | None = None, first: int = 0, end: int | None = None) -> None:
        """Take it that the terminal shows anything at all in these rows and columns."""
        for y in range(max(0, first_row), self.height if end_row is None else min(end_row, self.height)):
            texts = self.sent[y].texts
            last = self.width if end is None else min(end, self.width)
            texts[first:last] = [None] * max(0, last - first)
            self.touched[y] = None

    def differing(self, y: int, pens: PenBox) -> list[int]:
        """The columns of a row that have to be sent."""
        wanted, sent = self.wanted[y], self.sent[y]
        if wanted.texts == sent.texts and wanted.styles == sent.styles:
            return []
        found, one, other, alike, alike_on_blank = [], None, None, True, True
        cells = zip(wanted.texts, sent.texts, wanted.styles, sent.styles, strict=True)
        for x, (text, text_there, style, style_there) in enumerate(cells):
            if text == text_there:
                if style is style_there:
                    continue
                if style is not one or style_there is not other:  # A run shares one style: it is looked at once.
                    one, other = style, style_there
                    pen, pen_there = pens.pen(style), pens.pen(style_there)
                    alike, alike_on_blank = pen == pen_there, on_blank(pen) == on_blank(pen_there)
                if alike or (alike_on_blank and text == " "):
                    continue
            elif text is None:
                continue
            found.append(x)
        return found
