"""Pictures as cells: each cell is a block glyph with the two colours, and the shape, that stand for its part best.

Strips are made once, off the event loop, and then only copied to the screen; they survive detach, attach and resize,
and an idle screen sends nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.color import Color
from textual.strip import Strip

from sdxl_tui.tui.widgets.frugal import FULL, Frugal
from sdxl_tui.tui.widgets.grains import GRAINS, Grain

if TYPE_CHECKING:  # Pillow and numpy wait until there is a picture
    import numpy
    from PIL import Image

USUAL = "quad"
"""The finest grain that every font has the glyphs of."""

_depth = "truecolor"
_grain = GRAINS[USUAL]


def use_depth(depth: str) -> None:
    """Say once, for every picture of this process, how many colours its terminal has."""
    global _depth
    _depth = depth


def use_grain(name: str) -> None:
    """Say for every picture that is drawn from now on how finely a cell is divided: a name of ``GRAINS``."""
    global _grain
    _grain = GRAINS[name]


def grain_in_force() -> Grain:
    """How finely a cell is divided now; a drawing asks once, since it may change meanwhile."""
    return _grain


def contained(width: int, height: int, columns: int, rows: int) -> tuple[int, int]:
    """Return the (columns, rows) of the largest picture that fits unstretched; a cell is twice as high as wide."""
    scale = min(columns / width, 2 * rows / height)
    return max(1, min(columns, round(width * scale))), max(1, min(rows, round(height * scale / 2)))


def cells(path: Path, columns: int, rows: int, frugal: Frugal = FULL) -> list[Strip]:
    """Read a picture and return it as strips that fit into the given cells."""
    from PIL import Image

    with Image.open(path) as picture:
        return cells_of(picture, columns, rows, frugal)


def cells_of(picture: Image.Image, columns: int, rows: int, frugal: Frugal = FULL) -> list[Strip]:
    """Return a picture as strips that fit into the given cells."""
    from PIL import Image

    wide, tall = contained(*picture.size, *frugal.place(columns, rows))
    grain, block = _grain, frugal.block
    size = grain.pixels(wide, tall)
    if block > 1:
        size = -(-wide // block), -(-2 * tall // block)
    small = picture.convert("RGB").resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    if block > 1:
        across, down = grain.pixels(block, block)
        larger = small.resize((size[0] * across, size[1] * down // 2), Image.Resampling.NEAREST)
        small = larger.crop((0, 0, *grain.pixels(wide, tall)))
    return strips_of(small, grain, frugal)


def strips_of(small: Image.Image, grain: Grain | None = None, frugal: Frugal = FULL) -> list[Strip]:
    """Return an RGB picture with a pixel for each subpixel of a grain as strips, in the terminal's colours.

    Without a ``grain`` it is the one in force.
    """
    import numpy

    from sdxl_tui.tui.widgets import cell_runs, two_colours

    grain = grain or _grain
    depth = _depth  # It may change meanwhile.
    if depth == "none":
        return [Strip.blank(small.width // grain.across)] * (small.height // grain.down)
    if depth == "truecolor":
        fit = two_colours.best_fit(numpy.asarray(small), grain, frugal.tolerance)
        fit = cell_runs.shared(fit, grain, frugal.tolerance)
        return cell_runs.strips(fit, grain, _packed, _unpacked)
    from sdxl_tui.tui.widgets.few_colours import reduced

    indexes, colours = reduced(small, depth)
    rgb = numpy.array([colour.triplet or (0, 0, 0) for colour in colours], numpy.float32)
    fit = two_colours.best_pairs(numpy.frombuffer(indexes, numpy.uint8).reshape(small.height, small.width), rgb, grain)
    return cell_runs.strips(cell_runs.shared(fit, grain, 0), grain, _first, colours.__getitem__)


def _packed(colours: numpy.ndarray[Any, Any]) -> numpy.ndarray[Any, Any]:
    """Red, green and blue as one number."""
    wide: numpy.ndarray[Any, Any] = colours.astype("int32")
    return wide[..., 0] << 16 | wide[..., 1] << 8 | wide[..., 2]


def _unpacked(number: int) -> Color:
    return Color.from_rgb(number >> 16, number >> 8 & 255, number & 255)


def _first(numbers: numpy.ndarray[Any, Any]) -> numpy.ndarray[Any, Any]:
    return numbers[..., 0]
