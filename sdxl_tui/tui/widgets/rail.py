"""The third column of a wide window: the batch, and what was made earlier today."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content

from sdxl_tui.tui.lab_state import Painting
from sdxl_tui.tui.thumbs import Thumbs
from sdxl_tui.tui.widgets.batch_strip import BatchStrip
from sdxl_tui.tui.widgets.earlier_list import EarlierList

THUMB = (18, 9)


class BatchGrid(BatchStrip):
    """Two by two pictures of the batch, those around the one in view."""

    ROOM: ClassVar[int] = 4

    def render(self) -> Content:
        """A title, and two rows of two."""
        blocks = [self._block(painting) for painting in self._slots()]
        rows = [self.say(("this batch" if blocks else "", "label"))]
        for first in range(0, len(blocks), 2):
            pair = blocks[first : first + 2]
            rows += [Content.assemble(*halves) for halves in zip(*pair, strict=True)]
        return Content("\n").join(rows)

    def _slots(self) -> list[Painting]:
        shown, batch, _ = self._said
        if shown not in batch:
            return []
        first = max(0, min(batch.index(shown) // 2 * 2, len(batch) - self.ROOM + len(batch) % 2))
        return list(batch[first : first + self.ROOM])

    def _place(self, x: int, y: int) -> int:
        columns, rows = self._cells()
        return 2 * ((y - 1) // (rows + 1)) + (x >= columns + 2)

    def _cells(self) -> tuple[int, int]:
        return THUMB


class EarlierToday(EarlierList):
    """With more room for each."""

    SWATCH = (6, 2)
    GAP = 1
    TITLE = "earlier today"


class Rail(Vertical):
    """Batch above, earlier below."""

    def __init__(self, thumbs: Thumbs) -> None:
        super().__init__(id="rail")
        self.grid = BatchGrid(thumbs)
        self.earlier = EarlierToday(thumbs, id="today")

    def compose(self) -> ComposeResult:
        """From new to old."""
        yield self.grid
        yield self.earlier
