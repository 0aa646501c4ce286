"""Frames drawn ahead of when they are due, off the event loop."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from textual.strip import Strip

from sdxl_tui.tui.playback import HEADROOM, Cells, fitted
from sdxl_tui.tui.widgets.cells import contained, grain_in_force, strips_of
from sdxl_tui.tui.widgets.grains import Grain

if TYPE_CHECKING:  # Pillow waits until there is a picture
    from PIL.Image import Image

DRAWN = 32
"""Frames that are kept as they are painted, near a megabyte each."""
SMALL = 1000
"""Frames that are kept as small pictures, some kB each: the second time round nothing is read."""
SAMPLES = 3
"""Frames that decide the size of all."""
WORDS_BYTES = 400
"""What the rows beside a playing frame change in, at most."""
MOVE_BYTES = 10
"""To go to the beginning of a row."""

log = logging.getLogger(__name__)

Measure = Callable[[Sequence[Strip]], int]
Key = tuple[Path, Cells, Grain]


@dataclass(frozen=True)
class Drawn:
    """One frame in cells."""

    strips: list[Strip]
    bytes: int
    """What painting it sends."""


@dataclass(frozen=True)
class Fit:
    """How frames are shown while they play."""

    cells: Cells
    bytes: int
    """Of the largest one that was drawn."""
    whole: bool
    """Whether that is as large as they are when paused."""


class Reel:
    """Reads, shrinks and draws on one thread of its own, what is asked for last first."""

    def __init__(self, measure: Measure) -> None:
        """``measure`` counts the bytes of strips on this terminal; it is called on the thread."""
        self._measure = measure
        self._small: OrderedDict[Key, Image | None] = OrderedDict()
        self._drawn: OrderedDict[Key, Drawn | None] = OrderedDict()
        self._missing: list[Key] = []
        self._lock = threading.Lock()
        self._works = False

    def fit(self, frames: Sequence[Path], place: Cells, most: float) -> Fit | None:
        """Return how large the frames can be in ``place`` at ``most`` bytes each; None: none can be read. Slow."""
        grain = grain_in_force()
        samples = [read for read in (_shrunk(path, place, grain) for path in _spread(frames)) if read is not None]
        if not samples:
            return None

        def measure(cells: Cells) -> int:
            return max(self.draw(sample, cells, grain).bytes for sample in samples)

        shape = (samples[0].width * grain.down, samples[0].height * 2 * grain.across)
        cells, count = fitted(shape, place, HEADROOM * most, measure)
        return Fit(cells, count, cells == contained(*shape, *place))

    def get(self, path: Path, cells: Cells) -> Drawn | None:
        """The frame; None while it is not drawn, and where it cannot be."""
        with self._lock:
            return self._drawn.get((path, cells, grain_in_force()))

    def want(self, frames: Sequence[Path], cells: Cells) -> None:
        """Draw these next, in this order; what was asked for before is forgotten."""
        with self._lock:
            keys = [(path, cells, grain_in_force()) for path in frames[:DRAWN]]
            self._missing = [key for key in keys if key not in self._drawn]
            if not self._missing or self._works:
                return
            self._works = True
        threading.Thread(target=self._work, name="frames", daemon=True).start()

    def rest(self) -> None:
        """Draw nothing more, and keep nothing but the small pictures."""
        with self._lock:
            self._missing = []
            self._drawn.clear()

    def draw(self, picture: Image, cells: Cells, grain: Grain) -> Drawn:
        """Draw a picture in these cells."""
        from PIL import Image

        size = grain.pixels(*cells)
        strips = strips_of(picture if picture.size == size else picture.resize(size, Image.Resampling.LANCZOS), grain)
        return Drawn(strips, self._measure(strips) + MOVE_BYTES * len(strips) + WORDS_BYTES)

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._missing:
                    self._works = False
                    return
                key = self._missing.pop(0)
            if key not in self._small:
                self._small[key] = _shrunk(*key)
                while len(self._small) > SMALL:
                    self._small.popitem(last=False)
            small = self._small[key]
            drawn = None if small is None else self.draw(small, *key[1:])
            with self._lock:
                self._drawn[key] = drawn
                while len(self._drawn) > DRAWN:
                    self._drawn.popitem(last=False)


def _spread(frames: Sequence[Path]) -> Sequence[Path]:
    return frames[:: max(1, -(-len(frames) // SAMPLES))]


def _shrunk(path: Path, cells: Cells, grain: Grain) -> Image | None:
    """The picture at a pixel for each subpixel of the largest it can be in ``cells``; None: it cannot be read."""
    from PIL import Image

    try:
        with Image.open(path) as picture:
            wide, tall = contained(*picture.size, *cells)
            return picture.convert("RGB").resize(grain.pixels(wide, tall), Image.Resampling.LANCZOS)
    except FileNotFoundError:
        return None
    except Exception:
        log.warning("%s cannot be played", path, exc_info=True)
        return None
