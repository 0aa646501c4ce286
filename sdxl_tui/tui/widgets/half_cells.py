"""Pictures as half cells: each cell is an upper half block with one colour for its upper pixel and one for its lower.

They are drawn here rather than by textual-image: that library asks the terminal when it is imported (in tmux the answer
arrives as key presses), stretches a picture whose width and height are both given, and paints through Rich at every
refresh. Strips are made once, off the event loop, and then only copied to the screen; they survive detach, attach and
resize, and an idle screen sends nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

if TYPE_CHECKING:  # Pillow waits until there is a picture
    from PIL import Image

UPPER_HALF = "▀"


def contained(width: int, height: int, columns: int, rows: int) -> tuple[int, int]:
    """Return the (columns, rows) of the largest picture that fits without a stretch; a cell is one by two pixels."""
    scale = min(columns / width, 2 * rows / height)
    return max(1, min(columns, round(width * scale))), max(1, min(rows, round(height * scale / 2)))


def half_cells(path: Path, columns: int, rows: int) -> list[Strip]:
    """Read a picture and return it as strips that fit into the given cells."""
    from PIL import Image

    with Image.open(path) as picture:
        wide, tall = contained(*picture.size, columns, rows)
        small = picture.convert("RGB").resize((wide, 2 * tall), Image.Resampling.LANCZOS)
    return strips_of(small)


def strips_of(small: Image.Image) -> list[Strip]:
    """Return an RGB picture of an even height as strips, a cell for each two pixels."""
    colours = small.tobytes()
    wide = small.width
    stride = 3 * wide
    return [
        _strip(colours[top : top + stride], colours[top + stride : top + 2 * stride], wide)
        for top in range(0, len(colours), 2 * stride)
    ]


def _strip(upper: bytes, lower: bytes, columns: int) -> Strip:
    segments: list[Segment] = []
    start = 0
    for column in range(1, columns + 1):
        here = slice(3 * start, 3 * start + 3)
        there = slice(3 * column, 3 * column + 3)
        if column == columns or upper[here] != upper[there] or lower[here] != lower[there]:
            style = Style(color=Color.from_rgb(*upper[here]), bgcolor=Color.from_rgb(*lower[here]))
            segments.append(Segment(UPPER_HALF * (column - start), style))
            start = column
    return Strip(segments, columns)
