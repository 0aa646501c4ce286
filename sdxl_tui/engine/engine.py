"""The one thread that owns the GPU: a queue of loads and jobs, cancel by id, a report for everything it does."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.job import Job, queued
from sdxl_tui.core.loras import LoraLibrary, lora_folders, with_loras
from sdxl_tui.core.models import Model
from sdxl_tui.core.request import GenerationRequest
from sdxl_tui.core.settings import Settings
from sdxl_tui.core.vram import Card
from sdxl_tui.engine import events
from sdxl_tui.engine.meter import Meter
from sdxl_tui.engine.passes import Passes
from sdxl_tui.engine.preview import Previews
from sdxl_tui.engine.residency import Residency
from sdxl_tui.engine.run import Cancelled, Group, Run, sentence
from sdxl_tui.engine.saving import Saver
from sdxl_tui.engine.status import EngineStatus
from sdxl_tui.engine.waiting import PreloadImg2Img, Turn, Waiting

log = logging.getLogger(__name__)


class Engine:
    """Loads models and runs jobs, one at a time, on a thread of its own.

    What it makes is saved on further threads meanwhile. ``emit`` is called with every Event, on any of these or, for
    what a call causes at once, on the caller's; it must return at once, and its errors are logged and change nothing.
    """

    def __init__(self, settings: Settings, emit: Callable[[events.Event], None]) -> None:
        self._settings = settings
        self._emit = emit = _guarded(emit)
        self._changed = threading.Condition()
        self._queue = Waiting(settings)
        self._order: tuple[str, ...] = ()
        """Ids of the jobs that wait, as they were reported."""
        self._group: Group | None = None
        self._stopped: set[str] = set()
        self._load_alone_runs = False
        self._load_is_stopped = False
        self._starting = True
        self._closing = False
        self._loras = LoraLibrary(lora_folders(settings.lora_dir))
        self._residency = Residency(settings, emit)
        self._meter = Meter(emit, self._residency.holdings, lambda: self._group is not None)
        self._previews = Previews(emit)
        self._saver = Saver(emit)
        self._passes = Passes(
            emit, self._residency, self._previews, self._saver, self._put_back, lambda: self._settings
        )
        self._thread = threading.Thread(target=self._work, name="engine", daemon=True)

    # What any thread may call

    def start(self) -> None:
        """Start the threads; the engine's own imports torch at once."""
        self._saver.start()
        self._previews.start()
        self._thread.start()

    @property
    def status(self) -> EngineStatus:
        """What is true now."""
        with self._changed:
            loaded, running = self._residency.loaded, self._running
            return EngineStatus(
                model=loaded.model if loaded else None,
                loading=self._residency.loading,
                running=running[0] if running else None,
                joined=tuple(running[1:]),
                waiting=self._queue.in_order(self._next_in_use()),
                saving=self._saver.saving,
                starting=self._starting,
                device=self._residency.device_shown,
                copies=self._residency.copies,
                img2img_is_ready=self._residency.img2img_is_ready,
            )

    def use_settings(self, settings: Settings) -> None:
        """Take other budgets, speed and order of the queue from now on; folders and device stay until the next start.

        What runs goes on as it began.
        """
        settings = replace(settings, output_dir=self._settings.output_dir, device=self._settings.device)
        with self._changed:
            self._settings = self._queue.settings = settings
            self._residency.use_settings(settings)
            self._tell_order(anew=True)

    def show_previews(self, every: float | None) -> None:
        """Report what running jobs will come to, at most every so many seconds; None, as at the start: do not."""
        self._previews.show(every)

    def show_meter(self, on: bool) -> None:
        """Report what changes on the card, as CardRead, or no longer; at the start it is not."""
        self._meter.show(on)

    def read_card(self) -> Card | None:
        """Return the card as it is now; None without a GPU, before torch has started, or where nothing can be read."""
        return self._meter.read()

    def load(self, model: Model) -> None:
        """Put ``model`` in use after what is queued before it."""
        with self._changed:
            self._announce(model)
            self._queue.add(model)
            self._changed.notify()

    def preload_img2img(self) -> None:
        """Ready the model that is in use then for jobs that start from a picture, after what is queued before it."""
        with self._changed:
            self._queue.add(PreloadImg2Img())
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
            waiting = self._queue.models()
            for model in waiting:
                self._queue.remove(model)
                self._report_stopped(model)
            self._load_is_stopped = self._load_alone_runs
            return self._load_alone_runs or bool(waiting)

    def submit(self, request: GenerationRequest) -> Job:
        """Queue a request; its model is loaded first if another one is in use.

        Raises UserError when a LoRA that it names is not there, or is made for another model.
        """
        return self.submit_job(queued(with_loras(request, self._loras), self._settings.output_dir))

    def submit_job(self, job: Job) -> Job:
        """Queue a job that has an id of its own, and whose LoRAs were found; return it."""
        with self._changed:
            self._announce(job.request.model)
            self._queue.add(job)
            ahead = self._queue.in_order(self._next_in_use()).index(job) + len(self._running)
            self._emit(events.JobQueued(job.id, ahead))
            self._tell_order()
            self._changed.notify()
        return job

    def cancel(self, job_id: str) -> bool:
        """Stop this job, waiting or between two of its steps; return False when it is neither.

        A job whose pictures are all made is none of both: they are saved.
        """
        with self._changed:
            if any(job.id == job_id for job in self._running):
                self._stopped.add(job_id)
                return True
            job = self._queue.job(job_id)
            if job is None:
                return False
            self._queue.remove(job)
        self._saver.end(Run(job, self._emit), "cancelled")
        return True

    def withdraw(self, job_id: str) -> bool:
        """Let a job that waits wait no more, as if it had never been queued; return False when it does not wait."""
        with self._changed:
            job = self._queue.job(job_id)
            if job is not None:
                self._queue.remove(job)
            return job is not None

    def close(self, timeout: float) -> bool:
        """Cancel everything, save what is made, end the threads; return False when that took longer than ``timeout`` s.

        Every job is in the log afterwards, also one that could not be stopped in time.
        """
        began = time.monotonic()
        with self._changed:
            self._closing = True
            dropped = self._queue.clear()
            self._changed.notify()
        for job in dropped:
            self._saver.end(Run(job, self._emit), "cancelled")
        if self._thread.is_alive():
            self._thread.join(timeout)
        group = self._group
        # As they are now: from here on the engine's thread may let go of them too late for the saver.
        left = list(group.runs) if group else []
        is_saved = self._saver.close(timeout - (time.monotonic() - began))
        self._previews.close(timeout - (time.monotonic() - began))
        self._meter.close(timeout - (time.monotonic() - began))
        for run in left:
            self._saver.finish(run, "cancelled")
        return is_saved and not self._thread.is_alive()

    # The engine's own thread

    def _work(self) -> None:
        try:
            if self._settings.device != "cpu":
                self._meter.note_before()
            self._residency.wake()
            self._meter.start()
        except BaseException:
            # Said again, as a sentence, to whoever asks for a model.
            log.exception("torch could not be started")
        if not self._queue and not self._closing:
            self._residency.rehearse()
        with self._changed:
            self._starting = False
        while (item := self._next()) is not None:
            match item:
                case Model():
                    self._load_alone(item)
                case PreloadImg2Img():
                    self._preload_img2img_alone()
                case Group():
                    self._passes.run(item)
                    with self._changed:
                        self._group = None
        self._residency.close()

    @property
    def _running(self) -> list[Job]:
        return [run.job for run in self._group.runs] if self._group else []

    def _next(self) -> Group | Model | PreloadImg2Img | None:
        """Wait for work; None when the engine closes. A job becomes the running one as it leaves the queue."""
        with self._changed:
            self._changed.wait_for(lambda: self._closing or self._queue)
            if self._closing:
                return None
            loaded = self._residency.loaded
            item = self._queue.take(loaded.model if loaded else None)
            self._load_alone_runs, self._load_is_stopped = isinstance(item, Model), False
            if not isinstance(item, Turn):
                return item
            self._group = Group([self._begun(job, item) for job in item.jobs], self._is_stopped, self._saver.end)
            self._tell_order()
            return self._group

    def _begun(self, job: Job, turn: Turn) -> Run:
        """A job that runs now; its log line says before whom."""
        overtaken = [other.id for other in turn.overtaken]
        return Run(job, self._emit, facts={"ran_before": overtaken} if overtaken else {})

    def _next_in_use(self) -> Model | None:
        """The model that will be in use when what waits comes next."""
        running, loaded = self._running, self._residency.loaded
        return running[0].request.model if running else loaded.model if loaded else None

    def _tell_order(self, *, anew: bool = False) -> None:
        """Report the order of what waits, where that is not the order in which it came, or ``anew`` is said."""
        if not anew and self._settings.fewest_switches == self._settings.join_jobs == "off":
            return
        order = tuple(job.id for job in self._queue.in_order(self._next_in_use()))
        if order != self._order:
            self._order = order
            self._emit(events.QueueOrdered(order))

    def _announce(self, model: Model) -> None:
        """Say what ``model`` waits for while the engine is not ready for any."""
        if self._starting:
            self._residency.announce(model)

    def _is_stopped(self, job: Job) -> bool:
        return self._closing or job.id in self._stopped

    def _check_load(self) -> None:
        """Raise Cancelled once a load that no job asked for, or the engine, was stopped."""
        if self._closing or self._load_is_stopped:
            raise Cancelled

    def _load_alone(self, model: Model) -> None:
        try:
            self._residency.use(model, self._check_load)
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

    def _put_back(self, group: Group, runs: list[Run], alone: bool) -> None:
        """Let these wait again, before all others; when the engine closes nothing waits, so they end in their pass."""
        with self._changed:
            if not self._closing:
                group.runs = [run for run in group.runs if run not in runs]
                self._queue.put_back([run.job for run in runs], alone=alone)


def _guarded(emit: Callable[[events.Event], None]) -> Callable[[events.Event], None]:
    """A screen that breaks loses no picture and stops no job."""

    def guarded(event: events.Event) -> None:
        try:
            emit(event)
        except Exception:
            log.exception("%s could not be reported", type(event).__name__)

    return guarded
