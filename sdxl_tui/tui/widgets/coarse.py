"""Previews in few bytes: larger pixels first, then fewer cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.segment import Segment
from textual.strip import Strip

from sdxl_tui.tui.widgets.cells import contained, strips_of

if TYPE_CHECKING:  # Pillow waits until there is a picture
    from PIL import Image

SHAPES = ((1.0, 1), (1.0, 2), (0.75, 2), (0.5, 2), (0.35, 2), (0.25, 2))
"""Share of the place, and half cells that a pixel is wide and high; the finest first."""
BOTH, GROUND, CELL = 37, 20, 3
"""Bytes of two colours, of one, and of a half block."""


def coarse(preview: Image.Image, columns: int, rows: int, most: int) -> list[Strip]:
    """Return a preview as strips that fit into the given cells and take ``most`` bytes in 24 bit, if they can."""
    from PIL import Image

    picture = preview.convert("RGB")
    for share, pixel in SHAPES:
        place = max(1, int(columns * share)), max(1, int(rows * share))
        wide, tall = contained(*picture.size, *place)
        if cost(wide, tall, pixel) <= most:
            break
    size = (-(-wide // pixel), -(-2 * tall // pixel))
    drawn = strips_of(picture.resize(size, Image.Resampling.LANCZOS).resize((wide, 2 * tall), Image.Resampling.NEAREST))
    return drawn if pixel == 1 else [_on_grounds(strip) for strip in drawn]


def cost(columns: int, rows: int, pixel: int) -> int:
    """Bytes of a picture in so many cells, no two of its pixels alike."""
    if pixel == 1:
        return columns * rows * (BOTH + CELL)
    return rows * (-(-columns // pixel) * GROUND + columns)


def _on_grounds(strip: Strip) -> Strip:
    """The same, with blanks where a cell has one colour: a ground takes half the bytes of a ground and a character."""
    return Strip([_on_ground(segment) for segment in strip], strip.cell_length)


def _on_ground(segment: Segment) -> Segment:
    style = segment.style
    if style is None or style.color is None or style.color != style.bgcolor:
        return segment
    return Segment(" " * len(segment.text), style)
