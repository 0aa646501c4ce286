"""Kitty's graphics in words: a picture's data in pieces, its deletion, and the cells that stand for it.

The cells are letters like any others (U+10EEEE, the picture's number as their colour, row and column as combining
marks), so what paints, covers and moves letters does the same to pictures. Each cell tells its own row and column:
any of them can be painted or covered alone.
https://sw.kovidgoyal.net/kitty/graphics-protocol/#unicode-placeholders
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

PLACEHOLDER = "\U0010eeee"
PIECE = 4096
"""Base64 letters in a piece, the most there may be."""
MOST_CELLS = 255
"""Columns or rows of a picture at most; there are marks for 297."""
LAST_ID = 0xFFFFFF
"""Of the numbers that fit in a colour."""

_RANGES = """
305 30d-30e 310 312 33d-33f 346 34a-34c 350-352 357 35b 363-36f 483-487 592-595 597-599 59c-5a1 5a8-5a9 5ab-5ac 5af
5c4 610-617 657-65b 65d-65e 6d6-6dc 6df-6e2 6e4 6e7-6e8 6eb-6ec 730 732-733 735-736 73a 73d 73f-741 743 745 747 749-74a
7eb-7f1 7f3 816-819 81b-823 825-827 829-82d 951 953-954 f82-f83 f86-f87 135d-135f 17dd 193a 1a17 1a75-1a7c 1b6b
1b6d-1b73 1cd0-1cd2 1cda-1cdb 1ce0 1dc0-1dc1 1dc3-1dc9 1dcb-1dcc 1dd1-1de6 1dfe 20d0-20d1 20d4-20d7 20db-20dc 20e1 20e7
20e9 20f0 2cef-2cf1 2de0-2dff a66f a67c-a67d a6f0-a6f1 a8e0-a8f1 aab0 aab2-aab3 aab7-aab8 aabe-aabf aac1 fe20-fe26
10a0f 10a38 1d185-1d189 1d1aa-1d1ad 1d242-1d244
"""


def _marks() -> Iterator[str]:
    for part in _RANGES.split():
        first, _, last = part.partition("-")
        yield from map(chr, range(int(first, 16), int(last or first, 16) + 1))


MARKS = "".join(_marks())
"""The combining mark of each number of a row or column, from 0."""


def transmission(id: int, columns: int, rows: int, png: bytes) -> list[str]:
    """Return the pieces that put a PNG into the terminal's store and say in how many cells it will be shown.

    The terminal fits it into them without a stretch. ``q=2``: it answers nothing, which would be read as key presses.
    """
    data = b64encode(png).decode()
    chunks = [data[start : start + PIECE] for start in range(0, len(data), PIECE)]
    last = len(chunks) - 1
    return [
        _command(f"a=T,U=1,i={id},c={columns},r={rows},f=100,t=d,q=2,m={int(last > 0)}", chunks[0]),
        *(_command(f"m={int(number < last)},q=2", chunk) for number, chunk in enumerate(chunks[1:], 1)),
    ]


def closing() -> str:
    """Return the piece that ends a picture in the middle: what is there of it is no picture, and is deleted."""
    return _command("m=0,q=2", "")


def deletion(id: int) -> str:
    """Return what takes a picture and its data out of the terminal's store; capital I: the data too."""
    return _command(f"a=d,d=I,i={id},q=2")


def placeholders(id: int, columns: int, rows: int, mat: Style) -> list[Strip]:
    """Return the rows of cells that show a picture; a segment a cell, so that no cut falls between a cell's marks."""
    if not (0 < columns <= MOST_CELLS and 0 < rows <= MOST_CELLS and 0 < id <= LAST_ID):
        raise ValueError(f"picture {id} in {columns}x{rows} cells")
    style = mat + Style(color=Color.from_rgb(id >> 16, id >> 8 & 255, id & 255))
    return [
        Strip([Segment(PLACEHOLDER + MARKS[row] + MARKS[column], style) for column in range(columns)], columns)
        for row in range(rows)
    ]


def _command(control: str, payload: str = "") -> str:
    return f"\x1b_G{control}{';' if payload else ''}{payload}\x1b\\"
