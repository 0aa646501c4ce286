"""Sizes by their aspect, in the pixels of a model's native area."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.request import check_side, parse_size

GRID = 8
"""Sides are multiples of this."""

TRAINED = (
    ("1:1", "square", 1024, 1024),
    ("4:3", "landscape", 1152, 896),
    ("3:2", "landscape, as 35 mm film", 1216, 832),
    ("16:9", "widescreen", 1344, 768),
    ("21:9", "cinema", 1536, 640),
    ("3:4", "portrait", 896, 1152),
    ("2:3", "portrait, as 35 mm film", 832, 1216),
    ("9:16", "tall, as a phone", 768, 1344),
    ("9:21", "banner, upright", 640, 1536),
)
"""Aspect, what it is for, and the sides SDXL was trained on that come nearest (Podell et al. 2023, appendix I)."""

_ASPECT = re.compile(r"\s*(\d{1,4}(?:\.\d{1,3})?)\s*[:/]\s*(\d{1,4}(?:\.\d{1,3})?)\s*")


@dataclass(frozen=True)
class NamedSize:
    """A size and what people call it."""

    width: int
    height: int
    aspect: str
    description: str = ""


def presets(native_width: int, native_height: int) -> list[NamedSize]:
    """The sizes SDXL was trained on, scaled to a model's native area; the native size is the first."""
    scale = math.sqrt(native_width * native_height) / 1024
    native = NamedSize(native_width, native_height, nearest_aspect(native_width, native_height), "the model's own")
    scaled = [
        NamedSize(_on_grid(width * scale), _on_grid(height * scale), aspect, description)
        for aspect, description, width, height in TRAINED
    ]
    if any((size.width, size.height) == (native_width, native_height) for size in scaled):
        return scaled
    return [native, *scaled]


def nearest_aspect(width: int, height: int) -> str:
    """What people call the shape of a size: ``3:2`` for 1216 by 832."""
    return min(TRAINED, key=lambda row: abs(math.log(width * row[3] / (height * row[2]))))[0]


def nearest_size(width: int, height: int, native_width: int, native_height: int) -> NamedSize:
    """Return the preset of a model whose shape comes nearest to that of a picture of ``width`` by ``height``."""

    def apart(size: NamedSize) -> float:
        return abs(math.log(size.width * height / (size.height * width)))

    return min(presets(native_width, native_height), key=apart)


def read_size(text: str, native_width: int, native_height: int) -> NamedSize:
    """Return the size that ``1216x832`` or ``16:9`` stands for; raise UserError for anything else.

    An aspect takes the model's native area; pixels are taken as they are.
    """
    if match := _ASPECT.fullmatch(text):
        across, down = float(match[1]), float(match[2])
        for size in presets(native_width, native_height):
            if size.aspect == f"{match[1]}:{match[2]}":
                return size
        if not across or not down:
            raise UserError(f"An aspect is written as 16:9, not '{text.strip()}'.")
        area = native_width * native_height
        width, height = _on_grid(math.sqrt(area * across / down)), _on_grid(math.sqrt(area * down / across))
        aspect = f"{match[1]}:{match[2]}"
    else:
        width, height = parse_size(text)
        aspect = nearest_aspect(width, height)
    check_side("Width", width)
    check_side("Height", height)
    return NamedSize(width, height, aspect, "as typed")


def _on_grid(pixels: float) -> int:
    return max(GRID, round(pixels / GRID) * GRID)
