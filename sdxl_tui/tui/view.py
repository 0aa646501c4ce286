"""A part of a picture, and how it is drawn: a pixel for each subpixel of its cells."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sdxl_tui.tui.widgets.grains import Grain

if TYPE_CHECKING:  # Pillow waits until there is a picture
    from PIL import Image

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class View:
    """What is in view of a picture."""

    path: Path
    whole: tuple[int, int]
    """Size of the picture in pixels."""
    corner: tuple[float, float]
    """The picture's pixel at the upper left."""
    part: tuple[float, float]
    """Pixels in view, across and down."""
    cells: tuple[int, int]
    """Columns and rows they are drawn in."""
    scale: float
    """Subpixels of a cell, across, for each pixel of the picture: at 1 none is left out from left to right. Down it is
    as many pixels as keep the shape, so two for a quadrant and one for an octant."""
    grain: Grain
    """How cells are divided."""
    map_cells: tuple[int, int] | None
    frame: Colour
    lamp: Colour

    @property
    def is_whole(self) -> bool:
        """Whether all of the picture is in view."""
        return self.part == self.whole


def draw(view: View, picture: Image.Image) -> Image.Image:
    """Return what is in view, a pixel for each subpixel, with the position map in its lower right corner."""
    from PIL import Image, ImageDraw

    (left, top), (wide, tall) = view.corner, view.part
    columns, rows = view.cells
    how = Image.Resampling.BOX if view.scale > 1 else Image.Resampling.LANCZOS
    box = (left, top, left + wide, top + tall)
    canvas = picture.resize(
        view.grain.pixels(columns, rows), how, box=box, reducing_gap=3.0 if view.scale < 1 else None
    )
    if view.map_cells is None:
        return canvas
    size = view.grain.pixels(*view.map_cells)
    small = picture.resize(size, Image.Resampling.BOX, reducing_gap=2.0)
    share = (size[0] / view.whole[0], size[1] / view.whole[1])
    first = (round(left * share[0]), round(top * share[1]))
    last = (
        min(size[0], max(first[0] + 2, round((left + wide) * share[0]))) - 1,
        min(size[1], max(first[1] + 2, round((top + tall) * share[1]))) - 1,
    )
    ImageDraw.Draw(small).rectangle((*first, *last), outline=view.lamp)
    across, down = view.grain.across, view.grain.down
    framed = Image.new("RGB", (size[0] + 2 * across, size[1] + down), view.frame)
    framed.paste(small, (across, down // 2))
    canvas.paste(framed, (canvas.width - framed.width - across, canvas.height - framed.height - down))
    return canvas
