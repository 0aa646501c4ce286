"""Small pictures: thumbs, and swatches by which the eye finds the pink one before it reads."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from textual.strip import Strip

from sdxl_tui.tui.widgets.half_cells import contained, strips_of

MOST = 4000
"""Drawn ones that are kept, a few kB each."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Thumb:
    """A picture at a size in cells."""

    path: Path
    columns: int
    rows: int
    filled: bool = True
    """Fills its cells, its longer side cut: a swatch. Otherwise all of it is shown, as large as it fits."""


class Thumbs:
    """Draws what is asked for on one thread of its own, and keeps it.

    Who asks again takes back what it asked before: what has been scrolled away is not drawn.
    """

    def __init__(self) -> None:
        self._drawn: OrderedDict[Thumb, list[Strip]] = OrderedDict()
        self._wanted: dict[int, tuple[list[Thumb], Callable[[Thumb], object]]] = {}
        self._lock = threading.Lock()
        self._works = False

    def get(self, thumb: Thumb) -> list[Strip] | None:
        """The thumb, empty for a picture that cannot be read; None while it is not drawn."""
        return self._drawn.get(thumb)

    def want(self, asker: object, thumbs: Sequence[Thumb], tell: Callable[[Thumb], object]) -> None:
        """Draw these next, in this order; ``tell`` is called on another thread for each that is there."""
        missing = [thumb for thumb in dict.fromkeys(thumbs) if thumb not in self._drawn]
        with self._lock:
            self._wanted[id(asker)] = (missing, tell)
            if not missing or self._works:
                return
            self._works = True
        threading.Thread(target=self._work, name="thumbs", daemon=True).start()

    def _work(self) -> None:
        while True:
            with self._lock:
                asked = next(((thumbs, tell) for thumbs, tell in self._wanted.values() if thumbs), None)
                if asked is None:
                    self._works = False
                    return
                thumbs, tell = asked
                thumb = thumbs.pop(0)
            strips = self._draw(thumb)
            with self._lock:
                self._drawn[thumb] = strips
                while len(self._drawn) > MOST:
                    self._drawn.popitem(last=False)
            tell(thumb)

    def _draw(self, thumb: Thumb) -> list[Strip]:
        from PIL import Image, ImageOps

        try:
            with Image.open(thumb.path) as picture:
                wide, tall = contained(*picture.size, thumb.columns, thumb.rows)
                if thumb.filled:
                    wide, tall = thumb.columns, thumb.rows
                size = (wide, 2 * tall)
                return strips_of(ImageOps.fit(picture.convert("RGB"), size, Image.Resampling.BOX))
        except FileNotFoundError:
            return []
        except Exception:
            log.warning("%s has no thumb", thumb.path, exc_info=True)
            return []
