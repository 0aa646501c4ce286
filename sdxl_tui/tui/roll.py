"""Every job that was found, newest first; lines of the log are there only for those that somebody looks at."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

from sdxl_tui.core.text import one_line
from sdxl_tui.tui.pictured import Pictured

if TYPE_CHECKING:  # SQLite waits until the screen is painted
    from sdxl_tui.core.index import Found, Outline

HELD = 1500
"""Jobs whose lines are held."""


class Roll:
    """Its places count pictures, from 0; a job that made none takes one place."""

    def __init__(self, folder: Path, outline: Outline | None = None, *, is_whole: bool = True) -> None:
        self._folder = folder
        self._ids: Sequence[int] = outline.ids if outline else ()
        counts = outline.pictures if outline else ()
        self._starts = array("q", accumulate((max(1, count) for count in counts), initial=0))
        self._made = array("q", accumulate(counts, initial=0))
        self.days = outline.days if outline else []
        """Where another day begins: the day, and the number of its first job here."""
        self.is_whole = is_whole
        """Whether all that fits is here; else only the newest are, and the rest is still looked for."""
        self._lines: OrderedDict[int, list[Pictured]] = OrderedDict()

    @property
    def jobs(self) -> int:
        """How many there are."""
        return len(self._ids)

    @property
    def places(self) -> int:
        """How many pictures and jobs without one."""
        return self._starts[-1]

    @property
    def pictures(self) -> int:
        """How many pictures."""
        return self._made[-1]

    def job_at(self, place: int) -> int:
        """The number of the job that has this place."""
        return bisect_right(self._starts, place, hi=max(1, len(self._ids))) - 1

    def places_of(self, job: int) -> range:
        """The places of a job."""
        return range(self._starts[job], self._starts[job + 1])

    def pictured(self, place: int) -> Pictured | None:
        """What has this place; None: there is none, or its line is not read yet."""
        if not 0 <= place < self.places:
            return None
        job = self.job_at(place)
        lines = self._lines.get(self._ids[job])
        return None if not lines else lines[min(place - self._starts[job], len(lines) - 1)]

    def pictured_of(self, job: int) -> list[Pictured]:
        """The pictures of a job; none while its line is not read."""
        return self._lines.get(self._ids[job], [])

    def number_of(self, place: int) -> int:
        """Which picture it is, counted from 1 without the jobs that made none."""
        job = self.job_at(place)
        return self._made[job] + place - self._starts[job] + 1

    def day_of(self, job: int) -> int:
        """The number of the day that a job belongs to."""
        return bisect_right(self.days, job, key=lambda day: day[1]) - 1

    def key(self, place: int) -> tuple[int, int] | None:
        """What a place is known by in another roll: the job's id, and which of its pictures."""
        if not 0 <= place < self.places:
            return None
        job, pictured = self.job_at(place), self.pictured(place)
        return self._ids[job], 0 if pictured is None else pictured.index

    def place_of(self, key: tuple[int, int] | None) -> int | None:
        """The place that is known by a key; None: it is not among these."""
        if key is None:
            return None
        job = bisect_left(self._ids, -key[0], key=lambda known: -known)
        if job == len(self._ids) or self._ids[job] != key[0]:
            return None
        numbers = [pictured.index for pictured in self.pictured_of(job)]
        return self._starts[job] + (numbers.index(key[1]) if key[1] in numbers else 0)

    def find(self, pictured: Pictured) -> int | None:
        """The place of a picture, if its line is held."""
        for job_id, lines in self._lines.items():
            if pictured in lines:
                return self.place_of((job_id, pictured.index))
        return None

    def missing(self, jobs: range) -> list[int]:
        """The ids of those among these jobs whose lines are not held."""
        return [self._ids[job] for job in jobs if self._ids[job] not in self._lines]

    def take(self, found: Iterable[Found]) -> None:
        """Hold the lines of these jobs; of too many those that were taken first are let go."""
        for job in found:
            self._lines.pop(job.id, None)
            self._lines[job.id] = of_found(job, self._folder)
        while len(self._lines) > HELD:
            self._lines.popitem(last=False)

    def take_over(self, other: Roll) -> None:
        """Hold what another roll of the same search held, where it was not read anew."""
        self._lines = OrderedDict({**other._lines, **self._lines})

    def forget(self, job_ids: Iterable[int]) -> None:
        """Read these again when they are looked at."""
        for job_id in job_ids:
            self._lines.pop(job_id, None)


class RollOfOne(Roll):
    """The pictures of one job, all at hand."""

    def __init__(self, pictures: Sequence[Pictured]) -> None:
        super().__init__(Path())
        self._pictures = pictures
        self.days = [("", 0)]

    @property
    def jobs(self) -> int:
        """One."""
        return 1

    @property
    def places(self) -> int:
        """One for each picture."""
        return len(self._pictures)

    def job_at(self, place: int) -> int:
        """The one there is."""
        return 0

    def places_of(self, job: int) -> range:
        """All."""
        return range(self.places)

    def pictured(self, place: int) -> Pictured | None:
        """The picture; None: it is not made."""
        return self._pictures[place] if 0 <= place < self.places else None

    def missing(self, jobs: range) -> list[int]:
        """None: there is nothing to read."""
        return []


def of_found(found: Found, folder: Path) -> list[Pictured]:
    """The pictures of a job that fit; one without a path where it made none."""
    from sdxl_tui.core.index_rows import outputs_of

    job_id = one_line(str(found.record.get("job_id", "")))
    nothing = Pictured(None, found.record, 0, job_id)
    names = outputs_of(found.record)
    return [
        replace(nothing, path=folder / names[number], index=number, is_gone=number in found.gone)
        for number in found.pictures
        if number < len(names)
    ] or [nothing]
