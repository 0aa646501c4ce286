"""The picture on its mat: as half cells, or as the terminal's own graphics, or as words."""

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
from sdxl_tui.tui.widgets import protocols
from sdxl_tui.tui.widgets.cells import cells, cells_of

if TYPE_CHECKING:
    from PIL import Image

    from sdxl_tui.tui.looks import Looks

Key = tuple[Path, int, int]
"""A picture and the cells it was drawn for."""

KEPT = 24
"""Drawn pictures that are kept for walking back and forth."""

log = logging.getLogger(__name__)


class Picture(Widget):
    """Shows one picture as large as its place allows, centred, never stretched.

    The one before stays until the next one is drawn, so nothing flashes.
    """

    @dataclass
    class Drawn(Message):
        """A picture was drawn, off the event loop."""

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

        key: Key
        canvas: protocols.Canvas

    @dataclass
    class FellBack(Message):
        """The terminal's own graphics cannot be used, so pictures are half cells from now on."""

        reason: str

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
        self._drawn: dict[Key, list[Strip]] = {}
        self._strips: list[Strip] = []
        self._canvas: Widget | None = None
        """textual-image's widget, while it shows the picture."""

    @property
    def _how(self) -> str:
        """How pictures are shown now."""
        return cast("Looks", self.app).images

    def show(self, path: Path) -> None:
        """Show this picture from now on."""
        if path != self.path or self._preview is not None:
            self.path, self._preview = path, None
            self._draw()

    def show_preview(self, preview: Image.Image | None) -> None:
        """Show this in the picture's place from now on, as half cells; None: the picture again."""
        if preview is not self._preview:
            self._preview = preview
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

    def draw_anew(self) -> None:
        """Draw it in the way in which pictures are shown now."""
        self._drop_canvas()
        self._draw()

    def _drop_canvas(self) -> None:
        if self._canvas is not None:
            self._canvas.remove()
            self._canvas = None

    def on_picture_drawn(self, event: Drawn) -> None:
        """Keep what was drawn, and show it if it is still wanted."""
        event.stop()
        self._drawn[event.key] = event.strips
        while len(self._drawn) > KEPT:
            del self._drawn[next(iter(self._drawn))]
        if event.key == self._wanted() and self._preview is None:
            self._put(event.strips)

    def on_picture_preview_drawn(self, event: PreviewDrawn) -> None:
        """Show it if it is still wanted and says anything new."""
        event.stop()
        if event.preview is not self._preview:
            return
        self._drop_canvas()
        if event.strips != self._strips:
            self._put(event.strips)

    def on_picture_prepared(self, event: Prepared) -> None:
        """Show it if it is still wanted."""
        event.stop()
        if event.key != self._wanted() or self._preview is not None or self._how not in protocols.NAMES:
            return
        canvas = event.canvas
        if not isinstance(self._canvas, canvas.kind):
            if self._canvas is not None:
                self._canvas.remove()
            self._canvas = canvas.kind()
            self.mount(self._canvas)
        self._canvas.styles.width, self._canvas.styles.height = canvas.columns, canvas.rows
        self._canvas.image = canvas.image  # type: ignore[attr-defined]
        self._put([])

    def _wanted(self) -> Key | None:
        if self.path is None or not self.size.area:
            return None
        return (self.path, *self.size)

    def _draw(self) -> None:
        if self._preview is not None:
            if self.size.area:
                self._in_thread(partial(self._draw_preview_off_loop, self._preview, *self.size))
            return
        wanted = self._wanted()
        if wanted is None:
            if self.path is None:
                self._put([])
        elif self._how == "off":
            self._put(self._in_words(wanted[0]))
        elif self._how in protocols.NAMES:
            self._in_thread(partial(self._prepare_off_loop, self._how, wanted, self.background_colors[1].rgb))
        elif wanted in self._drawn:
            self._put(self._drawn[wanted])
        else:
            self._in_thread(partial(self._draw_off_loop, wanted))

    def _in_thread(self, work: Callable[[], None]) -> None:
        self.run_worker(work, thread=True, exit_on_error=False, group="draw")

    def _in_words(self, path: Path) -> list[Strip]:
        """Say what would be here, and how to see it."""
        width = max(1, self.size.width - 4)
        words = [
            line for row in (path.name, *cast("Looks", self.app).why_words()) for line in textwrap.wrap(row, width)
        ]
        return [Strip([Segment(one_line(row), self.rich_style)]) for row in words]

    def _prepare_off_loop(self, how: str, key: Key, mat: tuple[int, int, int]) -> None:
        try:
            canvas = protocols.canvas(how, *key, mat)
        except OSError as error:
            self._say_unreadable(key[0], error)
        except Exception as error:
            log.warning("no %s", protocols.NAMES[how], exc_info=True)
            reason = f"Pictures are half cells: {protocols.NAMES[how]} do not work here ({error})."
            self.post_message(self.FellBack(reason))
        else:
            self.post_message(self.Prepared(key, canvas))

    def _draw_off_loop(self, key: Key) -> None:
        try:
            strips = cells(*key)
        except Exception as error:
            self._say_unreadable(key[0], error)
        else:
            self.post_message(self.Drawn(key, strips))

    def _draw_preview_off_loop(self, preview: Image.Image, columns: int, rows: int) -> None:
        self.post_message(self.PreviewDrawn(preview, cells_of(preview, columns, rows)))

    def _say_unreadable(self, path: Path, error: Exception) -> None:
        log.warning("%s cannot be shown", path, exc_info=error)
        self.post_message(self.Unreadable(path, str(error)))

    def _put(self, strips: list[Strip]) -> None:
        if strips is not self._strips:
            self._strips = strips
            self.refresh()
