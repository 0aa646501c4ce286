"""The exports of this session, in as many rows as there are."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from sdxl_tui.tui import frames_wording
from sdxl_tui.tui.exporting import Export
from sdxl_tui.tui.widgets.words import Words


class ExportRows(Words):
    """The newest at the top; its place stays the same however many there are."""

    def __init__(self) -> None:
        super().__init__()
        self._exports: Sequence[Export] = ()

    def show(self, exports: Sequence[Export]) -> None:
        """Say how they stand now."""
        self._exports = exports
        self.refresh()

    def render(self) -> Content:
        """A row each."""
        rows = frames_wording.export_rows(self._exports, self.size.height)
        return Content("\n").join(self.between(self.say(*left), self.say(*right)) for left, right in rows)
