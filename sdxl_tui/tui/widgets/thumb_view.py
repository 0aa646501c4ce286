"""A small picture in its place."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual.content import Content

from sdxl_tui.tui.thumbs import Thumb, Thumbs
from sdxl_tui.tui.widgets.words import Words


class ThumbView(Words):
    """Shows all of a picture as large as its cells allow; a grey field where there is none."""

    IS_PICTURE = True
    CELLS: ClassVar[tuple[int, int]] = (12, 6)

    def __init__(self, thumbs: Thumbs) -> None:
        super().__init__()
        self._thumbs = thumbs
        self._path: Path | None = None

    def show(self, path: Path | None) -> None:
        """Show this picture from now on."""
        if path != self._path:
            self._path = path
            self.refresh()

    def render(self) -> Content:
        """Its cells."""
        columns, height = self.CELLS
        rows = self._path and self._thumbs.rows(self, Thumb(self._path, columns, height, filled=False))
        return Content("\n").join(rows or [self.say(("▒" * columns, "track"))] * height)
