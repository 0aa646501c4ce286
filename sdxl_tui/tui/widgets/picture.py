"""The picture on its mat."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from textual.events import Resize
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from sdxl_tui.tui.widgets.half_cells import half_cells

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
    class Unreadable(Message):
        """A picture cannot be shown."""

        path: Path
        reason: str

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self.path: Path | None = None
        self._drawn: dict[Key, list[Strip]] = {}
        self._strips: list[Strip] = []

    def show(self, path: Path) -> None:
        """Show this picture from now on."""
        if path != self.path:
            self.path = path
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

    def on_picture_drawn(self, event: Drawn) -> None:
        """Keep what was drawn, and show it if it is still wanted."""
        event.stop()
        self._drawn[event.key] = event.strips
        while len(self._drawn) > KEPT:
            del self._drawn[next(iter(self._drawn))]
        if event.key == self._wanted():
            self._put(event.strips)

    def _wanted(self) -> Key | None:
        if self.path is None or not self.size.area:
            return None
        return (self.path, *self.size)

    def _draw(self) -> None:
        wanted = self._wanted()
        if wanted is None:
            return
        if wanted in self._drawn:
            self._put(self._drawn[wanted])
        else:
            self.run_worker(partial(self._draw_off_loop, wanted), thread=True, exit_on_error=False, group="draw")

    def _draw_off_loop(self, key: Key) -> None:
        try:
            strips = half_cells(*key)
        except Exception as error:
            log.warning("%s cannot be shown", key[0], exc_info=True)
            self.post_message(self.Unreadable(key[0], str(error)))
        else:
            self.post_message(self.Drawn(key, strips))

    def _put(self, strips: list[Strip]) -> None:
        if strips is not self._strips:
            self._strips = strips
            self.refresh()
