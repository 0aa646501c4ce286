"""The one thread that owns the GPU: a queue of loads and jobs, cancel by id, a report for everything it does."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace

from sdxl_tui.core import joblog
from sdxl_tui.core.job import Job
from sdxl_tui.core.models import Model
from sdxl_tui.core.queue_store import QueueStore
from sdxl_tui.core.settings import Settings
from sdxl_tui.core.vram import Card
from sdxl_tui.engine import events
from sdxl_tui.engine.meter import Meter
from sdxl_tui.engine.orders import Orders
from sdxl_tui.engine.passes import Passes
from sdxl_tui.engine.preview import Previews
from sdxl_tui.engine.residency import Residency
from sdxl_tui.engine.restoring import left_in, record_of
from sdxl_tui.engine.run import Group, Run
from sdxl_tui.engine.status import EngineStatus
from sdxl_tui.engine.waiting import PreloadImg2Img, Turn

log = logging.getLogger(__name__)


class Engine(Orders):
    """Loads models and runs jobs, one at a time, on a thread of its own.

    What it makes is saved on further threads meanwhile. ``emit`` is called with every Event, on any of these or, for
    what a call causes at once, on the caller's; it must return at once, and its errors are logged and change nothing.
    """

    def __init__(
        self, settings: Settings, emit: Callable[[events.Event], None], queue: QueueStore | None = None
    ) -> None:
        """``queue``: where what waits outlives the engine, however that ends; None: it does not."""
        emit = _guarded(emit)
        super().__init__(settings, emit, Residency(settings, emit), queue)
        self._store = queue
        self._rehearses = True
        self._keeps_running = False
        self._meter = Meter(emit, self._residency.holdings, lambda: self._group is not None)
        self._previews = Previews(emit)
        self._passes = Passes(
            emit, self._residency, self._previews, self._saver, self._put_back, lambda: self._settings
        )
        self._thread = threading.Thread(target=self._work, name="engine", daemon=True)

    # What any thread may call

    def start(self, *, rehearses: bool = True) -> None:
        """Start the threads; the engine's own reads the queue of an earlier start, and then imports torch.

        ``rehearses``: while nothing waits, what every model needs is got ready then; whoever has a job at hand waits
        less without that.
        """
        self._rehearses = rehearses
        self._saver.start()
        self._previews.start()
        self._thread.start()

    @property
    def status(self) -> EngineStatus:
        """What is true now."""
        saving = self._saver.saving
        with self._changed:
            loaded, running = self._residency.loaded, self._running
            return EngineStatus(
                model=loaded.model if loaded else None,
                loading=self._residency.loading,
                running=running[0] if running else None,
                joined=tuple(running[1:]),
                waiting=self._queue.in_order(),
                saving=saving,
                starting=self._starting,
                device=self._residency.device_shown,
                copies=self._residency.copies,
                img2img_is_ready=self._residency.img2img_is_ready,
                paused=self._queue.paused,
                repeating=self._queue.repeating,
                queue_problem=self._queue.problem,
            )

    def use_settings(self, settings: Settings) -> None:
        """Take other budgets, speed and order of the queue from now on; folders and device stay until the next start.

        What runs goes on as it began.
        """
        before = self._settings
        settings = replace(settings, output_dir=before.output_dir, log_dir=before.log_dir, device=before.device)
        with self._changed:
            self._settings = settings
            self._residency.use_settings(settings)
            self._queue.use_settings(settings)

    def show_previews(self, every: float | None) -> None:
        """Report what running jobs will come to, at most every so many seconds; None, as at the start: do not."""
        self._previews.show(every)

    def show_meter(self, on: bool) -> None:
        """Report what changes on the card, as CardRead, or no longer; at the start it is not."""
        self._meter.show(on)

    def read_card(self) -> Card | None:
        """Return the card as it is now; None without a GPU, before torch has started, or where nothing can be read."""
        return self._meter.read()

    def keep_warm(self, model: Model, on: bool) -> None:
        """Mark a model to be read into host RAM once the first job of the day has run, or no longer.

        The mark is on disk when this returns.
        """
        self._residency.keep_warm(model, on)

    def close(self, timeout: float, *, keeps_running: bool = False) -> bool:
        """Cancel what runs, save what is made, end the threads; return False when that took longer than ``timeout`` s.

        Every job that ran is in the log afterwards, also one that could not be stopped in time. So is what waited,
        unless it stays on disk for the next start. ``keeps_running``: there, what runs stays as well: it is not the
        user who ends it.
        """
        began = time.monotonic()
        with self._changed:
            self._closing = True
            self._keeps_running = keeps_running and self._queue.is_lasting
            dropped = self._queue.stop()
        self._cancel(dropped)
        if self._thread.is_alive():
            self._thread.join(timeout)
        group = self._group
        # As they are now: from here on the engine's thread may let go of them too late for the saver.
        left = list(group.runs) if group else []
        is_saved = self._saver.close(timeout - (time.monotonic() - began))
        self._previews.close(timeout - (time.monotonic() - began))
        self._meter.close(timeout - (time.monotonic() - began))
        for run in left:
            if not self._stays(run):
                self._saver.finish(run, "cancelled")
        self._queue.close()
        return is_saved and not self._thread.is_alive()

    # The engine's own thread

    def _work(self) -> None:
        self._restore()
        try:
            if self._settings.device != "cpu":
                self._meter.note_before()
            self._residency.wake()
            self._meter.start()
        except BaseException:
            # Said again, as a sentence, to whoever asks for a model.
            log.exception("torch could not be started")
        if self._rehearses and not self._queue.has_work and not self._closing:
            self._residency.rehearse()
        with self._changed:
            self._starting = False
        while (item := self._next()) is not None:
            match item:
                case Model():
                    self._loads.load(item)
                case PreloadImg2Img():
                    self._loads.preload_img2img()
                case Group():
                    self._queue_next_of(item)
                    self._passes.run(item)
                    with self._changed:
                        self._group = None
                        self._queue.end_turn()
        self._residency.close()

    def _restore(self) -> None:
        """Offer what an earlier start left in the queue; log as failed what cannot run any more."""
        if self._store is not None:
            try:
                left = left_in(self._store)
                self._queue.restore(left.jobs, left.reason)
                for job, error in left.broken:
                    self._saver.end(Run(job, self._emit), "failed", error)
                for row, error in left.unreadable:
                    record = record_of(row, error)
                    joblog.append(self._store.folder, record)
                    self._store.forget([row.job_id])
                    self._emit(events.JobFailed(row.job_id, error, record))
            except Exception:
                log.exception("the queue of an earlier start could not be read")
        with self._changed:
            self._is_restored = True
            if self._announced is not None:
                self._announce(self._announced)

    def _next(self) -> Group | Model | PreloadImg2Img | None:
        """Wait for work; None when the engine closes. A job becomes the running one as it leaves the queue."""
        with self._changed:
            self._changed.wait_for(lambda: self._closing or self._queue.has_work)
            if self._closing:
                return None
            item = self._queue.take()
            if isinstance(item, Model):
                self._loads.begin()
            if not isinstance(item, Turn):
                return item
            self._group = Group(
                [self._begun(job, item) for job in item.jobs],
                self._is_stopped,
                self._end,
                lambda job: job.id in self._ending_early,
            )
            return self._group

    def _begun(self, job: Job, turn: Turn) -> Run:
        """A job that runs now; its log line says before whom."""
        overtaken = [other.id for other in turn.overtaken]
        return Run(job, self._emit, facts={"ran_before": overtaken} if overtaken else {})

    def _end(self, run: Run, status: str, error: str | None = None) -> None:
        """A job has left its pass."""
        if status == "cancelled" and self._stays(run):
            return
        follower = self._queue.end_repeating(run.job.id) if status == "failed" else None
        if run.had_no_room:
            self._queue.hold(f"{error} What waits might fail likewise.")
        self._saver.end(run, status, error)
        self._cancel([follower] if follower else [])

    def _stays(self, run: Run) -> bool:
        """Whether a job that is stopped now is offered again at the next start."""
        return self._keeps_running and run.job.id not in self._stopped

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
