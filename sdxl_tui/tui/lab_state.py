"""What goes on in the lab, told by the engine's reports alone; screens read it, none of them owns it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sdxl_tui.core.job import Job
from sdxl_tui.engine import (
    CardRead,
    CopiesChanged,
    Event,
    Img2ImgReady,
    JobCancelled,
    JobDone,
    JobFailed,
    JobQueued,
    JobStarted,
    ModelFailed,
    ModelLoaded,
    ModelLoading,
    ModelLoadStopped,
    PictureSaved,
    QueueOrdered,
    QueuePaused,
    QueueProblem,
    QueueRuns,
    StepDone,
)
from sdxl_tui.tui.pace import Pace
from sdxl_tui.tui.verification import RUNS, Verification


@dataclass(frozen=True)
class Painting:
    """One picture of this session."""

    path: Path
    job: Job
    index: int
    """0-based, within its job."""

    @property
    def seed(self) -> int:
        """The seed of this picture."""
        return self.job.seeds[self.index]


class LabState:
    """Model, queue and pictures of this session."""

    def __init__(self) -> None:
        self.is_read_only = False
        """Whether this is a view of what another lab makes."""
        self.device = ""
        self.model = ""
        """Catalogue id of the model in use; empty: none."""
        self.loaded_in: float | None = None
        """Seconds the model in use took to load."""
        self.source = "files"
        """Where the model in use came from: files, RAM or VRAM."""
        self.loaded_at = ""
        """Time of day at which it was, as ``14:02``."""
        self.img2img_is_ready = False
        """Whether the model in use needs no more preparing for jobs that start from a picture."""
        self.loading: ModelLoading | None = None
        self.load_steps: dict[str, float] = {}
        """Of the load that goes on: step -> the seconds after which it began."""
        self.load_seconds: dict[str, float] = {}
        """By model id: how long its last load from files took."""
        self.switch_seconds: dict[str, float] = {}
        """By RAM and VRAM: how long the last switch to a model took that lay there."""
        self.copies = CopiesChanged()
        """Where models lie ready."""
        self.kept_warm: set[str] | None = None
        """Ids of the models that are kept in host RAM; None: not read yet."""
        self.load_failures: dict[str, str] = {}
        """By model id: why its last load failed."""
        self.verifications: dict[str, Verification] = {}
        """By model id: the last one, which may go on."""
        self.jobs: dict[str, Job] = {}
        self.running: str | None = None
        """Id of the job that runs; of several that run in one pass, the last one."""
        self._with_it: list[str] = []
        """Ids of the others of that pass."""
        self.step: StepDone | None = None
        """Progress of the running job."""
        self.ended: JobDone | JobFailed | JobCancelled | None = None
        """How the last job ended."""
        self.waiting: list[str] = []
        self.repeating: set[str] = set()
        """Ids of the jobs that another one follows as soon as they run, until that is stopped."""
        self.paused: str | None = None
        """Why no further job begins, in a sentence (empty: the user wanted it so); None: the queue runs."""
        self.queue_changes = 0
        """Grows with every change of what runs and what waits."""
        self.paintings: list[Painting] = []
        self.seconds: dict[str, float] = {}
        """By job id, of the jobs that are done."""
        self.records: dict[str, Mapping[str, Any]] = {}
        """By job id, the log lines of the jobs that are done."""
        self.queue_problem = ""
        """Why what waits does not outlive the lab, in a sentence; empty: it does."""
        self.speeds: dict[str, str] = {}
        """By the speed that was asked for: the one that was in force, as the last job with it said."""
        self.burst_done = 0
        """Jobs that ended since the queue was last empty."""
        self.meter: CardRead | None = None
        """What was last read of the card; None: there is none, or nothing was read yet."""
        self.pace = Pace()

    @property
    def busy(self) -> bool:
        """Whether a job runs or waits."""
        return self.running is not None or bool(self.waiting)

    @property
    def all_running(self) -> list[str]:
        """Ids of the jobs that run in this pass."""
        return [] if self.running is None else [self.running, *self._with_it]

    @property
    def burst_total(self) -> int:
        """Jobs of the burst that runs now: done, running and waiting."""
        return self.burst_done + (self.running is not None) + len(self._with_it) + len(self.waiting)

    @property
    def verifying(self) -> Verification | None:
        """The verification that goes on."""
        return next((known for known in self.verifications.values() if known.state == RUNS), None)

    def take(self, event: Event) -> None:
        """Change with one report; reports arrive in the order in which things happened."""
        match event:
            case ModelLoading():
                self._go_on_loading(event)
            case ModelLoaded():
                self.loading, self.model, self.img2img_is_ready = None, event.model, event.img2img_is_ready
                self.device, self.loaded_in = event.device, event.seconds
                self.loaded_at = f"{datetime.now():%H:%M}"
                self.source = event.source
                if event.source == "files":
                    self.load_seconds[event.model] = event.seconds
                else:
                    self.switch_seconds[event.source] = event.seconds
            case CopiesChanged():
                self.copies = event
            case QueueProblem():
                self.queue_problem = event.reason
            case CardRead():
                self.meter, self.device = event, self.device or event.name
            case ModelFailed() | ModelLoadStopped():
                self.loading = None
                if event.still_in_use is None:
                    self.model, self.img2img_is_ready = "", False
                if isinstance(event, ModelFailed):
                    self.load_failures[event.model] = event.reason
            case Img2ImgReady():
                self.img2img_is_ready = event.model == self.model
            case JobQueued():
                self._queue(event)
            case QueueOrdered():
                places = {job_id: place for place, job_id in enumerate(event.job_ids)}
                self.waiting.sort(key=lambda job_id: places.get(job_id, len(places)))
                self.queue_changes += 1
            case QueuePaused():
                self.paused = event.reason
            case QueueRuns():
                self.paused = None
            case JobStarted():
                self.queue_changes += 1
                self._leave_queue(event.job_id)
                self.running, self.step, self.ended = event.job_id, None, None
                self._with_it = [job_id for job_id in event.joined if job_id not in self.waiting]
            case StepDone() if event.job_id not in self._with_it:
                self.step = event
                self._guess_pace(event)
            case PictureSaved() if event.job_id in self.jobs:
                self.paintings.append(Painting(event.path, self.jobs[event.job_id], event.index))
            case JobDone() | JobFailed() | JobCancelled():
                self._end(event)

    def estimate(self, model: str, width: int, height: int, picture_steps: float) -> float | None:
        """Seconds that many steps (of all pictures together) take; None before this model did any at this size."""
        pace = self.pace.exact((model, width, height))
        return None if pace is None else pace * picture_steps

    def _go_on_loading(self, event: ModelLoading) -> None:
        if self.loading is None or self.loading.model != event.model:
            self.load_steps.clear()
            self.load_failures.pop(event.model, None)
        self.loading = event
        self.load_steps.setdefault(event.step, event.elapsed)

    def _end(self, event: JobDone | JobFailed | JobCancelled) -> None:
        self._leave_queue(event.job_id)
        self.repeating.discard(event.job_id)
        self.queue_changes += 1
        self.loading = None  # A load that is stopped with its job says nothing more.
        if event.job_id in self._with_it:
            self._with_it.remove(event.job_id)
        elif self.running in (None, event.job_id):
            self.running, self.ended = self._with_it.pop() if self._with_it else None, event
        self.burst_done += 1
        if isinstance(event, JobDone) and event.job_id in self.jobs:
            request = self.jobs[event.job_id].request
            self.seconds[event.job_id] = event.seconds
            self.records[event.job_id] = event.record
            self.speeds[request.speed] = str(event.record.get("speed") or request.speed)
            pace = event.seconds / request.effort(request.denoising_steps)
            self.pace.learn((request.model.id, request.width, request.height), pace)

    def _queue(self, event: JobQueued) -> None:
        if not self.busy:
            self.burst_done = 0
        if event.job is not None:
            self.jobs[event.job_id] = event.job
        if event.repeats:
            self.repeating.add(event.job_id)
        if event.job_id not in self.waiting:
            self.waiting.append(event.job_id)
        self.queue_changes += 1

    def _guess_pace(self, event: StepDone) -> None:
        """From the first steps of a job of a shape that was never done."""
        job = self.jobs.get(event.job_id)
        if job is not None and event.step > 1 and event.rate > 0:
            request = job.request
            seconds = event.step / event.rate / request.effort(event.step)
            self.pace.guess((request.model.id, request.width, request.height), seconds)

    def _leave_queue(self, job_id: str) -> None:
        if job_id in self.waiting:
            self.waiting.remove(job_id)
