"""The pictures of all days as thumbs."""

from __future__ import annotations

from textual.strip import Strip

from sdxl_tui.tui.thumbs import Thumb
from sdxl_tui.tui.widgets.browser import Browser
from sdxl_tui.tui.widgets.job_list import GLYPHS, JobList
from sdxl_tui.tui.widgets.words import Part

NARROWEST = 14
"""Cells of a thumb and the gap behind it, at least."""


class ThumbGrid(Browser):
    """A cell is a picture, or a job that made none."""

    IS_PICTURE = True
    HANDS = "grid"
    HELP = "All pictures, newest first: the arrows choose one."
    KEYS = (("←→↑↓", "choose"), *JobList.KEYS[1:-1], ("g", "list"))

    @property
    def columns(self) -> int:
        """As many as fit."""
        return max(1, self.size.width // NARROWEST)

    @property
    def cell_height(self) -> int:
        """The thumb, its words, and a gap."""
        return self._thumb_rows + 2

    @property
    def used_height(self) -> int:
        """The thumb and its words."""
        return self._thumb_rows + 1

    def cells(self) -> int:
        """One for each place."""
        return self.roll.places

    def cell_of(self, place: int) -> int:
        """Its own."""
        return place

    def first_of(self, cell: int) -> int:
        """Its own."""
        return cell

    def thumb_of(self, cell: int) -> Thumb | None:
        """All of the picture, small."""
        pictured = self.roll.pictured(cell)
        if pictured is None or pictured.path is None:
            return None
        return Thumb(pictured.path, self._thumb_columns, self._thumb_rows, filled=False)

    def cell_strip(self, cell: int, line: int) -> Strip:
        """The thumb, then its words."""
        width = self._cell_width
        chosen = cell == self.at
        if line > self._thumb_rows or self.roll.pictured(cell) is None:
            return Strip.blank(width, self.rich_style)
        bar = self.words_strip([("▌" if chosen else " ", "accent" if self.has_focus else "track")], [], 1)
        if line < self._thumb_rows:
            strip = self.thumb_strip(cell, line, self._thumb_columns)
        else:
            strip = self.words_strip(self._words(cell, chosen), [], self._thumb_columns, chosen=chosen)
        return Strip.join([bar, strip]).adjust_cell_length(width, self.rich_style)

    def _words(self, cell: int, chosen: bool) -> list[Part]:
        pictured = self.roll.pictured(cell)
        if pictured is None:
            return []
        kept: list[Part] = [("◆ ", "accent")] if pictured.path in self.kept else []
        glyph: list[Part] = [GLYPHS[pictured.status]] if pictured.status in GLYPHS else []
        return [*kept, *glyph, (pictured.prompt, "strong" if chosen else "soft")]

    @property
    def _cell_width(self) -> int:
        return max(1, self.size.width // self.columns)

    @property
    def _thumb_columns(self) -> int:
        return max(1, self._cell_width - 2)

    @property
    def _thumb_rows(self) -> int:
        return max(1, self._thumb_columns // 2)
