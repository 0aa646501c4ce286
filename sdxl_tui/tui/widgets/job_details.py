"""Rows about one job, in a place of a fixed height."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.geometry import Region

from sdxl_tui.tui.widgets.details import Details
from sdxl_tui.tui.widgets.lab_list import Ends


class JobDetails(Details):
    """Only the rows that say something else than before are painted again; what does not fit is left out."""

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self._shown: list[Content] = []
        self._width = 0
        """Of the rows that are shown."""

    def show(self, rows: Sequence[Ends]) -> None:
        """Say this from now on."""
        self._rows = tuple((tuple(left), tuple(right)) for left, right in rows)
        width = self.content_size.width
        before, self._shown = self._shown, self._lines(width)
        if width != self._width:
            self._width = width
            self.refresh()
            return
        longest = max(len(before), len(self._shown))
        either = [(_at(before, y), _at(self._shown, y)) for y in range(longest)]
        changed = [y for y, (was, now) in enumerate(either) if was is None or now is None or not was.is_same(now)]
        if changed:
            self.refresh(*(Region(0, y, width, 1) for y in changed))


def _at(lines: Sequence[Content], y: int) -> Content | None:
    return lines[y] if y < len(lines) else None
