"""Small pictures for strips and lists: drawn off the event loop, kept, and drawn only once."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from textual.color import Color
from textual.content import Content
from textual.strip import Strip
from textual.style import Style
from textual.widget import Widget

from sdxl_tui.tui.widgets.half_cells import half_cells, swatch_cells

Key = tuple[Path, int, int, bool]
"""A picture, the cells it is drawn for, and whether it fills them."""

Rows = tuple[Content, ...]

KEPT = 600
"""Small pictures that are kept: more than the largest window shows at once."""

log = logging.getLogger(__name__)


class Thumbs:
    """Gives what is drawn and draws what is not; the widget that asked is painted again when it is there."""

    def __init__(self) -> None:
        self._drawn: dict[Key, Rows] = {}
        self._wanted: dict[Key, Widget] = {}
        self._working = False

    def thumb(self, asker: Widget, path: Path, columns: int, rows: int) -> Rows | None:
        """The whole picture in the given cells or fewer; None: not drawn yet, empty: it cannot be drawn."""
        return self._get(asker, (path, columns, rows, False))

    def swatch(self, asker: Widget, path: Path, columns: int, rows: int) -> Rows | None:
        """The picture's colours in exactly these cells; None: not drawn yet, empty: it cannot be drawn."""
        return self._get(asker, (path, columns, rows, True))

    def _get(self, asker: Widget, key: Key) -> Rows | None:
        if key in self._drawn:
            return self._drawn[key]
        self._wanted[key] = asker
        if not self._working:
            self._working = True
            asker.app.call_later(self._start, asker)
        return None

    def _start(self, asker: Widget) -> None:
        batch = dict(self._wanted)
        asker.app.run_worker(lambda: self._draw(batch, asker), thread=True, exit_on_error=False, group="thumbs")

    def _draw(self, batch: dict[Key, Widget], asker: Widget) -> None:
        """Runs on a thread of its own; all of a batch is handed over at once, so a widget is painted once."""
        asker.app.call_later(self._take, batch, {key: _drawn(key) for key in batch})

    def _take(self, batch: dict[Key, Widget], drawn: dict[Key, Rows]) -> None:
        self._drawn.update(drawn)
        for key in list(self._drawn)[:-KEPT]:
            del self._drawn[key]
        for key in batch:
            self._wanted.pop(key, None)
        self._working = bool(self._wanted)
        if self._working:
            self._start(next(iter(self._wanted.values())))
        for asker in dict.fromkeys(batch.values()):
            asker.refresh()


def _drawn(key: Key) -> Rows:
    path, columns, rows, fill = key
    try:
        return tuple(_content(strip) for strip in (swatch_cells if fill else half_cells)(path, columns, rows))
    except Exception:
        log.info("%s has no thumb", path, exc_info=True)
        return ()


def _content(strip: Strip) -> Content:
    return Content.assemble(*_cells(strip))


def _cells(strip: Strip) -> Sequence[tuple[str, Style]]:
    cells = []
    for segment in strip:
        if segment.style and segment.style.color and segment.style.bgcolor:
            upper = Color.from_rich_color(segment.style.color)
            lower = Color.from_rich_color(segment.style.bgcolor)
            cells.append((segment.text, Style(background=lower, foreground=upper)))
    return cells
