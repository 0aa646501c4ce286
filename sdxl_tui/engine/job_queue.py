"""The queue: what waits, in memory and on disk at once; whether it runs; what follows by itself."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sdxl_tui.core import job_record
from sdxl_tui.core.job import Job
from sdxl_tui.core.models import Model
from sdxl_tui.core.queue_store import RUNNING, WAITING, QueueStore, Row
from sdxl_tui.core.settings import Settings
from sdxl_tui.engine.burst import Burst
from sdxl_tui.engine.events import Event, JobQueued, Notice, QueueOrdered, QueuePaused, QueueProblem, QueueRuns
from sdxl_tui.engine.repeating import Repeating
from sdxl_tui.engine.saving import Ended
from sdxl_tui.engine.waiting import PreloadImg2Img, Turn, Waiting

_NONE: Mapping[str, Mapping[str, Any]] = {}


class JobQueue:
    """Loads and jobs on their way to the engine's thread. Any thread may call; ``changed`` is held meanwhile.

    With a store each change is on disk when the call returns. A job's row goes when its line is in jobs.log.
    """

    def __init__(
        self,
        settings: Settings,
        emit: Callable[[Event], None],
        in_use: Callable[[], Model | None],
        store: QueueStore | None,
    ) -> None:
        """``in_use``: the model that will be in use when what waits comes next."""
        self.changed = threading.Condition()
        self._settings, self._emit, self._in_use, self._store = settings, emit, in_use, store
        self._waiting = Waiting(settings)
        self._burst = Burst(emit)
        self._running: list[str] = []
        """Ids of the jobs that the engine's thread has."""
        self._repeating = Repeating()
        self._order: tuple[str, ...] = ()
        """Ids of the jobs that wait, as they were reported."""
        self._told = "", ""
        """What is wrong with the store, as it was reported."""
        self.paused: str | None = None
        """Why no job begins; None: the queue runs."""

    @property
    def is_lasting(self) -> bool:
        """Whether what waits outlives the engine."""
        return self._store is not None

    @property
    def problem(self) -> str:
        """Why what waits is not on disk, where it is meant to be."""
        return self._store.problem if self._store else ""

    @property
    def has_work(self) -> bool:
        """Whether there is something that may begin."""
        return bool(self._waiting) if self.paused is None else self._waiting.has_load

    @property
    def repeating(self) -> frozenset[str]:
        """Ids of the jobs, running or waiting, that go on until they are stopped."""
        return self._repeating.ids

    def in_order(self) -> tuple[Job, ...]:
        """The jobs that wait, in the order in which they will run."""
        return self._waiting.in_order(self._in_use())

    def use_settings(self, settings: Settings) -> None:
        """Take another order, and other habits, from now on."""
        with self.changed:
            self._settings = self._waiting.settings = settings
            self._tell_order(anew=True)

    # What the user asks for

    def add_load(self, item: Model | PreloadImg2Img) -> None:
        """Let a load wait behind all others."""
        with self.changed:
            self._waiting.add(item)
            self.changed.notify()

    def drop_loads(self) -> list[Model]:
        """Let no load of a model wait any more; return those that did."""
        with self.changed:
            models = self._waiting.models()
            for model in models:
                self._waiting.remove(model)
            return models

    def add(self, jobs: Sequence[Job], before: str | None = None, *, repeats: bool = False) -> None:
        """Let jobs wait, behind all others or before one; ``repeats``: another follows each as it begins."""
        with self.changed:
            moved = [other for job in jobs for other in self._waiting.add(job, before)]
            self._repeating.begin(job.id for job in jobs if repeats)
            self._save(moved, new=jobs)
            self._report(jobs, anew=before is not None)

    def replace(self, job: Job) -> bool:
        """Let a job wait in the place of the one that has its id; return False when that does not wait any more."""
        with self.changed:
            old = self._waiting.job(job.id)
            if old is None:
                return False
            self._waiting.replace(old, job)
            self._save(new=[job])
            self._tell_order()
            return True

    def move(self, job_id: str, by: int) -> bool:
        """Let a job that waits come so many places later, or earlier if it is negative; False: it is there already."""
        with self.changed:
            order = self.in_order()
            place = next((place for place, job in enumerate(order) if job.id == job_id), None)
            if place is None:
                return False
            target = min(max(place + by, 0), len(order) - 1)
            if target == place:
                return False
            self._save(self._waiting.move(order[place], order[target], behind=target > place))
            self._tell_order(anew=True)
            return True

    def remove(self, job_id: str) -> Job | None:
        """Let a job wait no more, and return it; its row goes when it is logged."""
        with self.changed:
            job = self._waiting.job(job_id)
            if job is not None:
                self._waiting.remove(job)
                self._repeating.drop([job_id])
            return job

    def end_repeating(self, job_id: str) -> Job | None:
        """Let nothing follow a job that runs or has run; return the one that waited to."""
        with self.changed:
            last = self._repeating.last_of(job_id)
            return None if last == job_id else self.remove(last)

    def withdraw(self, job_id: str) -> bool:
        """Let a job wait no more, as if it had never been queued; return False when it does not wait."""
        with self.changed:
            job = self.remove(job_id)
            if job is not None:
                self._burst.forget(job)
                self._forget([job_id])
            return job is not None

    def clear(self) -> list[Job]:
        """Let no job wait any more; return those that did. Loads go on."""
        with self.changed:
            jobs = self._waiting.clear()
            self._repeating.drop(job.id for job in jobs)
            return jobs

    def pause(self, reason: str = "") -> None:
        """Let no further job begin."""
        with self.changed:
            if self.paused != reason:
                self.paused = reason
                self._emit(QueuePaused(reason))

    def hold(self, reason: str) -> None:
        """Pause, so that what waits does not fail likewise: where somebody is there to let it run, and wants that."""
        with self.changed:
            if self.is_lasting and self._settings.hold_when_full == "on" and any(self._waiting.jobs()):
                self.pause(reason)

    def resume(self) -> None:
        """Let jobs begin."""
        with self.changed:
            if self.paused is not None:
                self.paused = None
                self._emit(QueueRuns())
                self.changed.notify()

    # What the engine's thread does

    def restore(self, jobs: Sequence[tuple[Job, Row]], reason: str) -> None:
        """Let jobs of an earlier start wait, before what was queued since; the queue is paused for that ``reason``."""
        with self.changed:
            self._tell_problem()
            known = {job.id for job in self._waiting.jobs()}
            restored = [(job, row) for job, row in jobs if job.id not in known]
            if not restored:
                return
            moved = self._waiting.put_back([job for job, _ in restored], alone=False)
            self._repeating.begin(job.id for job, row in restored if row.repeats)
            self._save(moved)
            self._report([job for job, _ in restored], are_new=True, anew=bool(known))
            self.pause(reason)

    def take(self) -> Turn | Model | PreloadImg2Img:
        """Let what comes next wait no more, and return it; there must be something that may begin."""
        with self.changed:
            if self.paused is not None:
                return self._waiting.take_load()
            turn = self._waiting.take(self._in_use())
            if isinstance(turn, Turn):
                self._running = [job.id for job in turn.jobs]
                self._save(changes={job_id: {"state": RUNNING} for job_id in self._running})
                self._tell_order()
            return turn

    def repeats(self, job: Job) -> bool:
        """Whether another job is to follow this one."""
        return job.id in self._repeating

    def follow(self, job: Job, follower: Job | None) -> None:
        """Let another job wait behind all others and repeat in the stead of this one, if that was not stopped since."""
        with self.changed:
            if job.id not in self._repeating:
                return
            self._repeating.follow(job.id, follower.id if follower else None)
            ended = {job.id: {"repeats": False}}
            if follower is None:
                self._save(changes=ended)
                return
            self._save(self._waiting.add(follower), new=[follower], changes=ended)
            self._report([follower], are_new=True)

    def put_back(self, jobs: Sequence[Job], *, alone: bool) -> None:
        """Let jobs that ran wait before all others, each to run alone if that is said."""
        with self.changed:
            self._running = [job_id for job_id in self._running if job_id not in {job.id for job in jobs}]
            self._save(self._waiting.put_back(list(jobs), alone=alone))

    def end_turn(self) -> None:
        """The engine's thread has no job any more."""
        with self.changed:
            self._running = []

    # What the saving thread does

    def take_ends(self, ended: Sequence[Ended]) -> list[Job]:
        """Let the rows of jobs go that are logged, and run the user's command once all have ended.

        Returns the jobs that were to follow one that failed: they wait no more.
        """
        with self.changed:
            dropped = [self.end_repeating(one.run.job.id) for one in ended if one.record["status"] == "failed"]
            for one in ended:
                self._repeating.forget(one.run.job.id)
            self._forget([one.run.job.id for one in ended if one.is_logged])
            if self.is_lasting:
                self._burst.end(ended, self._settings, is_paused=self.paused is not None)
            return [job for job in dropped if job is not None]

    def stop(self) -> list[Job]:
        """Let nothing begin any more; return the jobs that will not be there at the next start."""
        with self.changed:
            self._burst.is_closing = True
            self.changed.notify()
            return [] if self.is_lasting else self.clear()

    def close(self) -> None:
        """Let go of the store; what waits stays there."""
        with self.changed:
            if self._store:
                self._store.close()

    # What only this knows

    def _report(self, jobs: Sequence[Job], *, are_new: bool = False, anew: bool = False) -> None:
        """Say that jobs wait; ``are_new``: nobody who listens has seen them."""
        self._burst.begin(jobs)
        order = self.in_order()
        places = {job.id: place for place, job in enumerate(order, len(self._running))}
        for job in jobs:
            told = job if are_new else None
            self._emit(JobQueued(job.id, places[job.id], told, job.id in self._repeating))
        self._tell_order(order, anew=anew)
        self.changed.notify()

    def _save(
        self, moved: Iterable[Job] = (), new: Iterable[Job] = (), changes: Mapping[str, Mapping[str, Any]] = _NONE
    ) -> None:
        """Bring to disk what has changed: jobs at other positions, jobs that wait from now on, fields by job id."""
        if self._store is None:
            return
        places = self._waiting.positions()
        rows = [Row(job.id, places[job.id], WAITING, job.id in self._repeating, job_record.written(job)) for job in new]
        waiting = {job.id: {"position": places[job.id], "state": WAITING} for job in moved}
        self._store.save(rows, {**waiting, **changes})
        self._tell_problem()

    def _forget(self, job_ids: Sequence[str]) -> None:
        if self._store is not None:
            self._store.forget(job_ids)
            self._tell_problem()

    def _tell_problem(self) -> None:
        assert self._store is not None, "who asks has used it"
        (problem, remark), self._told = self._told, (self._store.problem, self._store.remark)
        if self._told[0] != problem:
            self._emit(QueueProblem(self._told[0]))
        if self._told[1] != remark:
            self._emit(Notice("", self._told[1]))

    def _tell_order(self, order: tuple[Job, ...] | None = None, *, anew: bool = False) -> None:
        """Report the order of what waits, where that is not the order in which it came, or ``anew`` is said."""
        if not anew and self._settings.fewest_switches == self._settings.join_jobs == "off":
            return
        job_ids = tuple(job.id for job in (self.in_order() if order is None else order))
        if job_ids != self._order:
            self._order = job_ids
            self._emit(QueueOrdered(job_ids))
