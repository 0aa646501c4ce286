"""The jobs that ended today, this session's and those before it, as the log of the folder has them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from sdxl_tui.core.modes import TXT2IMG
from sdxl_tui.tui.kept import Kept
from sdxl_tui.tui.pace import Shape
from sdxl_tui.tui.pictured import Pictured, Record, of_record, outputs_of

if TYPE_CHECKING:  # SQLite waits until the screen is painted
    from sdxl_tui.core.index import Found
    from sdxl_tui.tui.job_finder import JobFinder

MOST = 1000
"""Jobs whose lines are held; all of them are counted."""
PAGE, FIRST = 200, 10
"""Lines that are read at once, and how many are looked at first where only a few can be new."""


@dataclass(frozen=True)
class TodayJobs:
    """What ended today."""

    shown: tuple[Pictured, ...] = ()
    """The newest of them, newest first; of each job its first picture."""
    jobs: int = 0
    pictures: int = 0
    kept: int = 0
    failed: int = 0
    cancelled: int = 0
    seconds: float = 0.0
    """For how long they kept the card busy, all together."""
    paces: dict[Shape, float] = field(default_factory=dict)
    """What a step of one picture took in the last job of each shape."""
    swatches: dict[Path, bytes] = field(default_factory=dict)
    """The micro pictures that are known of those that are shown."""

    def with_one_more(self, pictured: Pictured) -> TodayJobs:
        """The same with a job that ended after all of these."""
        record = pictured.record
        seconds = pictured.seconds or 0.0
        return replace(
            self,
            shown=(pictured, *self.shown[: MOST - 1]),
            jobs=self.jobs + 1,
            pictures=self.pictures + len(outputs_of(record)),
            failed=self.failed + (pictured.status == "failed"),
            cancelled=self.cancelled + (pictured.status in ("cancelled", "partial")),
            seconds=self.seconds + seconds,
            paces={**self.paces, **_pace_of(pictured)},
        )


class Today:
    """Reads the end of the log; what was read is not read again. Asked off the event loop."""

    def __init__(self, finder: JobFinder, kept: Kept) -> None:
        self._finder, self._kept = finder, kept
        self._lock = threading.Lock()
        self._day = ""
        self._newest: int | None = None
        """Id of the newest job that was read."""
        self._jobs = TodayJobs()
        self._names: list[str] = []
        """Of all pictures of today."""

    def read(self, day: date) -> TodayJobs:
        """Return what ended on this day, as far as the log is followed; raises UserError when it cannot be read."""
        with self._lock:
            index = self._finder.index
            if self._day != day.isoformat() or (self._newest is not None and not index.jobs([self._newest])):
                self._day, self._newest, self._jobs, self._names = day.isoformat(), None, TodayJobs(), []
            news = list(self._news())
            jobs = self._jobs
            for found in reversed(news):
                self._names += outputs_of(found.record)
                jobs = jobs.with_one_more(of_record(found.record, self._finder.folder)[0])
            if news:
                self._newest = news[0].id
                first = [pictured.path for pictured in jobs.shown[: len(news)] if pictured.path is not None]
                jobs = replace(jobs, swatches=index.swatches(first))
            self._jobs = replace(jobs, kept=self._kept.count(self._finder.folder, self._names))
            return self._jobs

    def _news(self) -> Iterator[Found]:
        """What ended today and was not read yet, newest first; a whole page without such a job ends it."""
        before: int | None = None
        count = PAGE if self._newest is None else FIRST
        while True:
            page = self._finder.index.search(before=before, count=count)
            news = [found for found in page if self._newest is None or found.id > self._newest]
            ended_today = [found for found in news if _ended_on(found.record).startswith(self._day)]
            yield from ended_today
            if len(news) < count or not ended_today:
                return
            before, count = page[-1].id, PAGE


def _ended_on(record: Record) -> str:
    """When a job ended, or else was asked for; with an offset it is this machine's time."""
    for key in ("finished", "timestamp"):
        value = record.get(key)
        if isinstance(value, str) and value:
            return value
    return ""


def _pace_of(pictured: Pictured) -> dict[Shape, float]:
    """What can be learnt of a job's time: a plain one that was done."""
    record, seconds = pictured.record, pictured.seconds
    numbers = [record.get(key) for key in ("steps", "batch_size", "width", "height")]
    if pictured.status != "done" or not seconds or record.get("mode") != TXT2IMG or record.get("hires"):
        return {}
    if not all(isinstance(number, int) and number > 0 for number in numbers):
        return {}
    steps, batch, width, height = (int(str(number)) for number in numbers)
    return {(pictured.text("model"), width, height): seconds / (steps * batch)}
