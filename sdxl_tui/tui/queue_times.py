"""When the jobs that wait will run: reckoned once for each change of the queue, not for each row and key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sdxl_tui.core.job import Job
from sdxl_tui.tui.lab_state import LabState

SLACK = timedelta(seconds=40)
"""How far a new estimate may lie from the minute that is shown before another one is."""


@dataclass(frozen=True)
class Span:
    """Seconds from the end of what runs now."""

    start: float
    end: float


@dataclass(frozen=True)
class Sums:
    """All that waits, taken together."""

    pictures: int = 0
    switches: int = 0
    """How often another model is put in use."""
    switch_seconds: float = 0.0
    """What those take, as far as it is known."""
    seconds: float | None = 0.0
    """From the end of what runs now to the end of it all; None: nobody knows."""


class QueueTimes:
    """Asks the state; every figure is an estimate from the jobs before."""

    def __init__(self, state: LabState, now: Callable[[], datetime] = datetime.now) -> None:
        self._state = state
        self.now = now
        """What time it is."""
        self._reckoned: tuple[int, int, str] | None = None
        self._spans: dict[str, Span] = {}
        self._sums = Sums()
        self._efforts: dict[str, tuple[Job, float]] = {}
        """By the ids of the jobs that wait, in steps of one picture."""
        self._shown: datetime | None = None

    @property
    def sums(self) -> Sums:
        """Of all that waits."""
        self._reckon()
        return self._sums

    def span(self, job_id: str) -> Span | None:
        """When a job that waits begins and ends; None: nobody knows."""
        self._reckon()
        return self._spans.get(job_id)

    def seconds(self, job: Job) -> float | None:
        """How long a job takes, without a load of its model; None: nobody knows."""
        request = job.request
        pace = self._state.pace.likely((request.model.id, request.width, request.height))
        return None if pace is None else pace * self._effort(job)

    def left(self) -> float | None:
        """Seconds until what runs now has ended; None: nobody knows."""
        state = self._state
        if state.running is None:
            return 0.0
        if state.step is not None:
            return state.step.eta
        job = state.jobs.get(state.running)
        seconds = None if job is None else self.seconds(job)
        if seconds is None:
            return None
        loading = state.loading
        wait = 0.0 if loading is None or loading.expected is None else loading.expected - loading.elapsed
        return seconds + max(0.0, wait)

    def at(self, seconds: float) -> datetime:
        """The time of day, so many seconds after the end of what runs now."""
        return self.now() + timedelta(seconds=seconds + (self.left() or 0.0))

    def all_done(self) -> str:
        """When everything is done, as ``14:21``; empty where nothing runs on, or nobody knows.

        It stays while a new estimate is near it, so that it does not go to and fro between two minutes.
        """
        state, left, seconds = self._state, self.left(), self.sums.seconds
        runs = state.running is not None or bool(state.waiting)
        if not runs or left is None or seconds is None or (state.paused is not None and state.waiting):
            self._shown = None
            return ""
        done = self.now() + timedelta(seconds=left + seconds)
        if self._shown is None or abs(done - self._shown) > SLACK:
            self._shown = done.replace(second=30, microsecond=0)
        return f"{self._shown:%H:%M}"

    def _effort(self, job: Job) -> float:
        known = self._efforts.get(job.id)
        return known[1] if known is not None and known[0] is job else job.request.effort(job.request.denoising_steps)

    def _reckon(self) -> None:
        state = self._state
        ahead = state.jobs.get(state.running) if state.running else None
        model = state.model if ahead is None else ahead.request.model.id
        now = (state.queue_changes, state.pace.changes, model)
        if now == self._reckoned:
            return
        self._reckoned = now
        self._spans, efforts = {}, {}
        pictures, switches, switch_seconds = 0, 0, 0.0
        end: float | None = 0.0
        for job_id in state.waiting:
            job = state.jobs.get(job_id)
            if job is None:
                continue
            pictures += job.request.pictures
            efforts[job_id] = job, self._effort(job)
            wait = 0.0
            if job.request.model.id != model:
                model = job.request.model.id
                wait = self._switch(model)
                switches, switch_seconds = switches + 1, switch_seconds + wait
            seconds = self.seconds(job)
            if end is not None and seconds is not None:
                self._spans[job_id] = Span(end + wait, end + wait + seconds)
                end = self._spans[job_id].end
            else:
                end = None
        self._efforts = efforts
        self._sums = Sums(pictures, switches, switch_seconds, end)

    def _switch(self, model: str) -> float:
        state = self._state
        tier = state.copies.tiers.get(model)
        if tier is not None and tier in state.switch_seconds:
            return state.switch_seconds[tier]
        return state.load_seconds.get(model, 0.0)
