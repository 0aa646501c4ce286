"""The first row: name and tabs."""

from __future__ import annotations

from dataclasses import dataclass

from textual.events import Click
from textual.message import Message

from sdxl_tui.tui.tabs import TABS
from sdxl_tui.tui.widgets.line import Line


class TabRow(Line):
    """Name and tabs at the left; a click opens a tab."""

    @dataclass
    class Pressed(Message):
        """A tab was clicked."""

        name: str

    def on_click(self, event: Click) -> None:
        """Find the tab under the mouse."""
        words = "".join(text for text, _ in self._left)
        for tab in TABS:
            start = words.find(f"{tab.digit} {tab.name[:3]}")
            if start >= 0 and start - 1 <= event.x <= start + len(tab.name) + 2:
                self.post_message(self.Pressed(tab.name))
                return
