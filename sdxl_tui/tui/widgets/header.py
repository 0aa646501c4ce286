"""The first rows: name, tabs, the card's memory; model in use, what runs, the card's load and heat."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from sdxl_tui.tui import meter_wording, read_only, wording
from sdxl_tui.tui.desk import Desk
from sdxl_tui.tui.tabs import tab_parts
from sdxl_tui.tui.widgets.line import Line
from sdxl_tui.tui.widgets.tab_row import TabRow
from sdxl_tui.tui.widgets.words import Part

WAITING_CELLS = len(" +1000")
"""What the number of waiting jobs may take before the meter has to give way."""


class LabHeader(Vertical):
    """Two rows, or one where there is no room for two. The meter's ends are widgets of their own: only they repaint."""

    def __init__(self) -> None:
        super().__init__(classes="header")
        self.tabs = TabRow()
        self.card = Line(id="card")
        self.status = Line(id="status")
        self.sensors = Line(id="sensors")
        self.status_row = Horizontal(self.status, self.sensors, id="status-row")

    def compose(self) -> ComposeResult:
        """Tabs above, status below, the card at the right of both."""
        yield Horizontal(self.tabs, self.card)
        yield self.status_row

    def show(self, desk: Desk, current: str) -> None:
        """Say how things stand now."""
        width = self.size.width
        names, paused = read_only.TABS if desk.is_read_only else None, desk.state.paused is not None
        left = tab_parts(current, len(desk.state.waiting), width, paused=paused, names=names)
        if self.status_row.display:
            room = width - WAITING_CELLS - sum(len(text) for text, _ in tab_parts(current, 0, width, names=names))
            self.tabs.show(left)
            _show_end(self.card, meter_wording.card_parts(desk.state, room))
            sensors = meter_wording.sensor_parts(desk.state.meter)
            _show_end(self.sensors, sensors)
            self.status.show(*wording.status_parts(desk, width - sum(len(text) for text, _ in sensors)))
        else:
            _show_end(self.card, [])
            self.tabs.show(left, wording.folded_status_parts(desk, width - sum(len(text) for text, _ in left) - 1))


def _show_end(line: Line, parts: list[Part]) -> None:
    """Show a row's right end, which takes the cells it fills."""
    cells = sum(len(text) for text, _ in parts)
    if line.styles.width is None or line.styles.width.value != cells:
        line.styles.width = cells
    line.show(parts)
