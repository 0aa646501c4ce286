"""The difference of two pictures as a picture."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # Pillow waits until there is a picture
    from PIL import Image


@dataclass(frozen=True)
class PixelDifference:
    """What two pictures differ in."""

    picture: Image.Image
    """RGB; black where they are the same, brightened so that the largest difference is white."""
    mean: float
    """Of all channels, 0 to 255."""
    factor: float
    """How many times it was brightened; 0: there is no difference."""


def difference_of(a: Path, b: Path) -> PixelDifference:
    """Read two pictures and return what they differ in, B at A's size. Raises what the disk and Pillow raise."""
    from PIL import Image, ImageChops, ImageStat

    with Image.open(a) as first, Image.open(b) as second:
        left, right = first.convert("RGB"), second.convert("RGB")
    if right.size != left.size:
        right = right.resize(left.size, Image.Resampling.LANCZOS)
    plain = ImageChops.difference(left, right)
    stat = ImageStat.Stat(plain)
    largest = max(high for _, high in stat.extrema)
    factor = 255 / largest if largest else 0.0
    return PixelDifference(plain.point(lambda value: round(value * factor)), sum(stat.mean) / len(stat.mean), factor)
