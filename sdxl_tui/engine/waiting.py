"""What waits for the device, and what comes next of it."""

from __future__ import annotations

import time
from collections import Counter
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
NO_JOB, ALONE = -1, -1


class PreloadImg2Img:
    """Work: ready the model in use for jobs that start from a picture."""


@dataclass(frozen=True)
class Turn:
    """Jobs that run now, in one pass."""

    jobs: tuple[Job, ...]
    overtaken: tuple[Job, ...] = ()
    """Jobs that have waited longer than any of them."""


@dataclass(eq=False, slots=True)
class _Entry:
    item: Job | Model | PreloadImg2Img
    model: int = NO_JOB
    """A number for the job's model."""
    company: int = ALONE
    """A number for what jobs of one pass have in common; ALONE: it joins no other job."""
    pictures: int = 0
    position: float = 0.0
    """Of jobs: grows from each to the next."""
    overtaken: int = 0


@dataclass
class Waiting:
    """First come, first served, unless the settings say otherwise; nothing overtakes a load that was asked for.

    ``fewest_switches``: jobs of the model in use come first. ``join_jobs``: jobs that differ in their words and seeds
    only run in one pass, up to ``join_pictures`` pictures.
    """

    settings: Settings
    _entries: list[_Entry] = field(default_factory=list)
    _numbers: dict[object, int] = field(default_factory=dict)
    """Models, and what jobs of a pass have in common, as numbers: a thousand jobs are compared in no time."""
    _counts: Counter[int] = field(default_factory=Counter)
    """How many jobs have each number: nobody looks for one that is not there."""
    _fewest: dict[int, int] = field(default_factory=dict)
    """The fewest pictures that a job with that in common ever had: nobody looks for one that would not fit."""

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def has_load(self) -> bool:
        """Whether anything else than jobs waits."""
        return any(entry.model == NO_JOB for entry in self._entries)

    def add(self, item: Job | Model | PreloadImg2Img, before: str | None = None) -> list[Job]:
        """Let it wait behind all others, or before that job if it waits; return the jobs that have another position."""
        place = len(self._entries) if before is None else self._place(before)
        return self._insert(len(self._entries) if place is None else place, self._entry(item))

    def put_back(self, jobs: list[Job], *, alone: bool) -> list[Job]:
        """Let jobs wait before all others, each to run alone if that is said; return those of another position."""
        changed: list[Job] = []
        for job in reversed(jobs):
            changed += self._insert(0, self._entry(job, alone=alone))
        return changed

    def remove(self, item: Job | Model) -> None:
        """Let it wait no more."""
        self._take_out([place for place, entry in enumerate(self._entries) if entry.item is item])

    def replace(self, old: Job, new: Job) -> None:
        """Let a job wait in the place of another one."""
        place = self._place(old.id)
        assert place is not None, "it waits"
        position = self._entries[place].position
        self._take_out([place])
        self._entries.insert(place, self._counted(self._entry(new)))
        self._entries[place].position = position

    def move(self, job: Job, neighbour: Job, *, behind: bool) -> list[Job]:
        """Let a job wait right before another one, or behind it; return the jobs that have another position."""
        place = self._place(job.id)
        assert place is not None, "it waits"
        entry = self._entries[place]
        self._take_out([place])
        other = self._place(neighbour.id)
        assert other is not None, "it waits"
        return self._insert(other + behind, entry)

    def job(self, job_id: str) -> Job | None:
        """The job with this id, if it waits."""
        return next((job for job in self.jobs() if job.id == job_id), None)

    def jobs(self) -> Iterator[Job]:
        """The jobs as they came, or were moved."""
        return (entry.item for entry in self._entries if isinstance(entry.item, Job))

    def positions(self) -> dict[str, float]:
        """Where the jobs that wait stand, by their ids."""
        return {entry.item.id: entry.position for entry in self._entries if isinstance(entry.item, Job)}

    def models(self) -> list[Model]:
        """The loads that wait."""
        return [entry.item for entry in self._entries if isinstance(entry.item, Model)]

    def clear(self) -> list[Job]:
        """Let no job wait any more; return those that did."""
        jobs = list(self.jobs())
        self._entries = [entry for entry in self._entries if entry.model == NO_JOB]
        self._counts.clear()
        return jobs

    def in_order(self, in_use: Model | None) -> tuple[Job, ...]:
        """The jobs in the order in which they will run, as far as can be told now; ``in_use`` is the model that is."""
        if self.settings.fewest_switches == self.settings.join_jobs == "off":
            return tuple(self.jobs())
        entries = [replace(entry) for entry in self._entries]
        copy = Waiting(self.settings, entries, self._numbers, self._counts.copy(), self._fewest)
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
        if self._entries[0].model == NO_JOB:
            return self.take_load()
        chosen = self._chosen(self._first(in_use))
        overtaken = [self._entries[place].item for place in range(chosen[-1]) if place not in chosen]
        jobs = self._take_out(chosen)
        return Turn(
            tuple(item for item in jobs if isinstance(item, Job)),
            tuple(item for item in overtaken if isinstance(item, Job)),
        )

    def take_load(self) -> Model | PreloadImg2Img:
        """Let the first that is no job wait no more, and return it; there must be one."""
        place = next(place for place, entry in enumerate(self._entries) if entry.model == NO_JOB)
        [item] = self._take_out([place])
        assert not isinstance(item, Job)
        return item

    def _first(self, in_use: Model | None) -> int:
        """The place of the job that comes next."""
        if self.settings.fewest_switches == "off" or in_use is None or self._entries[0].overtaken >= MOST_OVERTAKEN:
            return 0
        model = self._number(model_key(in_use))
        if self._counts[model]:
            for place, entry in enumerate(self._entries):
                if entry.model == model:
                    return place
                if entry.model == NO_JOB:
                    break
        return 0

    def _chosen(self, first: int) -> list[int]:
        """The places of the job that comes next and of those that join it.

        Who waited longer than one of them and is none of them was overtaken.
        """
        head, chosen, passed = self._entries[first], [first], self._entries[:first]
        most = self.settings.join_pictures if self.settings.join_jobs == "on" else 0
        pictures, fewest = head.pictures, self._fewest.get(head.company, 0)
        left = 0 if head.company == ALONE else self._counts[head.company] - 1
        patience_ends = _overtake(passed)
        for place in range(first + 1, len(self._entries)):
            entry = self._entries[place]
            if not left or pictures + fewest > most or patience_ends or entry.model == NO_JOB:
                break
            left -= entry.company == head.company
            if entry.company == head.company and pictures + entry.pictures <= most:
                patience_ends = _overtake(passed)
                chosen.append(place)
                pictures += entry.pictures
            else:
                passed.append(entry)
                patience_ends = entry.overtaken >= MOST_OVERTAKEN
        return chosen

    def _place(self, job_id: str) -> int | None:
        """Where this job stands, if it waits."""
        for place, entry in enumerate(self._entries):
            if entry.model != NO_JOB and isinstance(entry.item, Job) and entry.item.id == job_id:
                return place
        return None

    def _entry(self, item: Job | Model | PreloadImg2Img, *, alone: bool = False) -> _Entry:
        if not isinstance(item, Job):
            return _Entry(item)
        company = None if alone else _pass_key(item)
        return _Entry(
            item,
            self._number(model_key(item.request.model)),
            ALONE if company is None else self._number(company),
            item.request.pictures,
        )

    def _number(self, key: object) -> int:
        return self._numbers.setdefault(key, len(self._numbers))

    def _counted(self, entry: _Entry) -> _Entry:
        if entry.model != NO_JOB:
            self._counts.update([entry.model] if entry.company == ALONE else [entry.model, entry.company])
            self._fewest[entry.company] = min(entry.pictures, self._fewest.get(entry.company, entry.pictures))
        return entry

    def _insert(self, place: int, entry: _Entry) -> list[Job]:
        """Put an entry there; its position lies between those of its neighbours."""
        self._entries.insert(place, self._counted(entry))
        if not isinstance(entry.item, Job):
            return []
        before = next((self._entries[n].position for n in range(place - 1, -1, -1) if self._is_job(n)), None)
        after = next((self._entries[n].position for n in range(place + 1, len(self._entries)) if self._is_job(n)), None)
        if after is None:
            entry.position = max(time.time(), 0.0 if before is None else before + 1)
        elif before is None:
            entry.position = after - 1
        else:
            entry.position = (before + after) / 2
            if not before < entry.position < after:
                return self._spread(before)
        return [entry.item]

    def _spread(self, start: float) -> list[Job]:
        """Give all jobs positions with room between them again."""
        changed = []
        for number, entry in enumerate(entry for entry in self._entries if entry.model != NO_JOB):
            entry.position = start + number
            changed.append(entry.item)
        return [item for item in changed if isinstance(item, Job)]

    def _is_job(self, place: int) -> bool:
        return self._entries[place].model != NO_JOB

    def _take_out(self, places: list[int]) -> list[Job | Model | PreloadImg2Img]:
        """Remove the entries at these places, which ascend, and return what waited there."""
        items = []
        for place in reversed(places):
            entry = self._entries.pop(place)
            if entry.model != NO_JOB:
                self._counts.subtract([entry.model] if entry.company == ALONE else [entry.model, entry.company])
            items.append(entry.item)
        return items[::-1]


def _overtake(passed: list[_Entry]) -> bool:
    """Somebody comes before these; return whether one of them has been overtaken often enough."""
    most = 0
    for entry in passed:
        entry.overtaken += 1
        most = max(most, entry.overtaken)
    return most >= MOST_OVERTAKEN


def _pass_key(job: Job) -> object:
    """What jobs of one pass have in common; None: this one runs alone."""
    request = job.request
    if request.mode != TXT2IMG or request.hires is not None:
        return None
    if request.plan != QUICKEST or request.threaded:
        return None
    shape = (request.width, request.height, request.steps, request.guidance_scale)
    return (model_key(request.model), shape, request.scheduler, request.speed, request.loras)
