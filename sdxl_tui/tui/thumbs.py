"""Small pictures: thumbs, and swatches by which the eye finds the pink one before it reads."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from textual.color import Color
from textual.content import Content
from textual.strip import Strip
from textual.style import Style
from textual.widget import Widget

from sdxl_tui.core import swatches
from sdxl_tui.tui.widgets.cells import contained, grain_in_force, strips_of
from sdxl_tui.tui.widgets.grains import GRAINS, Grain

SWATCH_ROWS = 2
"""Cells of a swatch: so many rows, and at most as many columns as ``core.swatches`` has pixels."""
SWATCH_GRAIN = GRAINS["half"]
MOST_CELLS = 120_000
"""Cells of drawn ones that are kept, some screens full: less than a kB each."""

Rows = tuple[Content, ...]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Thumb:
    """A picture at a size in cells."""

    path: Path
    columns: int
    rows: int
    filled: bool = True
    """Fills its cells, its longer side cut: a swatch. Otherwise all of it is shown, as large as it fits."""
    grain: Grain = field(default_factory=grain_in_force)
    """How its cells are divided; a swatch's are halves."""


class SwatchStore(Protocol):
    """Where micro pictures are kept between two starts; the index is one."""

    def keep_swatches(self, swatches: dict[Path, bytes]) -> None:
        """Store them; takes its time."""


@dataclass
class _Asker:
    missing: list[Thumb]
    tell: Callable[[Thumb], object]


class Thumbs:
    """Draws what is asked for on one thread of its own, and keeps it."""

    def __init__(self) -> None:
        self._drawn: OrderedDict[Thumb, list[Strip]] = OrderedDict()
        self._cells = 0
        """Cells of all that are drawn."""
        self._rows: dict[Thumb, Rows] = {}
        self._askers: dict[int, _Asker] = {}
        self._lock = threading.Lock()
        self._works = False
        self._swatches: dict[Path, bytes] = {}
        self._new_swatches: dict[Path, bytes] = {}
        self.store: SwatchStore | None = None
        """Where new micro pictures go; None: nowhere."""

    def keep_new_swatches(self) -> None:
        """Bring those that were made meanwhile to the store; takes its time."""
        if self.store is None:
            return
        with self._lock:
            new, self._new_swatches = self._new_swatches, {}
        if new:
            try:
                self.store.keep_swatches(new)
            except Exception:
                log.warning("swatches are not kept", exc_info=True)

    def know(self, swatches: Mapping[Path, bytes]) -> None:
        """Take micro pictures that were made before: their files need not be read."""
        self._swatches.update(swatches)

    def get(self, thumb: Thumb) -> list[Strip] | None:
        """The thumb, empty for a picture that cannot be read; None while it is not drawn."""
        return self._drawn.get(thumb)

    def rows(self, asker: Widget, thumb: Thumb) -> Rows | None:
        """The thumb as rows of content; where it is not drawn yet it will be, and then ``asker`` is painted again."""
        strips = self._drawn.get(thumb)
        if strips is not None:
            if thumb not in self._rows:
                self._rows[thumb] = tuple(_content(strip) for strip in strips)
            return self._rows[thumb]
        with self._lock:
            known = self._askers.get(id(asker))
            missing = [*known.missing, thumb] if known and thumb not in known.missing else [thumb]
        self.want(asker, missing, lambda drawn: asker.call_later(asker.refresh) if drawn == missing[-1] else None)
        return None

    def want(self, asker: object, thumbs: Sequence[Thumb], tell: Callable[[Thumb], object]) -> None:
        """Draw these next, in this order; ``tell`` is called on another thread for each that is there.

        Who asks again takes back what it asked before: what has been scrolled away is not drawn.
        """
        with self._lock:
            missing = [thumb for thumb in dict.fromkeys(thumbs) if thumb not in self._drawn]
            self._askers[id(asker)] = _Asker(missing, tell)
            if not missing or self._works:
                return
            self._works = True
        threading.Thread(target=self._work, name="thumbs", daemon=True).start()

    def _work(self) -> None:
        while True:
            with self._lock:
                self._askers = {key: asker for key, asker in self._askers.items() if asker.missing}
                asker = next(iter(self._askers.values()), None)
                if asker is None:
                    self._works = False
                    break
                thumb = asker.missing.pop(0)
            strips = self._draw(thumb)
            with self._lock:
                if thumb not in self._drawn:  # it may have been asked for once more while it was drawn
                    self._cells += thumb.columns * thumb.rows
                self._drawn[thumb] = strips
                while self._cells > MOST_CELLS and len(self._drawn) > 1:
                    oldest, _ = self._drawn.popitem(last=False)
                    self._rows.pop(oldest, None)
                    self._cells -= oldest.columns * oldest.rows
            asker.tell(thumb)
        self.keep_new_swatches()

    def _draw(self, thumb: Thumb) -> list[Strip]:
        from PIL import Image, ImageOps

        if thumb.filled and thumb.rows <= SWATCH_ROWS and thumb.columns <= swatches.WIDTH:
            return self._draw_swatch(thumb)
        try:
            with Image.open(thumb.path) as opened:
                picture = ImageOps.exif_transpose(opened)
                wide, tall = contained(*picture.size, thumb.columns, thumb.rows)
                if thumb.filled:
                    wide, tall = thumb.columns, thumb.rows
                finest = GRAINS["oct"].pixels(wide, tall)  # The grain whose parts of a cell are squares.
                cut = ImageOps.fit(picture.convert("RGB"), finest, Image.Resampling.BOX)
                return strips_of(cut.resize(thumb.grain.pixels(wide, tall), Image.Resampling.BOX), thumb.grain)
        except FileNotFoundError:
            return []
        except Exception:
            log.warning("%s has no thumb", thumb.path, exc_info=True)
            return []

    def _draw_swatch(self, thumb: Thumb) -> list[Strip]:
        from PIL import Image

        rgb = self._swatches.get(thumb.path)
        if rgb is None:
            rgb = swatches.read_swatch(thumb.path)
            if rgb is None:
                return []
            self._swatches[thumb.path] = self._new_swatches[thumb.path] = rgb
        small = Image.frombytes("RGB", (swatches.WIDTH, swatches.HEIGHT), rgb)
        size = SWATCH_GRAIN.pixels(thumb.columns, thumb.rows)
        return strips_of(small.resize(size, Image.Resampling.BOX), SWATCH_GRAIN)


def _content(strip: Strip) -> Content:
    cells = []
    for segment in strip:
        if segment.style and segment.style.color and segment.style.bgcolor:
            upper = Color.from_rich_color(segment.style.color)
            lower = Color.from_rich_color(segment.style.bgcolor)
            cells.append((segment.text, Style(background=lower, foreground=upper)))
    return Content.assemble(*cells)
