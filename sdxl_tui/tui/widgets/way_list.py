"""Rows of a table, one of them marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.style import Style

from sdxl_tui.tui.widgets.words import Part, Words


class WayList(Words):
    """Painted only when what it says changes; a click presses a row."""

    @dataclass
    class Pressed(Message):
        """A row was clicked."""

        list: WayList
        row: int

        @property
        def control(self) -> WayList:
            """The list it comes from."""
            return self.list

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._said: tuple[tuple[tuple[Part, ...], ...], int | None] = ((), None)

    def show(self, rows: Sequence[Sequence[Part]], marked: int | None) -> None:
        """Show these rows, that one marked."""
        said = (tuple(tuple(row) for row in rows), marked)
        if said != self._said:
            changed = len(said[0]) != len(self._said[0])
            self._said = said
            if changed:
                self.styles.height = len(rows)
            self.refresh()

    def render(self) -> Content:
        """The rows."""
        rows, marked = self._said
        lines = [self.say(*row) for row in rows]
        if marked is not None:
            whole = lines[marked].pad_right(max(0, self.size.width - lines[marked].cell_length))
            lines[marked] = whole.stylize(Style(background=self.look("chosen").background))
        return Content("\n").join(lines)

    def on_click(self, event: Click) -> None:
        """Find the row under the mouse."""
        if event.y < len(self._said[0]):
            self.post_message(self.Pressed(self, event.y))
