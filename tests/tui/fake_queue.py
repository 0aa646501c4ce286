"""The queue of the fake engine: it waits and is changed as the real one's; the test says what runs and ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from sdxl_tui.core.job import Job
from sdxl_tui.core.request import GenerationRequest
from sdxl_tui.core.settings import Settings
from sdxl_tui.engine import Event, JobCancelled, JobQueued, JobStarted, QueueOrdered, QueuePaused, QueueRuns


class FakeQueue:
    """Mix-in of the fake engine."""

    settings: Settings
    emit: Callable[[Event], None]

    def __init__(self) -> None:
        self.jobs: list[Job] = []
        """All that were queued, in the order in which they came."""
        self.waiting: list[Job] = []
        self.repeating: set[str] = set()
        self.running: Job | None = None
        self.cancelled: list[str] = []
        self.paused: str | None = None
        self.stops_after_picture = 0

    def new_job(self, request: GenerationRequest) -> Job:
        raise NotImplementedError

    def submit(self, request: GenerationRequest, *, before: str | None = None) -> Job:
        job = self.new_job(request)
        self._wait(job, before=before)
        return job

    def submit_all(self, requests: Sequence[GenerationRequest]) -> list[Job]:
        return [self.submit(request) for request in requests]

    def submit_job(self, job: Job) -> Job:
        self._wait(job)
        return job

    def repeat(self, request: GenerationRequest) -> Job:
        job = self.new_job(request)
        self._wait(job, repeats=True)
        return job

    def replace(self, job_id: str, request: GenerationRequest) -> Job | None:
        place = self._place(job_id)
        if place is None:
            return None
        made = self.new_job(request)
        self.waiting[place] = job = replace(made, id=job_id, timestamp=self.waiting[place].timestamp)
        self.jobs = [job if other.id == job_id else other for other in self.jobs]
        return job

    def move(self, job_id: str, by: int) -> bool:
        place = self._place(job_id)
        if place is None:
            return False
        to = max(0, min(place + by, len(self.waiting) - 1))
        self.waiting.insert(to, self.waiting.pop(place))
        self._tell_order()
        return to != place

    def cancel(self, job_id: str) -> bool:
        self.cancelled.append(job_id)
        place = self._place(job_id)
        if place is None:
            return self.running is not None and self.running.id == job_id
        self.waiting.pop(place)
        self.repeating.discard(job_id)
        self.emit(JobCancelled(job_id, 0, {"outputs": []}))
        return True

    def clear_waiting(self) -> int:
        ids = [job.id for job in self.waiting]
        for job_id in ids:
            self.cancel(job_id)
        return len(ids)

    def stop_after_picture(self) -> bool:
        self.stops_after_picture += self.running is not None
        return self.running is not None

    def pause(self) -> None:
        self.let_pause("")

    def resume(self) -> None:
        self.paused = None
        self.emit(QueueRuns())

    # What the test lets happen

    def let_pause(self, reason: str) -> None:
        """Report that the queue is paused."""
        self.paused = reason
        self.emit(QueuePaused(reason))

    def let_restore(self, job: Job) -> None:
        """Report a job that waited when the lab ended last."""
        self._wait(job, is_known=False)

    def let_start(self, job: Job) -> None:
        """Report that a job runs; of a repeated one the next one waits from then on."""
        self.waiting = [other for other in self.waiting if other.id != job.id]
        self.running = job
        self.emit(JobStarted(job.id, job.request.steps))
        if job.id in self.repeating:
            self._wait(self.new_job(replace(job.request, seed=None)), repeats=True, is_known=False)

    def _wait(self, job: Job, *, before: str | None = None, repeats: bool = False, is_known: bool = True) -> None:
        place = self._place(before)
        ahead = len(self.waiting) if place is None else place
        self.waiting.insert(ahead, job)
        self.jobs.append(job)
        if repeats:
            self.repeating.add(job.id)
        self.emit(JobQueued(job.id, ahead + (self.running is not None), None if is_known else job, repeats))
        if place is not None:
            self._tell_order()

    def _place(self, job_id: str | None) -> int | None:
        return next((place for place, job in enumerate(self.waiting) if job.id == job_id), None)

    def _tell_order(self) -> None:
        self.emit(QueueOrdered(tuple(job.id for job in self.waiting)))
