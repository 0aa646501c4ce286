"""A row of a list in sections: its mark, its swatch, and the words of both ends in the cells there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from textual.strip import Strip

from sdxl_tui.tui.widgets.words import Part

LEAD = 5
"""Cells of the bar and of a row's mark."""
SWATCH = 3


@dataclass(frozen=True)
class Row:
    """What a row says: its mark, the words of both ends, and the swatch between mark and words."""

    left: tuple[Part, ...]
    right: tuple[Part, ...] = ()
    mark: Part = ("", "")
    swatch: Strip | None = None
    """Drawn in SWATCH cells; None: it has none yet."""
    right_cells: int = 0
    """Cells kept for the right end: where only that changes, nothing else is painted."""


def line_of(row: Row, width: int) -> list[Part]:
    """The words of both ends in exactly so many cells; the left one gives way.

    Spaces are part of the words beside them: each part costs forty bytes whenever its row is painted.
    """
    right = _spaced(row.right, 1)
    end = _cells(right)
    room = max(0, width - max(row.right_cells, end) - 1)
    left = [(f"  {row.left[0][0]}", row.left[0][1]), *row.left[1:]] if row.left else [("", "")]
    if _cells(left) > room:
        left = _cut(left, room)
    return [*_spaced(left, width - end - _cells(left)), *right]


def _cut(parts: Sequence[Part], room: int) -> list[Part]:
    """The parts in so many cells, an ellipsis at their end."""
    kept: list[Part] = []
    for text, kind in parts:
        cells = cell_len(text)
        if cells >= room:
            return [*kept, (f"{set_cell_size(text, max(0, room - 1))}…", kind)]
        kept.append((text, kind))
        room -= cells
    return kept


def _cells(parts: Sequence[Part]) -> int:
    return sum(cell_len(text) for text, _ in parts)


def _spaced(parts: Sequence[Part], cells: int) -> list[Part]:
    """The parts with so many spaces behind them, in the last one."""
    return [*parts[:-1], (parts[-1][0] + " " * cells, parts[-1][1])] if parts else []


def lit(parts: Sequence[Part]) -> list[Part]:
    """The parts as they are readable on the selected row."""
    return [(text, {"muted": "soft", "label": "soft"}.get(kind, kind)) for text, kind in parts]
