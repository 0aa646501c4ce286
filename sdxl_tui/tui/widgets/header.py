"""The first rows: name, tabs, device; model in use, what runs."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical

from sdxl_tui.tui import wording
from sdxl_tui.tui.desk import Desk
from sdxl_tui.tui.tabs import tab_parts
from sdxl_tui.tui.widgets.line import Line
from sdxl_tui.tui.widgets.tab_row import TabRow


class LabHeader(Vertical):
    """Two rows, or one where there is no room for two."""

    def __init__(self) -> None:
        super().__init__(classes="header")
        self.tabs = TabRow()
        self.status = Line(id="status")

    def compose(self) -> ComposeResult:
        """Tabs above, status below."""
        yield self.tabs
        yield self.status

    def show(self, desk: Desk, current: str) -> None:
        """Say how things stand now."""
        width = self.size.width
        left = tab_parts(current, len(desk.state.waiting), width, paused=desk.state.paused is not None)
        if self.status.display:
            self.tabs.show(left, wording.device_parts(desk.state))
            self.status.show(*wording.status_parts(desk, width))
        else:
            self.tabs.show(left, wording.folded_status_parts(desk, width - sum(len(text) for text, _ in left) - 1))
