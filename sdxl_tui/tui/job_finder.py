"""What the gallery asks of the index; all of it takes its time, so it runs off the event loop."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING

from sdxl_tui.core import joblog
from sdxl_tui.tui.roll import Roll

if TYPE_CHECKING:  # SQLite waits until the screen is painted
    from sdxl_tui.core.index import Found, Index
    from sdxl_tui.core.query import Query
    from sdxl_tui.core.store import Marks

Swatches = dict[Path, bytes]
"""Micro pictures, by their pictures."""

FIRST = 60
"""Jobs that are shown before all that fit are counted."""
REST = 0.05
"""Seconds in which the first rows are painted, and the next letter may come, before all that fit are counted."""
NEWEST = 10
"""Jobs of a log that has grown whose lines are read with the answer."""
TELL = 0.3
"""Seconds between two reports while a long log is read."""


class Left(Exception):
    """Nobody waits any more."""


class JobFinder:
    """The index of one folder. The latest question wins: an older one ends as soon as there is a newer."""

    def __init__(self, folder: Path, marks: Callable[[], Marks]) -> None:
        self.folder = folder
        self._marks = marks
        self._index: Index | None = None
        self._lock = threading.Lock()
        self._question = 0
        self._stamp: tuple[int, int, int] | None = None

    @property
    def index(self) -> Index:
        """The index, made by whoever asks first."""
        from sdxl_tui.core.index import Index

        with self._lock:
            if self._index is None:
                self._index = Index(self.folder, self._marks())
            return self._index

    def next_question(self) -> int:
        """Number a question; those before it are over."""
        self._question += 1
        return self._question

    def is_over(self, question: int) -> bool:
        """Whether there is a newer one."""
        return question != self._question

    def rolls(self, query: Query, question: int, *, first: bool) -> Iterator[tuple[Roll, Swatches]]:
        """Find what fits: the newest jobs at once (only where ``first``), then all of them.

        With each roll come the micro pictures of those jobs whose lines were read with it.
        """
        from sdxl_tui.core.index import Outline

        if self.is_over(question):
            return
        if first:
            found = self.index.search(query, count=FIRST)
            roll = Roll(self.folder, Outline.of(found), is_whole=len(found) < FIRST)
            found, swatches = self._examined(found, query)
            roll.take(found)
            yield roll, swatches
            if roll.is_whole:
                return
            sleep(REST)
        outline = self.index.outline(query, lambda: self.is_over(question))
        if outline is not None:
            roll = Roll(self.folder, outline)
            found, swatches = ([], {}) if first else self.read(outline.ids[:NEWEST], query)
            roll.take(found)
            yield roll, swatches

    def read(self, ids: Sequence[int], query: Query) -> tuple[list[Found], Swatches]:
        """Return lines of the log and the micro pictures that are known; what is gone from the disk is noted."""
        return self._examined(self.index.jobs(ids, query), query)

    def keep_swatches(self, swatches: dict[Path, bytes]) -> None:
        """Keep micro pictures for the next start."""
        self.index.keep_swatches(swatches)

    def pictures(self) -> int:
        """How many pictures the log has."""
        return self.index.totals().pictures

    def follow(self, is_left: Callable[[], bool], tell: Callable[[float], object]) -> bool:
        """Take in what is new in the log; return whether anything changed. Raises UserError when it cannot be read."""
        last = 0.0

        def told(share: float) -> None:
            nonlocal last
            if is_left():
                raise Left
            if share < 1 and monotonic() - last >= TELL:
                last = monotonic()
                tell(share)

        self._stamp = self._stamp_now()
        try:
            return self.index.follow(told)
        except Left:
            return False

    def has_grown(self) -> bool:
        """Whether the log is another one than when it was followed last."""
        return self._stamp_now() != self._stamp

    def _examined(self, found: list[Found], query: Query) -> tuple[list[Found], Swatches]:
        from sdxl_tui.core.index_rows import outputs_of

        if self.index.look(found):
            found = self.index.jobs([job.id for job in found], query)
        firsts = [self.folder / outputs_of(job.record)[job.pictures[0]] for job in found if job.pictures]
        return found, self.index.swatches(firsts)

    def _stamp_now(self) -> tuple[int, int, int] | None:
        try:
            state = (self.folder / joblog.NAME).stat()
        except OSError:
            return None
        return state.st_ino, state.st_size, state.st_mtime_ns
