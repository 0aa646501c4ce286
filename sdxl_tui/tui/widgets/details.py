"""Rows of words about one thing."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.geometry import Size

from sdxl_tui.tui.widgets.lab_list import Ends
from sdxl_tui.tui.widgets.words import Words


class Details(Words):
    """Rows with both ends filled, or, where the right end is empty, wrapped under their own second part."""

    def __init__(self, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._rows: tuple[Ends, ...] = ()

    @property
    def rows(self) -> tuple[Ends, ...]:
        """What it says."""
        return self._rows

    def show(self, rows: Sequence[Ends]) -> None:
        """Say this from now on; it is laid out anew only where it takes other rows than before."""
        said = tuple((tuple(left), tuple(right)) for left, right in rows)
        if said != self._rows:
            before = len(self._lines(self.size.width))
            self._rows = said
            self.refresh(layout=len(self._lines(self.size.width)) != before)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many rows as the text takes at this width."""
        return len(self._lines(width))

    def render(self) -> Content:
        """All rows."""
        return Content("\n").join(self._lines(self.size.width))

    def _lines(self, width: int) -> list[Content]:
        lines: list[Content] = []
        for left, right in self._rows:
            if right:
                lines.append(self.between(self.say(*left), self.say(*right)))
                continue
            lead = self.say(*left[:1]) if len(left) > 1 and left[0][0].endswith(" ") else Content("")
            hang = lead.cell_length
            wrapped = self.say(*(left[1:] if hang else left)).wrap(max(1, width - hang)) or [Content("")]
            lines += [Content.assemble(" " * hang if number else lead, line) for number, line in enumerate(wrapped)]
        return lines
