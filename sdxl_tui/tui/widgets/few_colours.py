"""Pictures in 256 or 16 colours: reduced by us and dithered, and sent by the colour's number.

Rich would round each cell by itself, which draws contour bands through every gradient, and takes greys above #949494
one step too dark.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from rich.color import Color, ColorType

if TYPE_CHECKING:
    from PIL.Image import Image

FIXED = range(16, 256)
"""Of the 256, those that are the same in every terminal; the first 16 are the user's own."""
NAMED = range(16)


@lru_cache(maxsize=2)
def colours(depth: str) -> tuple[Color, ...]:
    """Return the colours to reduce to.

    Each has its number and its red, green and blue, too: Textual would otherwise look those up and send them instead.
    """
    from rich._palettes import EIGHT_BIT_PALETTE, STANDARD_PALETTE

    numbers, kind, palette = (FIXED, ColorType.EIGHT_BIT, EIGHT_BIT_PALETTE)
    if depth == "16":
        numbers, kind, palette = (NAMED, ColorType.STANDARD, STANDARD_PALETTE)
    return tuple(Color(f"color({number})", kind, number, palette[number]) for number in numbers)


def reduced(picture: Image, depth: str) -> tuple[bytes, tuple[Color, ...]]:
    """Return a byte for each pixel, and the colours that the bytes stand for.

    The picture is dithered at half strength, by meeting its nearest colours half way first: at full strength dark
    parts become noisy at this size.
    """
    from PIL import Image

    chosen = colours(depth)
    flat = [value for colour in chosen for value in (colour.triplet or (0, 0, 0))]
    palette = Image.new("P", (1, 1))
    palette.putpalette(flat + flat[-3:] * (256 - len(chosen)))
    nearest = picture.quantize(palette=palette, dither=Image.Dither.NONE).convert("RGB")
    softened = Image.blend(picture, nearest, 0.5)
    pixels = softened.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG)
    return bytes(min(index, len(chosen) - 1) for index in pixels.tobytes()), chosen
