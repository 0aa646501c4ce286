"""The engine as those see it who ask something of it: orders are taken on any thread, and done by the engine's own."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

from sdxl_tui.core import variants
from sdxl_tui.core.job import Job, queued
from sdxl_tui.core.loras import LoraLibrary, lora_folders, with_loras
from sdxl_tui.core.models import Model
from sdxl_tui.core.queue_store import QueueStore
from sdxl_tui.core.request import GenerationRequest
from sdxl_tui.core.settings import Settings
from sdxl_tui.engine import events
from sdxl_tui.engine.job_queue import JobQueue
from sdxl_tui.engine.loads import Loads
from sdxl_tui.engine.residency import Residency
from sdxl_tui.engine.run import Group, Run, sentence
from sdxl_tui.engine.saving import Ended, Saver
from sdxl_tui.engine.waiting import PreloadImg2Img

log = logging.getLogger(__name__)


class Orders:
    """Loads and jobs that are asked for, and the queue in which they wait. Any thread may call."""

    def __init__(
        self, settings: Settings, emit: Callable[[events.Event], None], residency: Residency, store: QueueStore | None
    ) -> None:
        self._settings, self._emit, self._residency = settings, emit, residency
        self._queue = JobQueue(settings, emit, self._next_in_use, store)
        self._changed = self._queue.changed
        self._loads = Loads(emit, residency, lambda: self._closing)
        self._loras = LoraLibrary(lora_folders(settings.lora_dir))
        self._saver = Saver(emit, ended=self._take_ends, refused=self._hold_for_the_disk)
        self._group: Group | None = None
        """The jobs that run."""
        self._stopped: set[str] = set()
        self._ending_early: set[str] = set()
        self._announced: Model | None = None
        """What was asked for last, until the engine is ready for it."""
        self._is_restored = store is None
        self._starting = True
        self._closing = False

    def load(self, model: Model) -> None:
        """Put ``model`` in use after what is queued before it; at once while the queue is paused."""
        with self._changed:
            self._announce(model)
            self._queue.add_load(model)

    def preload_img2img(self) -> None:
        """Ready the model that is in use then for jobs that start from a picture, after what is queued before it."""
        self._queue.add_load(PreloadImg2Img())

    def stop_loading(self) -> bool:
        """Stop every load that was asked for by ``load``, under way or waiting; return False when there is none.

        A load under way ends at its next report. One that a job asked for is stopped with its job.
        """
        with self._changed:
            waiting = self._queue.drop_loads()
            for model in waiting:
                self._loads.report_stopped(model)
            return self._loads.stop() or bool(waiting)

    def submit(self, request: GenerationRequest, *, before: str | None = None) -> Job:
        """Queue a request, behind all others or before a job that waits; its model is loaded if another one is in use.

        In a lab the job is on disk when this returns; where that cannot be, QueueProblem says so. Raises UserError when
        a LoRA that it names is not there, or is made for another model.
        """
        return self._add([self._job(request)], before)[0]

    def submit_all(self, requests: Sequence[GenerationRequest]) -> list[Job]:
        """Queue several requests, all of them or, when one raises UserError as in ``submit``, none."""
        return self._add([self._job(request) for request in requests])

    def submit_job(self, job: Job) -> Job:
        """Queue a job that has an id of its own, and whose LoRAs were found; return it."""
        return self._add([job])[0]

    def repeat(self, request: GenerationRequest) -> Job:
        """Queue a request that goes on until it is stopped; raises what ``submit`` does.

        Whenever such a job begins, the next one, with a seed that is drawn anew, waits behind all others. Cancelling
        either ends it, and so does a job of them that fails.
        """
        return self._add([self._job(request)], repeats=True)[0]

    def replace(self, job_id: str, request: GenerationRequest) -> Job | None:
        """Let a job that waits become another one, with its id and in its place; None: it does not wait any more.

        Raises what ``submit`` does; the job is then as it was.
        """
        waiting = next((job for job in self._queue.in_order() if job.id == job_id), None)
        if waiting is None:
            return None
        job = replace(self._job(request), id=job_id, timestamp=waiting.timestamp)
        return job if self._queue.replace(job) else None

    def move(self, job_id: str, by: int) -> bool:
        """Let a job that waits run so many places later (below 0: earlier); False: it does not wait, or is there."""
        return self._queue.move(job_id, by)

    def cancel(self, job_id: str) -> bool:
        """Stop this job, waiting or between two of its steps; return False when it is neither.

        A job whose pictures are all made is none of both: they are saved.
        """
        with self._changed:
            runs = any(job.id == job_id for job in self._running)
            if runs:
                self._stopped.add(job_id)
            dropped = self._queue.end_repeating(job_id) if runs else self._queue.remove(job_id)
        self._cancel([dropped] if dropped else [])
        return runs or dropped is not None

    def clear_waiting(self) -> int:
        """Cancel all jobs that wait; return how many did."""
        dropped = self._queue.clear()
        self._cancel(dropped)
        return len(dropped)

    def withdraw(self, job_id: str) -> bool:
        """Let a job that waits wait no more, as if it had never been queued; return False when it does not wait."""
        return self._queue.withdraw(job_id)

    def stop_after_picture(self) -> bool:
        """Let what runs end with the picture, frame or pass in hand, and pause the queue; False: nothing runs.

        The job is ``partial`` then, or ``done`` if that was all of it.
        """
        with self._changed:
            running = self._running
            if running:
                self._ending_early |= {job.id for job in running}
                self._queue.pause()
            return bool(running)

    def pause(self) -> None:
        """Let no further job begin; what runs goes on, and loads that are asked for run."""
        self._queue.pause()

    def resume(self) -> None:
        """Let jobs begin again; what was to stop after its picture goes on."""
        with self._changed:
            self._ending_early.clear()
            self._queue.resume()

    # What the engine's thread needs of that

    @property
    def _running(self) -> list[Job]:
        return [run.job for run in self._group.runs] if self._group else []

    def _next_in_use(self) -> Model | None:
        """The model that will be in use when what waits comes next."""
        running, loaded = self._running, self._residency.loaded
        return running[0].request.model if running else loaded.model if loaded else None

    def _is_stopped(self, job: Job) -> bool:
        return self._closing or job.id in self._stopped

    def _queue_next_of(self, group: Group) -> None:
        """Let the next ones of those jobs wait that go on until they are stopped."""
        for job in [run.job for run in group.runs if self._queue.repeats(run.job)]:
            try:
                follower = self._job(variants.again(job.request))
            except Exception as error:
                log.warning("job %s is not repeated", job.id, exc_info=error)
                follower = None
                self._emit(events.Notice(job.id, f"It is not repeated: {sentence(error, 'before it began')}"))
            self._queue.follow(job, follower)

    def _job(self, request: GenerationRequest) -> Job:
        return queued(with_loras(request, self._loras), self._settings.output_dir)

    def _add(self, jobs: list[Job], before: str | None = None, *, repeats: bool = False) -> list[Job]:
        with self._changed:
            if jobs:
                self._announce(jobs[0].request.model)
                self._queue.add(jobs, before, repeats=repeats)
        return jobs

    def _announce(self, model: Model) -> None:
        """Say what ``model`` waits for while the engine is not ready for any."""
        self._announced = model
        if self._starting and self._is_restored and self._queue.paused is None:
            self._residency.announce(model)

    def _cancel(self, jobs: Sequence[Job]) -> None:
        """Log jobs that waited as cancelled."""
        if jobs:
            self._saver.cancel([Run(job, self._emit) for job in jobs])

    def _take_ends(self, ended: Sequence[Ended]) -> None:
        """Jobs are over and logged."""
        self._cancel(self._queue.take_ends(ended))
        for one in ended:
            if not one.is_logged:
                self._queue.hold(str(one.record["error"]))

    def _hold_for_the_disk(self, run: Run) -> None:
        """The disk took no picture of a job: it would not take the next one's either."""
        self._queue.hold(run.unsaved)
