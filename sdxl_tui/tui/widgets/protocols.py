"""Kitty and sixel graphics, through textual-image's widgets, for who asks for them."""

from __future__ import annotations

import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image
    from textual.widget import Widget

NAMES = {"kitty": "kitty graphics", "sixel": "sixel graphics"}

_one_import = threading.Lock()


@dataclass(frozen=True)
class Canvas:
    """A picture ready for the terminal."""

    kind: type[Widget]
    """textual-image's widget; its ``image`` is what it shows."""
    image: Image
    columns: int
    rows: int


def obstacle(protocol: str, depth: str) -> str | None:
    """Say why this terminal cannot be sent such pictures; None: nothing is known against it."""
    if protocol not in NAMES or depth in ("truecolor", "none"):
        return None
    return f"Pictures are half cells: {NAMES[protocol]} need 24-bit colour, and this terminal has {depth} colours."


def canvas(protocol: str, path: Path, columns: int, rows: int, mat: tuple[int, int, int]) -> Canvas:
    """Read a picture and fit it into the given cells, on the mat where it leaves some free. For a worker thread."""
    from PIL import Image, ImageOps

    kind, (cell_width, cell_height) = _textual_image(protocol)
    with Image.open(path) as opened:
        picture = ImageOps.contain(opened.convert("RGB"), (columns * cell_width, rows * cell_height))
    columns, rows = -(-picture.width // cell_width), -(-picture.height // cell_height)
    size = (columns * cell_width, rows * cell_height)
    return Canvas(kind, ImageOps.pad(picture, size, color=mat) if picture.size != size else picture, columns, rows)


def _textual_image(protocol: str) -> tuple[type[Widget], tuple[int, int]]:
    """Import the widget, and return it with the pixels of a cell.

    At its import textual-image asks the terminal what it can do. Textual reads the keyboard by then, so the answer
    would arrive as key presses. Without a stdin it asks nothing, and takes the size of a cell from the kernel.
    """
    with _one_import:
        stdin = sys.__stdin__
        sys.__stdin__ = None  # type: ignore[misc]
        try:
            from textual_image._terminal import get_cell_size
            from textual_image.widget import SixelImage, TGPImage
        finally:
            sys.__stdin__ = stdin  # type: ignore[misc]
    return {"kitty": TGPImage, "sixel": SixelImage}[protocol], get_cell_size()
