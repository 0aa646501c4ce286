"""Swatches: micro pictures of 7x4 pixels, by which the eye finds "the pink one" before it reads."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # Pillow waits until there is a picture: the screen is painted before
    from PIL import Image

WIDTH, HEIGHT = 7, 4
"""Pixels: seven cells beside each other, two rows of them, each two pixels high."""


def swatch_of(image: Image.Image) -> bytes:
    """Return the micro picture of a picture: 4 rows of 7 pixels, 3 bytes (RGB) each; what stands out of 7:4 is cut."""
    from PIL import Image, ImageOps

    small = ImageOps.fit(image.convert("RGB"), (WIDTH, HEIGHT), Image.Resampling.BOX)
    return small.tobytes()


def read_swatch(path: Path) -> bytes | None:
    """Return the micro picture of a file; None where there is no picture that can be read."""
    from PIL import Image

    try:
        with Image.open(path) as image:
            image.draft("RGB", (8 * WIDTH, 8 * HEIGHT))
            return swatch_of(image)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None
