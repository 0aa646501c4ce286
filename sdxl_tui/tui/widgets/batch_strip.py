"""The pictures of the job in view, small, beside the large one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.content import Content
from textual.events import Click
from textual.message import Message

from sdxl_tui.tui.lab_state import Painting
from sdxl_tui.tui.thumbs import Thumb, Thumbs
from sdxl_tui.tui.widgets.focus_bar import HALF
from sdxl_tui.tui.widgets.words import Words

UPRIGHT = (10, 5)
LYING = (10, 4)
"""Cells of a thumb: beside the picture, and below a landscape."""


class BatchStrip(Words):
    """The batch with the picture in view marked; after it the newest picture of each other job, while there is room.

    So what comes in while an older picture is looked at is seen here, and takes nobody's place.
    """

    IS_PICTURE = True

    @dataclass
    class Pressed(Message):
        """A thumb was clicked."""

        painting: Painting

    def __init__(self, thumbs: Thumbs) -> None:
        super().__init__()
        self._thumbs = thumbs
        self._said: tuple[Painting | None, tuple[Painting, ...], tuple[Painting, ...]] = (None, (), ())

    def show(self, shown: Painting | None, paintings: Sequence[Painting]) -> None:
        """Show the batch of this picture from now on."""
        batch = tuple(painting for painting in paintings if shown and painting.job.id == shown.job.id)
        others = {painting.job.id: painting for painting in paintings if shown and painting.job.id != shown.job.id}
        said = (shown, batch, tuple(reversed(others.values())))
        if said != self._said:
            self._said = said
            self.refresh()

    @property
    def is_lying(self) -> bool:
        """Whether the thumbs lie side by side."""
        return self.size.width > self.size.height * 2

    def on_click(self, event: Click) -> None:
        """Show the picture under the mouse."""
        event.stop()
        place, slots = self._place(event.x, event.y), self._slots()
        if 0 <= place < len(slots):
            self.post_message(self.Pressed(slots[place]))

    def render(self) -> Content:
        """Thumbs, a caption below each."""
        blocks = [self._block(painting) for painting in self._slots()]
        if not self.is_lying:
            return Content("\n").join([row for block in blocks for row in block])
        return Content("\n").join([Content.assemble(*rows) for rows in zip(*blocks, strict=True)])

    def _block(self, painting: Painting) -> list[Content]:
        """One thumb with its mark and its caption, in cells that do not change with the picture's shape."""
        shown, batch, _ = self._said
        columns, rows = self._cells()
        mark = self.say((HALF, "accent")) if painting is shown else Content(" ")
        drawn = self._thumbs.rows(self, Thumb(painting.path, columns, rows, filled=False))
        waiting = self.say(("▒▒▒" if drawn == () else "", "track"))
        lines = list(drawn or [waiting])
        lines += [Content("")] * (rows - len(lines))
        number = str(painting.index + 1) if painting in batch else painting.job.timestamp[11:16]
        lines.append(self.say((number, "strong" if painting is shown else "muted")))
        width = columns + 1
        return [Content.assemble(mark, line, " " * max(0, width - line.cell_length)) for line in lines]

    def _slots(self) -> list[Painting]:
        """The pictures that fit: those of the batch around the one in view, the last place for the newest other."""
        shown, batch, others = self._said
        columns, rows = self._cells()
        room = self.size.width // (columns + 2) if self.is_lying else self.size.height // (rows + 1)
        if shown not in batch or room <= 0:
            return []
        for_batch = room - 1 if others and len(batch) >= room > 1 else room
        first = max(0, min(batch.index(shown) - for_batch // 2, len(batch) - for_batch))
        taken = batch[first : first + for_batch]
        return [*taken, *others[: room - len(taken)]]

    def _place(self, x: int, y: int) -> int:
        """The number of the thumb at a cell."""
        columns, rows = self._cells()
        return x // (columns + 2) if self.is_lying else y // (rows + 1)

    def _cells(self) -> tuple[int, int]:
        return LYING if self.is_lying else UPRIGHT
