"""Pictures in the terminal's own pixels, for kitty and sixel graphics. Reading and fitting is for worker threads."""

from __future__ import annotations

import fcntl
import io
import os
import struct
import sys
import termios
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # Pillow waits until there is a picture
    from PIL import Image

USUAL_CELL = (8, 16)
"""Pixels of a cell where nobody tells: a guess that is too large would spill over its cells."""
LARGEST_CELL = (32, 64)
THIN_PIXELS = 400
"""Longer side on a thin link."""
COLOURS = 256
"""Of a picture on a thin link: a third of the bytes."""


@dataclass(frozen=True)
class Fitted:
    """A picture as large as its place allows, and the cells it covers."""

    image: Image.Image
    columns: int
    rows: int


def cell_size(told: tuple[int, int] = (0, 0)) -> tuple[int, int]:
    """Return the pixels of a cell, across and down: as the kernel knows it, else as ``told``, else a usual size."""
    columns, rows, width, height = _window()
    found = (width // columns, height // rows) if columns and rows else (0, 0)
    for cell in (found, told):
        if all(3 <= side <= most for side, most in zip(cell, LARGEST_CELL, strict=True)):
            return cell
    return USUAL_CELL


def fitted(path: Path, columns: int, rows: int, cell: tuple[int, int], longest: int | None = None) -> Fitted:
    """Read a picture, and return it in RGB as large as the cells allow, without a stretch.

    ``longest``: pixels of its longer side at most; it covers the same cells then, for who scales it up again. Raises
    OSError and Pillow's own errors for what cannot be read.
    """
    from PIL import Image

    place = (columns * cell[0], rows * cell[1])
    with Image.open(path) as opened:
        scale = min(place[0] / opened.width, place[1] / opened.height)
        wide = max(1, min(place[0], round(opened.width * scale)))
        tall = max(1, min(place[1], round(opened.height * scale)))
        share = 1.0 if longest is None else min(1.0, longest / max(wide, tall))
        size = (max(1, round(wide * share)), max(1, round(tall * share)))
        image = opened.convert("RGB").resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    return Fitted(image, -(-wide // cell[0]), -(-tall // cell[1]))


def png_of(image: Image.Image, *, is_thin: bool) -> bytes:
    """Return a picture as PNG, in few colours for a thin link."""
    from PIL import Image

    if is_thin:
        image = image.quantize(COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.FLOYDSTEINBERG)
    data = io.BytesIO()
    image.save(data, "PNG", compress_level=6 if is_thin else 3)
    return data.getvalue()


def _window() -> tuple[int, int, int, int]:
    """Columns, rows, and their pixels across and down, of the terminal that Textual draws on; zeros: not told."""
    try:
        stream = sys.__stdout__
        number = 1 if stream is None else stream.fileno()
        if not os.isatty(number):
            return 0, 0, 0, 0
        lines, columns, width, height = struct.unpack("HHHH", fcntl.ioctl(number, termios.TIOCGWINSZ, bytes(8)))
    except (OSError, ValueError):
        return 0, 0, 0, 0
    return columns, lines, width, height
