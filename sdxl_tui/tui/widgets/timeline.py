"""The frames of a sequence as segments of a line: seen, made, still to come; and where its way passes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from textual.content import Content
from textual.events import Click
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.visual import Visual

from sdxl_tui.tui.widgets.words import Part, Words

LONGEST = 8
"""Cells of a segment."""
STRIDES = (1, 2, 5, 10, 20, 50, 100, 200, 500)
"""Frames between two numbers."""


class Timeline(Words):
    """Segments, numbers, stations: as many of these rows as there is room for."""

    @dataclass
    class Pressed(Message):
        """A frame was clicked."""

        at: int

    def __init__(self) -> None:
        super().__init__()
        self._at, self._made, self._planned = 0, 0, 0
        self._stations: tuple[tuple[int, str], ...] = ()

    def show(self, at: int, made: int, planned: int, stations: Sequence[tuple[int, str]]) -> None:
        """Show these from now on; a station is a frame and what the way passes there."""
        said = (at, made, planned, tuple(stations))
        if said != (self._at, self._made, self._planned, self._stations):
            self._at, self._made, self._planned, self._stations = said
            self.refresh()

    def move(self, at: int) -> None:
        """Mark another frame, and paint nothing but the segments between the two: for playing."""
        if at == self._at:
            return
        ends = [*self._cells_of(self._at), *self._cells_of(at)]
        self._at = at
        self.refresh(Region(min(ends), 0, max(ends) - min(ends), 1))

    def on_click(self, event: Click) -> None:
        """Show the frame under the mouse."""
        event.stop()
        x = event.get_content_offset_capture(self).x
        at = next((at for at in range(self._made) if self._cells_of(at)[0] <= x <= self._cells_of(at)[1]), None)
        if at is not None:
            self.post_message(self.Pressed(at))

    def render_line(self, y: int) -> Strip:
        """One of the rows."""
        width = self.size.width
        rows = (self._segments, self._numbers, self._passes)
        parts = rows[y]() if y < len(rows) and self._planned and width else []
        strips = Visual.to_strips(self, self.say(*parts), width, 1, self.visual_style) if parts else []
        return strips[0].adjust_cell_length(width, self.rich_style) if strips else Strip.blank(width, self.rich_style)

    def _cells_of(self, at: int) -> tuple[int, int]:
        """The first cell of a frame's segment and the one behind its last."""
        width, planned = self.size.width, max(1, self._planned)
        length = min(LONGEST, (width + 1) // planned - 1)
        if length > 0:
            return at * (length + 1), at * (length + 1) + length
        first = at * width // planned
        return first, max(first + 1, (at + 1) * width // planned)

    def _segments(self) -> list[Part]:
        cells: list[Part] = [(" ", "")] * self.size.width
        for at in range(self._planned):
            first, end = self._cells_of(at)
            sign = ("╍", "track") if at >= self._made else ("━", "accent") if at <= self._at else ("━", "muted")
            cells[first:end] = [sign] * (end - first)
        if self._made:
            cells[self._cells_of(self._at)[1] - 1] = (" ", "cursor")
        return [("".join(text for text, _ in run), kind) for kind, run in groupby(cells, lambda cell: cell[1])]

    def _numbers(self) -> list[Part]:
        room = len(str(self._planned)) + 1
        pace = (self._cells_of(self._planned - 1)[0] + 1) / self._planned
        stride = next((stride for stride in STRIDES if stride * pace >= room), self._planned)
        shown = [at for at in range(self._planned) if at == 0 or (at + 1) % stride == 0]
        return self._placed([(at, str(at + 1)) for at in shown])

    def _passes(self) -> list[Part]:
        return self._placed(self._stations)

    def _placed(self, labels: Sequence[tuple[int, str]]) -> list[Part]:
        """Each label where its frame begins, the last one where it still fits; what has no room is left out."""
        parts: list[Part] = []
        at_cell = 0
        for at, label in labels:
            first = max(0, min(self._cells_of(at)[0], self.size.width - Content(label).cell_length))
            if first < at_cell:
                continue
            parts += [(" " * (first - at_cell), ""), (label, "muted")]
            at_cell = first + Content(label).cell_length + 1
            parts.append((" ", ""))
        return parts
