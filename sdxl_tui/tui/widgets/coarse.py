"""Previews in few bytes: as much of them as a number of bytes has room for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.color import Color
from textual.strip import Strip

from sdxl_tui.tui.widgets.cells import cells_of
from sdxl_tui.tui.widgets.frugal import LADDER
from sdxl_tui.tui.widgets.grains import EMPTY, FULL

if TYPE_CHECKING:  # Pillow waits until there is a picture
    from PIL import Image

TO_A_ROW = 9
"""Bytes to the beginning of a row, at most."""
AROUND, BETWEEN = 3, 1
"""Bytes of a change of colours beside the colours: escape, bracket and ``m``; a semicolon."""


def coarse(preview: Image.Image, columns: int, rows: int, most: int) -> list[Strip]:
    """Return a preview as strips that fit into the given cells and take ``most`` bytes, if they can."""
    drawn: list[Strip] = []
    for frugal in LADDER:
        drawn = cells_of(preview, columns, rows, frugal)
        if cost(drawn) <= most:
            break
    return drawn


def cost(strips: Iterable[Strip]) -> int:
    """Count the bytes of a picture where only what changes from cell to cell is sent."""
    count = 0
    fore: Color | None = None
    back: Color | None = None
    for strip in strips:
        count += TO_A_ROW
        for segment in strip:
            count += len(segment.text.encode())
            style, signs = segment.style, set(segment.text)
            if style is None:
                continue
            codes = []
            if style.color != fore and signs != {EMPTY}:
                fore = style.color
                codes.append(_bytes_of(fore, foreground=True))
            if style.bgcolor != back and signs != {FULL}:
                back = style.bgcolor
                codes.append(_bytes_of(back, foreground=False))
            count += sum(codes) + AROUND + BETWEEN * (len(codes) - 1) if codes else 0
    return count


def _bytes_of(colour: Color | None, *, foreground: bool) -> int:
    codes = colour.get_ansi_codes(foreground=foreground) if colour else ("39",)
    return sum(map(len, codes)) + len(codes) - 1
