"""The first row: name and tabs."""

from __future__ import annotations

from dataclasses import dataclass

from textual.events import Click
from textual.message import Message

from sdxl_tui.tui.tabs import tab_at
from sdxl_tui.tui.widgets.line import Line


class TabRow(Line):
    """Name and tabs at the left; a click opens a tab."""

    @dataclass
    class Pressed(Message):
        """A tab was clicked."""

        name: str

    def on_click(self, event: Click) -> None:
        """Find the tab under the mouse."""
        if name := tab_at(event.x, self._left):
            self.post_message(self.Pressed(name))
