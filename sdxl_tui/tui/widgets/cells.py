"""Pictures as half cells: each cell is an upper half block with one colour for its upper pixel and one for its lower.

They are drawn here rather than by textual-image: that library asks the terminal when it is imported (in tmux the answer
arrives as key presses), stretches a picture whose width and height are both given, and paints through Rich at every
refresh. Strips are made once, off the event loop, and then only copied to the screen; they survive detach, attach and
resize, and an idle screen sends nothing.
"""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from sdxl_tui.tui.widgets.few_colours import reduced

if TYPE_CHECKING:  # Pillow waits until there is a picture
    from PIL import Image

UPPER_HALF = "▀"

_depth = "truecolor"


def contained(width: int, height: int, columns: int, rows: int) -> tuple[int, int]:
    """Return the (columns, rows) of the largest picture that fits without a stretch; a cell is one by two pixels."""
    scale = min(columns / width, 2 * rows / height)
    return max(1, min(columns, round(width * scale))), max(1, min(rows, round(height * scale / 2)))


def use_depth(depth: str) -> None:
    """Say once, for every picture of this process, how many colours its terminal has."""
    global _depth
    _depth = depth


def cells(path: Path, columns: int, rows: int) -> list[Strip]:
    """Read a picture and return it as strips that fit into the given cells."""
    from PIL import Image

    with Image.open(path) as picture:
        return cells_of(picture, columns, rows)


def cells_of(picture: Image.Image, columns: int, rows: int) -> list[Strip]:
    """Return a picture as strips that fit into the given cells."""
    from PIL import Image

    wide, tall = contained(*picture.size, columns, rows)
    return strips_of(picture.convert("RGB").resize((wide, 2 * tall), Image.Resampling.LANCZOS))


def strips_of(small: Image.Image) -> list[Strip]:
    """Return an RGB picture of an even height as strips, a cell for each two pixels, in the terminal's colours."""
    wide = small.width
    if _depth == "none":
        return [Strip.blank(wide)] * (small.height // 2)
    if _depth == "truecolor":
        values = iter(small.tobytes())
        pixels = [Color.from_rgb(*pixel) for pixel in zip(values, values, values, strict=True)]
    else:
        indexes, colours = reduced(small, _depth)
        pixels = [colours[index] for index in indexes]
    return [
        _strip(pixels[top : top + wide], pixels[top + wide : top + 2 * wide]) for top in range(0, len(pixels), 2 * wide)
    ]


def _strip(upper: list[Color], lower: list[Color]) -> Strip:
    cells = groupby(zip(upper, lower, strict=True))
    segments = [
        Segment(UPPER_HALF * sum(1 for _ in run), Style(color=above, bgcolor=below)) for (above, below), run in cells
    ]
    return Strip(segments, len(upper))
