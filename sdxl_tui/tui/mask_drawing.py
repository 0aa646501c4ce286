"""A mask while it is drawn: rectangles over a picture, and how it all looks in cells."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sdxl_tui.core.masks import Rectangle, draw_mask

if TYPE_CHECKING:  # Pillow waits until there is a picture
    from PIL import Image

Colour = tuple[int, int, int]
OPACITY = 0.55
"""How much of what is repainted the lamp's colour covers."""


@dataclass(frozen=True)
class Drawing:
    """What is white."""

    rectangles: tuple[Rectangle, ...] = ()
    """In pixels of the init image."""
    is_inverted: bool = False
    """All but the rectangles is white."""
    base: Path | None = None
    """A mask from a file that is drawn on."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is drawn."""
        return not self.rectangles and self.base is None

    def with_one_more(self, rectangle: Rectangle) -> Drawing:
        """The same and another rectangle."""
        return replace(self, rectangles=(*self.rectangles, rectangle))

    def without_last(self) -> Drawing:
        """The same without the rectangle that was drawn last; without one, without the file."""
        if not self.rectangles:
            return replace(self, base=None)
        return replace(self, rectangles=self.rectangles[:-1])


def mask_of(drawing: Drawing, size: tuple[int, int], base: Image.Image | None) -> Image.Image:
    """Return the mask (mode L) of an init image of ``size``; raise UserError when nothing of it is white."""
    from PIL import Image, ImageChops

    from sdxl_tui.core.errors import UserError

    mask = Image.new("L", size, 0) if base is None else base.resize(size, Image.Resampling.NEAREST)
    if drawing.rectangles:
        mask = ImageChops.lighter(mask, draw_mask(size, drawing.rectangles))
    if drawing.is_inverted:
        mask = ImageChops.invert(mask)
    if mask.getbbox() is None:
        raise UserError("Nothing is marked: draw a rectangle over what is to be repainted.")
    return mask


def overlaid(small: Image.Image, mask: Image.Image, brush: Rectangle, lamp: Colour, frame: Colour) -> Image.Image:
    """Return a picture, a pixel for each subpixel, with what is repainted under the lamp's colour and the brush.

    ``mask`` has the size of ``small``, and ``brush`` is in its pixels.
    """
    from PIL import Image, ImageDraw

    lit = Image.blend(small, Image.new("RGB", small.size, lamp), OPACITY)
    canvas = Image.composite(lit, small, mask)
    left, top, right, bottom = brush
    ImageDraw.Draw(canvas).rectangle((left, top, max(left, right - 1), max(top, bottom - 1)), outline=frame)
    return canvas


def in_pixels(cells: Rectangle, grid: tuple[int, int], size: tuple[int, int]) -> Rectangle:
    """A rectangle of cells of a grid (columns, rows) in the pixels of a picture of ``size``."""
    across, down = size[0] / grid[0], size[1] / grid[1]
    return Rectangle(
        round(cells.left * across), round(cells.top * down), round(cells.right * across), round(cells.bottom * down)
    )
