"""A text as the cells it takes: one character each, two cells for a wide one, zero-width ones joined to theirs."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from rich.cells import get_character_cell_size

try:
    from rich.cells import split_graphemes
except ImportError:  # Rich before 14.3 knows the width of single characters only.
    split_graphemes = None  # type: ignore[assignment]

PLACEHOLDER = "\U0010eeee"
SINGLE = {chr(code) for code in (*range(0x20, 0x7F), *range(0xA0, 0x300)) if code != 0xAD}
"""Characters that are known to take one cell each; more are added as they are met."""


def is_single(text: str) -> bool:
    """Whether each character of a text takes one cell: nearly every text, so this is to be quick."""
    if SINGLE.issuperset(text):
        return True
    strange = [character for character in set(text) - SINGLE if get_character_cell_size(character) != 1]
    if not strange and "\u200d" not in text and "\ufe0f" not in text:
        SINGLE.update(text)
        return True
    return False


def clusters(text: str) -> Iterator[tuple[str, int]]:
    """Yield what stands in one place, and the cells it takes: 0 belongs to what stands before it."""
    if split_graphemes is None:
        parts = [(character, get_character_cell_size(character)) for character in text]
    else:
        parts = [(text[first:end], cells) for first, end, cells in split_graphemes(text)[0]]
    for part, cells in parts:
        shown = "".join(character for character in part if unicodedata.category(character) != "Cc")
        if shown:
            yield shown, cells


def moves_alike(text: str) -> bool:
    """Whether every terminal goes on by the same number of cells after this: what is joined, and what is newer than
    many a terminal's tables, is measured in as many ways as there are terminals. The cells of kitty's pictures go only
    to terminals that know them."""
    return text[0] == PLACEHOLDER or (len(text) == 1 and not "\U0001f000" <= text <= "\U0001faff")
