"""Where cells stand in a list that has a heading above each day."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate, pairwise


class DayRows:
    """Rows of cells, each day beginning in a row of its own below its heading. Lines are rows of the screen."""

    def __init__(self, firsts: Sequence[int], cells: int, columns: int, cell_height: int, heading: int) -> None:
        """``firsts``: the first cell of each day, of ``cells`` in all; ``heading``: lines of one."""
        self._firsts = firsts
        self._cells, self._columns = cells, columns
        self._cell_height, self._heading = cell_height, heading
        ends = pairwise([*firsts, cells])
        self._rows = array("q", accumulate((-(-(end - first) // columns) for first, end in ends), initial=0))

    @property
    def rows(self) -> int:
        """How many rows of cells."""
        return self._rows[-1]

    @property
    def lines(self) -> int:
        """How many lines all of it takes."""
        return self.rows * self._cell_height + len(self._firsts) * self._heading

    def row_of(self, cell: int) -> int:
        """The row that a cell stands in."""
        day = bisect_right(self._firsts, cell) - 1
        return self._rows[day] + (cell - self._firsts[day]) // self._columns

    def cells_of(self, row: int) -> range:
        """The cells of a row."""
        day = self._day_of_row(row)
        first = self._firsts[day] + (row - self._rows[day]) * self._columns
        end = self._firsts[day + 1] if day + 1 < len(self._firsts) else self._cells
        return range(first, min(first + self._columns, end))

    def top_of(self, row: int, *, with_heading: bool = False) -> int:
        """The first line of a row; ``with_heading``: of the day's heading, where the row is the first below it."""
        day = self._day_of_row(row)
        top = row * self._cell_height + (day + 1) * self._heading
        return top - self._heading if with_heading and row == self._rows[day] else top

    def at_line(self, line: int) -> tuple[int | None, int, int]:
        """What a line shows: (row, day, line of the row); the row is None in a heading, and the line counts there."""
        day = bisect_right(range(len(self._firsts)), line, key=self._top_of_day) - 1
        below = line - self._top_of_day(day)
        if below < self._heading:
            return None, day, below
        row, within = divmod(below - self._heading, self._cell_height)
        return self._rows[day] + row, day, within

    def _top_of_day(self, day: int) -> int:
        return self._rows[day] * self._cell_height + day * self._heading

    def _day_of_row(self, row: int) -> int:
        return bisect_right(self._rows, row, hi=len(self._firsts)) - 1
