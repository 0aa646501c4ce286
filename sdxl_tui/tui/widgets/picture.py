"""The picture on its mat: in cells, as the terminal's own graphics, or as words."""

from __future__ import annotations

import logging
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from rich.segment import Segment
from textual.events import Resize
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from sdxl_tui.core.text import one_line
from sdxl_tui.tui.widgets.cells import cells
from sdxl_tui.tui.widgets.coarse import coarse

if TYPE_CHECKING:
    from PIL import Image

    from sdxl_tui.tui.graphics import Graphic, Graphics
    from sdxl_tui.tui.looks import Looks

Key = tuple[Path, int, int, str]
"""A picture, the cells it was drawn for, and the grain of cells."""

FULL = 1 << 30
"""Bytes of a preview that may have as many as it takes."""
KEPT_CELLS = 60_000
"""Cells of drawn pictures that are kept for walking back and forth: at most some 40 MB."""

log = logging.getLogger(__name__)


class Picture(Widget):
    """Shows one picture as large as its place allows, centred, never stretched.

    The one before stays until the next one is drawn, so nothing flashes. Previews are always cells.
    """

    IS_PICTURE = True

    @dataclass
    class Drawn(Message):
        """A picture was drawn in cells, off the event loop."""

        key: Key
        strips: list[Strip]

    @dataclass
    class PreviewDrawn(Message):
        """A preview was drawn, off the event loop."""

        preview: Image.Image
        strips: list[Strip]

    @dataclass
    class Prepared(Message):
        """A picture was made ready for the terminal's own graphics, off the event loop."""

        graphic: Graphic

    @dataclass
    class Unreadable(Message):
        """A picture cannot be shown."""

        path: Path
        reason: str

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self.path: Path | None = None
        self._preview: Image.Image | None = None
        """What is shown in the picture's place while it is made."""
        self._preview_bytes = FULL
        self._drawn: dict[Key, list[Strip]] = {}
        self._strips: list[Strip] = []
        self._graphics: Graphics | None = None
        """The terminal's own graphics, where pictures are shown so."""

    def show(self, path: Path) -> None:
        """Show this picture from now on."""
        if path != self.path or self._preview is not None:
            self.path, self._preview = path, None
            self._draw()

    def show_preview(self, preview: Image.Image | None, most: int = FULL) -> None:
        """Show this in the picture's place from now on, as cells; None: the picture again."""
        if preview is not self._preview:
            self._preview, self._preview_bytes = preview, most
            self._draw()

    def render_line(self, y: int) -> Strip:
        """One row: the mat, and on it the row of the picture."""
        mat, width = self.rich_style, self.size.width
        row = y - max(0, (self.size.height - len(self._strips)) // 2)
        if not 0 <= row < len(self._strips):
            return Strip.blank(width, mat)
        strip = self._strips[row]
        left = max(0, (width - strip.cell_length) // 2)
        right = max(0, width - left - strip.cell_length)
        return Strip.join([Strip.blank(left, mat), strip, Strip.blank(right, mat)]).crop(0, width)

    def on_resize(self, event: Resize) -> None:
        """Draw it again for the new place."""
        self._draw()

    def on_unmount(self) -> None:
        """Take the picture from the terminal, too."""
        if self._graphics is not None:
            self._graphics.end()

    def draw_anew(self) -> None:
        """Draw it in the way in which pictures are shown now."""
        way = self._looks.choice.way
        if self._graphics is not None and self._graphics.way != way:
            self._graphics.end()
            self._graphics = None
        self._draw()

    def on_picture_drawn(self, event: Drawn) -> None:
        """Keep what was drawn, and show it if it is still wanted."""
        event.stop()
        self._drawn[event.key] = event.strips
        while sum(columns * rows for _, columns, rows, _ in self._drawn) > KEPT_CELLS and len(self._drawn) > 1:
            del self._drawn[next(iter(self._drawn))]
        if event.key == self._wanted() and self._preview is None and self._looks.choice.way == "cells":
            self.put(event.strips)

    def on_picture_preview_drawn(self, event: PreviewDrawn) -> None:
        """Show it if it is still wanted and says anything new."""
        event.stop()
        if event.preview is self._preview and event.strips != self._strips:
            self.put(event.strips)

    def on_picture_prepared(self, event: Prepared) -> None:
        """Show it if it is still wanted."""
        event.stop()
        if self._graphics is not None and self._preview is None:
            self._graphics.take(event.graphic, self._wanted_cells())

    def put(self, strips: list[Strip]) -> None:
        """Show these rows of cells; whoever shows graphics with them says so afterwards."""
        if self._graphics is not None:
            self._graphics.leave()
        if strips is not self._strips:
            self._strips = strips
            self.refresh()

    def wants(self, wanted: tuple[Path, int, int], graphics: Graphics) -> bool:
        """Whether these graphics are to show this picture now."""
        return graphics is self._graphics and self._preview is None and wanted == self._wanted_cells()

    @property
    def _looks(self) -> Looks:
        return cast("Looks", self.app)

    def _wanted(self) -> Key | None:
        wanted = self._wanted_cells()
        return None if wanted is None else (*wanted, self._looks.choice.grain)

    def _wanted_cells(self) -> tuple[Path, int, int] | None:
        """The picture to be shown, and the cells there are for it."""
        return None if self.path is None or not self.size.area else (self.path, *self.size)

    def _draw(self) -> None:
        if self._preview is not None:
            if self.size.area:
                self._in_thread(partial(self._draw_preview_off_loop, self._preview, *self.size, self._preview_bytes))
            return
        wanted, way = self._wanted(), self._looks.choice.way
        if wanted is None:
            if self.path is None:
                self.put([])
        elif way == "off":
            self.put(self._in_words(wanted[0]))
        elif way in ("kitty", "sixel"):
            self._show_graphic(way, wanted[:3])
        elif wanted in self._drawn:
            self.put(self._drawn[wanted])
        else:
            self._in_thread(partial(self._draw_off_loop, wanted))

    def _show_graphic(self, way: str, wanted: tuple[Path, int, int]) -> None:
        if self._graphics is None:
            from sdxl_tui.tui.graphics import GRAPHICS

            self._graphics = GRAPHICS[way](self, self._looks)
        if not self._graphics.show(wanted):
            self._in_thread(partial(self._prepare_off_loop, self._graphics, wanted))

    def _in_thread(self, work: Callable[[], None]) -> None:
        self.run_worker(work, thread=True, exit_on_error=False, group="draw")

    def _in_words(self, path: Path) -> list[Strip]:
        """Say what would be here, and how to see it."""
        width = max(1, self.size.width - 4)
        words = [line for row in (path.name, *self._looks.why_words()) for line in textwrap.wrap(row, width)]
        return [Strip([Segment(one_line(row), self.rich_style)]) for row in words]

    def _prepare_off_loop(self, graphics: Graphics, wanted: tuple[Path, int, int]) -> None:
        try:
            graphic = graphics.prepare(wanted)
        except Exception as error:
            self._say_unreadable(wanted[0], error)
        else:
            self.post_message(self.Prepared(graphic))

    def _draw_off_loop(self, key: Key) -> None:
        try:
            strips = cells(*key[:3])
        except Exception as error:
            self._say_unreadable(key[0], error)
        else:
            self.post_message(self.Drawn(key, strips))

    def _draw_preview_off_loop(self, preview: Image.Image, columns: int, rows: int, most: int) -> None:
        self.post_message(self.PreviewDrawn(preview, coarse(preview, columns, rows, most)))

    def _say_unreadable(self, path: Path, error: Exception) -> None:
        log.warning("%s cannot be shown", path, exc_info=error)
        self.post_message(self.Unreadable(path, str(error)))
