"""What waits for the device, and what comes next of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from sdxl_tui.core.job import Job
from sdxl_tui.core.models import Model
from sdxl_tui.core.modes import TXT2IMG
from sdxl_tui.core.plans import QUICKEST
from sdxl_tui.core.settings import Settings
from sdxl_tui.engine.copies import model_key

MOST_OVERTAKEN = 8
"""Jobs that may run before one that has waited longer; then it comes next, whatever its model is."""


class PreloadImg2Img:
    """Work: ready the model in use for jobs that start from a picture."""


@dataclass(frozen=True)
class Turn:
    """Jobs that run now, in one pass."""

    jobs: tuple[Job, ...]
    overtaken: tuple[Job, ...] = ()
    """Jobs that have waited longer than any of them."""


@dataclass(eq=False)
class _Entry:
    item: Job | Model | PreloadImg2Img
    overtaken: int = 0
    is_alone: bool = False
    """It joins no other job."""


@dataclass
class Waiting:
    """First come, first served, unless the settings say otherwise; nothing overtakes a load that was asked for.

    ``fewest_switches``: jobs of the model in use come first. ``join_jobs``: jobs that differ in their words and seeds
    only run in one pass, up to ``join_pictures`` pictures.
    """

    settings: Settings
    _entries: list[_Entry] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, item: Job | Model | PreloadImg2Img) -> None:
        """Let it wait behind all others."""
        self._entries.append(_Entry(item))

    def put_back(self, jobs: list[Job], *, alone: bool) -> None:
        """Let jobs wait before all others, each to run alone if that is said."""
        self._entries[:0] = [_Entry(job, is_alone=alone) for job in jobs]

    def remove(self, item: Job | Model) -> None:
        """Let it wait no more."""
        self._entries = [entry for entry in self._entries if entry.item is not item]

    def job(self, job_id: str) -> Job | None:
        """The job with this id, if it waits."""
        return next((job for job in self._jobs() if job.id == job_id), None)

    def models(self) -> list[Model]:
        """The loads that wait."""
        return [entry.item for entry in self._entries if isinstance(entry.item, Model)]

    def clear(self) -> list[Job]:
        """Let nothing wait any more; return the jobs that did."""
        jobs = list(self._jobs())
        self._entries.clear()
        return jobs

    def in_order(self, in_use: Model | None) -> tuple[Job, ...]:
        """The jobs in the order in which they will run, as far as can be told now; ``in_use`` is the model that is."""
        if self.settings.fewest_switches == self.settings.join_jobs == "off":
            return tuple(self._jobs())
        copy = Waiting(self.settings, [replace(entry) for entry in self._entries])
        jobs: list[Job] = []
        while copy:
            turn = copy.take(in_use)
            if isinstance(turn, Turn):
                jobs += turn.jobs
                in_use = turn.jobs[0].request.model
            elif isinstance(turn, Model):
                in_use = turn
        return tuple(jobs)

    def take(self, in_use: Model | None) -> Turn | Model | PreloadImg2Img:
        """Let what comes next wait no more, and return it; there must be something."""
        first = self._entries[0]
        if not isinstance(first.item, Job):
            return self._entries.pop(0).item  # type: ignore[return-value]
        chosen = self._chosen(self._first(in_use))
        jobs = [entry.item for entry in chosen if isinstance(entry.item, Job)]
        before = self._entries[: self._entries.index(chosen[-1])]
        overtaken = [entry.item for entry in before if isinstance(entry.item, Job) and entry not in chosen]
        self._entries = [entry for entry in self._entries if entry not in chosen]
        return Turn(tuple(jobs), tuple(overtaken))

    def _jobs(self) -> Iterator[Job]:
        return (entry.item for entry in self._entries if isinstance(entry.item, Job))

    def _first(self, in_use: Model | None) -> _Entry:
        """The job that comes next."""
        oldest = self._entries[0]
        if self.settings.fewest_switches == "off" or in_use is None or oldest.overtaken >= MOST_OVERTAKEN:
            return oldest
        same = (entry for entry in self._ahead_of_loads() if _model(entry) == model_key(in_use))
        return next(same, oldest)

    def _chosen(self, first: _Entry) -> list[_Entry]:
        """The job that comes next and those that join it; who waited longer and is none of them was overtaken."""
        chosen: list[_Entry] = []
        passed: list[_Entry] = []
        pictures = 0
        for entry in self._ahead_of_loads():
            assert isinstance(entry.item, Job)
            count = entry.item.request.pictures
            if entry is first or (chosen and self._joins(first, entry) and pictures + count <= self._most_pictures):
                for other in passed:
                    other.overtaken += 1
                chosen.append(entry)
                pictures += count
            else:
                passed.append(entry)
            if chosen and any(other.overtaken >= MOST_OVERTAKEN for other in passed):
                break
        return chosen

    @property
    def _most_pictures(self) -> int:
        return self.settings.join_pictures if self.settings.join_jobs == "on" else 0

    def _joins(self, first: _Entry, other: _Entry) -> bool:
        key = _pass_key(first)
        return key is not None and key == _pass_key(other)

    def _ahead_of_loads(self) -> Iterator[_Entry]:
        """The jobs up to the first load that was asked for."""
        for entry in self._entries:
            if not isinstance(entry.item, Job):
                return
            yield entry


def _model(entry: _Entry) -> object:
    assert isinstance(entry.item, Job)
    return model_key(entry.item.request.model)


def _pass_key(entry: _Entry) -> object:
    """What jobs of one pass have in common; None: this one runs alone."""
    assert isinstance(entry.item, Job)
    request = entry.item.request
    if entry.is_alone or request.mode != TXT2IMG or request.hires is not None:
        return None
    if request.plan != QUICKEST or request.threaded:
        return None
    shape = (request.width, request.height, request.steps, request.guidance_scale)
    return (_model(entry), shape, request.scheduler, request.speed, request.loras)
