"""Text in rows that wrap under themselves."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.geometry import Size

from sdxl_tui.tui.widgets.words import Part, Words

Row = Sequence[Part]


class Page(Words):
    """Rows of words; a row that wraps goes on behind its first part, which is a glyph or a key."""

    def __init__(self, rows: Sequence[Row]) -> None:
        super().__init__()
        self._rows = rows

    def show(self, rows: Sequence[Row]) -> None:
        """Say this from now on."""
        self._rows = rows
        self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many rows as the text takes at this width."""
        return len(self._lines(width))

    def render(self) -> Content:
        """All rows."""
        return Content("\n").join(self._lines(self.size.width))

    def _lines(self, width: int) -> list[Content]:
        lines: list[Content] = []
        for row in self._rows:
            lead = self.say(*row[:1]) if len(row) > 1 else Content("")
            hang = lead.cell_length
            wrapped = self.say(*(row[1:] if hang else row)).wrap(max(1, width - hang))
            lines += [Content.assemble(" " * hang if number else lead, line) for number, line in enumerate(wrapped)]
        return lines
