"""The one thread that owns the GPU: a queue of loads and jobs, cancel by id, a report for everything it does."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from sdxl_tui.core import events_log, joblog, pictures
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.job import Job, queued
from sdxl_tui.core.models import Model
from sdxl_tui.core.modes import starts_from_a_picture
from sdxl_tui.core.request import GenerationRequest
from sdxl_tui.core.settings import Settings
from sdxl_tui.engine import events
from sdxl_tui.engine.residency import Residency
from sdxl_tui.engine.run import Cancelled, Run, run_job, sentence

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class EngineStatus:
    """What is true now, for a screen that opens or comes back."""

    model: Model | None
    """The model in use."""
    loading: Model | None
    running: Job | None
    waiting: tuple[Job, ...]
    device: str
    """As shown; empty until torch has been asked."""
    copies: events.CopiesChanged
    """Where models lie ready that were used before or are kept warm."""
    img2img_is_ready: bool
    """Whether the model in use is ready for jobs that start from a picture; otherwise the first of them readies it."""


class PreloadImg2Img:
    """Work for the thread: ready the model in use for jobs that start from a picture."""


class Engine:
    """Loads models and runs jobs, one at a time, on a thread of its own.

    ``emit`` is called with every Event, on that thread or, for what a call causes at once, on the caller's; it must
    return at once.
    """

    def __init__(self, settings: Settings, emit: Callable[[events.Event], None]) -> None:
        self._settings = settings
        self._emit = emit
        self._changed = threading.Condition()
        self._queue: deque[Job | Model | PreloadImg2Img] = deque()
        self._run: Run | None = None
        self._stopped: set[str] = set()
        self._load_alone_runs = False
        self._load_is_stopped = False
        self._dropped: deque[Job] = deque()
        self._ended: set[str] = set()
        self._cleaned: set[str] = set()
        self._closing = False
        self._residency = Residency(settings, emit)
        self._thread = threading.Thread(target=self._work, name="engine", daemon=True)

    # What any thread may call

    def start(self) -> None:
        """Start the thread; it imports torch at once."""
        self._thread.start()

    @property
    def status(self) -> EngineStatus:
        """What is true now."""
        with self._changed:
            loaded, run = self._residency.loaded, self._run
            return EngineStatus(
                model=loaded.model if loaded else None,
                loading=self._residency.loading,
                running=run.job if run else None,
                waiting=tuple(item for item in self._queue if isinstance(item, Job)),
                device=self._residency.device_shown,
                copies=self._residency.copies,
                img2img_is_ready=self._residency.img2img_is_ready,
            )

    def load(self, model: Model) -> None:
        """Put ``model`` in use after what is queued before it."""
        self._residency.announce(model)
        with self._changed:
            self._queue.append(model)
            self._changed.notify()

    def preload_img2img(self) -> None:
        """Ready the model that is in use then for jobs that start from a picture, after what is queued before it."""
        with self._changed:
            self._queue.append(PreloadImg2Img())
            self._changed.notify()

    def keep_warm(self, model: Model, on: bool) -> None:
        """Mark a model to be read into host RAM once the first job of the day has run, or no longer.

        The mark is on disk when this returns.
        """
        self._residency.keep_warm(model, on)

    def stop_loading(self) -> bool:
        """Stop every load that was asked for by ``load``, under way or waiting; return False when there is none.

        A load under way ends at its next report. One that a job asked for is stopped with its job.
        """
        with self._changed:
            waiting = [item for item in self._queue if isinstance(item, Model)]
            for model in waiting:
                self._queue.remove(model)
                self._report_stopped(model)
            self._load_is_stopped = self._load_alone_runs
            return self._load_alone_runs or bool(waiting)

    def submit(self, request: GenerationRequest) -> Job:
        """Queue a request; its model is loaded first if another one is in use."""
        job = queued(request, self._settings.output_dir)
        self._residency.announce(request.model)
        with self._changed:
            ahead = sum(isinstance(item, Job) for item in self._queue) + (self._run is not None)
            self._emit(events.JobQueued(job.id, ahead))
            self._queue.append(job)
            self._changed.notify()
        return job

    def cancel(self, job_id: str) -> bool:
        """Stop this job, waiting or between two of its steps; return False when it is neither."""
        with self._changed:
            if self._run is not None and self._run.job.id == job_id:
                self._stopped.add(job_id)
                return True
            job = next((item for item in self._queue if isinstance(item, Job) and item.id == job_id), None)
            if job is None:
                return False
            self._queue.remove(job)
            self._dropped.append(job)
            self._changed.notify()
        return True

    def close(self, timeout: float) -> bool:
        """Cancel everything, end the thread and wait for it; return False when it did not end within ``timeout`` s.

        Every job is in the log afterwards, also one that could not be stopped in time.
        """
        with self._changed:
            self._closing = True
            self._dropped.extend(item for item in self._queue if isinstance(item, Job))
            self._queue.clear()
            self._changed.notify()
        self._log_dropped()
        if self._thread.is_alive():
            self._thread.join(timeout)
        run = self._run
        if run is not None:
            self._end(run, "partial" if run.outputs else "cancelled")
        return not self._thread.is_alive()

    # The engine's own thread

    def _work(self) -> None:
        try:
            self._residency.wake()
        except BaseException:
            # Said again, as a sentence, to whoever asks for a model.
            log.exception("torch could not be started")
        while (item := self._next()) is not None:
            match item:
                case Model():
                    self._load_alone(item)
                case PreloadImg2Img():
                    self._preload_img2img_alone()
                case Job():
                    self._run_alone()
        self._residency.close()

    def _next(self) -> Job | Model | PreloadImg2Img | None:
        """Wait for work; None when the engine closes. A job becomes the running one as it leaves the queue."""
        while True:
            self._log_dropped()
            with self._changed:
                self._changed.wait_for(lambda: self._closing or self._queue or self._dropped)
                if self._closing:
                    return None
                if self._queue:
                    item = self._queue.popleft()
                    if isinstance(item, Job):
                        self._run = self._begun(item)
                    self._load_alone_runs, self._load_is_stopped = isinstance(item, Model), False
                    return item

    def _begun(self, job: Job) -> Run:
        return Run(job, self._emit, lambda: self._check_stopped(job))

    def _check_stopped(self, job: Job | None) -> None:
        """Raise Cancelled once ``job`` (None: a load without one), or the engine, was stopped.

        Called between two steps of whatever it does.
        """
        self._log_dropped()
        stopped = self._load_is_stopped if job is None else job.id in self._stopped
        if self._closing or stopped:
            raise Cancelled

    def _load_alone(self, model: Model) -> None:
        try:
            self._residency.use(model, lambda: self._check_stopped(None))
        except Cancelled:
            self._report_stopped(model)
        except UserError:
            log.info("%s is not in use", model.id)
        finally:
            with self._changed:
                self._load_alone_runs = False

    def _preload_img2img_alone(self) -> None:
        try:
            self._residency.ready_img2img()
        except Exception as error:
            log.error("image to image is not ready", exc_info=error)
            self._emit(events.Img2ImgFailed(sentence(error, "while preparing image to image")))

    def _report_stopped(self, model: Model) -> None:
        loaded = self._residency.loaded
        self._emit(events.ModelLoadStopped(model.id, model.name, loaded.model.name if loaded else None))

    def _run_alone(self) -> None:
        """Run the job; whatever it raises ends this job only."""
        run = self._run
        assert run is not None
        try:
            run.check_stopped()
            began = time.perf_counter()
            loaded = self._residency.use(run.job.request.model, run.check_stopped)
            if starts_from_a_picture(run.job.request.mode):
                run.stage = "while preparing image to image"
                self._residency.ready_img2img()
            run.load_seconds = time.perf_counter() - began
            self._clean(run.job)
            log.info("job %s runs", run.job.id)
            self._emit(events.JobStarted(run.job.id, run.job.request.denoising_steps))
            with self._residency.job():
                run_job(run, loaded)
        except Cancelled:
            self._end(run, "partial" if run.outputs else "cancelled")
        except BaseException as error:
            log.error("job %s failed", run.job.id, exc_info=error)
            self._end(run, "failed", sentence(error, run.stage))
        else:
            self._end(run, "done")
        finally:
            with self._changed:
                self._run = None

    def _log_dropped(self) -> None:
        """End the jobs that were cancelled while they waited: here, so that no caller waits for the disk."""
        while self._dropped:
            with suppress(IndexError):
                self._end(self._begun(self._dropped.popleft()), "cancelled")

    def _clean(self, job: Job) -> None:
        """Remove what a crash left half-written, once for each output folder."""
        if str(job.output_dir) not in self._cleaned:
            self._cleaned.add(str(job.output_dir))
            pictures.clean_stale(job.output_dir)

    def _end(self, run: Run, status: str, error: str | None = None) -> None:
        """Log how a job ended, then say so; only the first end of a job counts."""
        with self._changed:
            if run.job.id in self._ended:
                return
            self._ended.add(run.job.id)
        record = run.record(status, error)
        try:
            joblog.append(run.job.output_dir, record)
        except UserError as log_error:
            error = f"{error} {log_error}" if error else str(log_error)
            record |= {"status": "failed", "error": error}
        events_log.job_entry(record, run.outputs)
        self._emit(_ending(run, record))


def _ending(run: Run, record: dict[str, object]) -> events.Event:
    if record["status"] == "done":
        return events.JobDone(run.job.id, tuple(run.outputs), run.seconds, record)
    if record["status"] == "failed":
        return events.JobFailed(run.job.id, str(record["error"]), record)
    return events.JobCancelled(run.job.id, run.step, record)
