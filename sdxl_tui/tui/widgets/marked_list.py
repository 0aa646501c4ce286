"""A list whose items can be marked, several at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.events import Click
from textual.message import Message

from sdxl_tui.tui.widgets.lab_list import LabList

MARK_CELLS = 3
"""At the left of each row: a click there marks."""


class MarkedList(LabList):
    """``space`` or ``+`` marks what is selected, a click on its left edge what is under the mouse."""

    HELP = "A list: arrows walk, {list.mark:space} marks, the mouse points, marks at the left edge, and scrolls."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space,plus", "mark", "mark", id="list.mark", tooltip="Mark it, or no longer"),
    ]

    @dataclass
    class Marked(Message):
        """An item is to be marked, or no longer."""

        list: MarkedList
        key: str

        @property
        def control(self) -> MarkedList:
            """The list it comes from."""
            return self.list

    def action_mark(self) -> None:
        """Mark what is selected, or no longer."""
        if self.selected:
            self.post_message(self.Marked(self, self.selected))

    def on_click(self, event: Click) -> None:
        """Mark at the left edge, else select what is under the mouse."""
        place = event.get_content_offset_capture(self)
        line = self._line(place.y)
        if place.x < MARK_CELLS and line is not None and line[0].key:
            event.prevent_default()
            self.select(line[0].key)
            self.action_mark()
