"""The first rows: name, tabs, device; model in use, what runs."""

from __future__ import annotations

from dataclasses import dataclass

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.events import Click
from textual.message import Message

from sdxl_tui.tui import wording
from sdxl_tui.tui.desk import Desk
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


class LabHeader(Vertical):
    """Two rows, or one where there is no room for two."""

    def __init__(self) -> None:
        super().__init__()
        self.tabs = TabRow()
        self.status = Line(id="status")

    def compose(self) -> ComposeResult:
        """Tabs above, status below."""
        yield self.tabs
        yield self.status

    def show(self, desk: Desk, current: str) -> None:
        """Say how things stand now."""
        width = self.size.width
        if self.status.display:
            self.tabs.show(wording.tab_parts(current, desk.state, width), wording.device_parts(desk.state))
            self.status.show(*wording.status_parts(desk, width))
        else:
            left = wording.tab_parts(current, desk.state, width)
            self.tabs.show(left, wording.folded_status_parts(desk, width - sum(len(text) for text, _ in left)))
