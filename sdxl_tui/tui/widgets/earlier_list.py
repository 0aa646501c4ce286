"""The jobs before the one in view, each with its colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.content import Content
from textual.events import Click
from textual.message import Message

from sdxl_tui.tui.history import Earlier
from sdxl_tui.tui.thumbs import Thumb, Thumbs
from sdxl_tui.tui.widgets.words import Words


class EarlierList(Words):
    """A title and as many jobs as fit: a swatch, the prompt, and when, by which model and from which seed."""

    SWATCH: ClassVar[tuple[int, int]] = (5, 2)
    GAP: ClassVar[int] = 0
    """Empty rows between two jobs."""
    TITLE: ClassVar[str] = "earlier"

    @dataclass
    class Pressed(Message):
        """A job was clicked."""

        job_id: str

    def __init__(self, thumbs: Thumbs, id: str = "earlier") -> None:
        super().__init__(id=id)
        self._thumbs = thumbs
        self._jobs: tuple[Earlier, ...] = ()

    def show(self, jobs: Sequence[Earlier]) -> None:
        """Show these from now on, the newest first."""
        room = tuple(jobs[: self._room()])
        if room != self._jobs:
            self._jobs = room
            self.refresh()

    def on_click(self, event: Click) -> None:
        """Show the job under the mouse."""
        row = (event.y - 1) // (2 + self.GAP)
        if event.y > 0 and row < len(self._jobs):
            self.post_message(self.Pressed(self._jobs[row].job_id))

    def render(self) -> Content:
        """Two rows a job."""
        if not self._jobs or not self._room():
            return Content("")
        rows = [self.say((self.TITLE, "label"))]
        columns, height = self.SWATCH
        for job in self._jobs[: self._room()]:
            cells = self._thumbs.rows(self, Thumb(job.picture, columns, height))
            blank = self.say(("▒" * columns, "track")) if cells == () else Content(" " * columns)
            words = (self.say((job.prompt, "soft")), self.say((f"{job.time}  {job.model}  {job.seed}", "muted")))
            for number, text in enumerate(words):
                swatch = cells[number] if cells else blank
                rows.append(self.between(Content.assemble(swatch, "  ", text), Content("")))
            rows += [Content("")] * self.GAP
        return Content("\n").join(rows)

    def _room(self) -> int:
        """Jobs that fit."""
        return max(0, self.size.height - 1 + self.GAP) // (2 + self.GAP)
