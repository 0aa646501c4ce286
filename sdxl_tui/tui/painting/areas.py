"""Which cells belong to pictures: those can wait, words cannot."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

Area = tuple[int, int, int, int]
"""Left, top, right and bottom; the last two are the first ones outside."""
BLOCKS = frozenset(map(chr, (0x20, *range(0x2580, 0x25A0), *range(0x1FB00, 0x1FBB0), *range(0x1CD00, 0x1CEC0))))
"""What pictures are made of: blanks, halves, quadrants, sextants, octants."""


class PictureAreas:
    """The cells of pictures, as spans of columns for each row."""

    def __init__(self, areas: Iterable[tuple[Area, bool]] = ()) -> None:
        """``areas`` from the back to the front, with whether each is a picture's; another covers what lies behind."""
        self._areas = tuple(areas)
        self._spans: dict[int, tuple[tuple[int, int], ...]] = {}
        self._columns: dict[int, frozenset[int]] = {}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PictureAreas) and self._areas == other._areas

    __hash__ = None  # type: ignore[assignment]

    @property
    def pictures(self) -> list[Area]:
        """Those of pictures."""
        return [area for area, is_picture in self._areas if is_picture]

    def spans(self, y: int) -> tuple[tuple[int, int], ...]:
        """First column and the one behind the last, of each run of picture cells in a row."""
        if y not in self._spans:
            spans: list[tuple[int, int]] = []
            for (left, top, right, bottom), is_picture in self._areas:
                if top <= y < bottom and left < right:
                    spans = [*_without(spans, left, right), *([(left, right)] if is_picture else [])]
            self._spans[y] = tuple(spans)
        return self._spans[y]

    def split(self, y: int, columns: Sequence[int], texts: Sequence[str | None]) -> tuple[list[int], list[int]]:
        """Columns of words, and columns of pictures; a word among pictures, as below a small one, is a word."""
        if y not in self._columns:
            self._columns[y] = frozenset(x for first, end in self.spans(y) for x in range(first, end))
        theirs = self._columns[y]
        pictures = [x for x in columns if x in theirs and texts[x] in BLOCKS] if theirs else []
        if not pictures:
            return list(columns), []
        others = set(pictures)
        return [x for x in columns if x not in others], pictures


def _without(spans: Iterable[tuple[int, int]], left: int, right: int) -> list[tuple[int, int]]:
    pieces = [piece for first, end in spans for piece in ((first, min(end, left)), (max(first, right), end))]
    return [(first, end) for first, end in pieces if first < end]
