"""A job under way, alone or with others in one pass, and the sentence that ends it when something breaks."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import accumulate
from pathlib import Path
from typing import Any

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.job import Job
from sdxl_tui.core.schedulers import SCHEDULERS
from sdxl_tui.engine.events import Event


class Cancelled(Exception):
    """What runs was stopped; the jobs that it ran for have ended."""


@dataclass(eq=False)
class Run:
    """A job under way: what it has reached, for its log line however it ends."""

    job: Job
    emit: Callable[[Event], None]
    began: float = field(default_factory=time.perf_counter)
    load_seconds: float = 0.0
    """Seconds that the load this job asked for took; 0 when its model was in use."""
    facts: dict[str, Any] = field(default_factory=dict)
    """Log keys that are known once the model is in use."""
    stage: str = "before it began"
    """Where the job is, for a sentence."""
    step: int = 0
    """Denoising steps that are done."""
    made: int = 0
    """Pictures that were handed over to be saved."""
    outputs: list[Path] = field(default_factory=list)
    """The pictures that are on disk."""
    hashes: list[str] = field(default_factory=list)
    unsaved: str = ""
    """The sentence that says why a picture of it could not be saved; it makes no more."""
    disk_refused: bool = False
    """Whether the disk took no picture or no log line of it."""
    had_no_room: bool = False
    """Whether it failed for want of memory."""
    has_ended: bool = False

    @property
    def seconds(self) -> float:
        """Seconds since it began, without the load."""
        return time.perf_counter() - self.began - self.load_seconds

    def record(self, status: str, error: str | None = None) -> dict[str, Any]:
        """The job's log line, were it to end now."""
        return {
            **self.job.as_log(),
            "scheduler": SCHEDULERS[self.job.request.scheduler].name,
            **self.facts,
            "status": status,
            "finished": datetime.now().astimezone().isoformat(timespec="milliseconds"),
            "outputs": [path.name for path in self.outputs],
            "pixels_sha256": self.hashes,
            "load_seconds": round(self.load_seconds, 3),
            "seconds": round(self.seconds, 3),
            "error": error,
        }


End = Callable[[Run, str, "str | None"], None]


class Group:
    """The jobs of one pass: one, or several that run together; each may leave it alone."""

    def __init__(
        self,
        runs: Sequence[Run],
        is_stopped: Callable[[Job], bool],
        end: End,
        ends_early: Callable[[Job], bool] = lambda _: False,
    ) -> None:
        """``end`` takes a run, the status it ends with, and the sentence of an error.

        ``ends_early``: whether a job is to end once the pictures in hand are made.
        """
        self.runs = list(runs)
        """Those that still take part."""
        self._is_stopped, self._end, self._ends_early = is_stopped, end, ends_early

    def check(self, stage: str | None = None) -> None:
        """Let go of who was stopped, or could not be saved; raise Cancelled when nobody is left.

        ``stage`` is what comes next.
        """
        for run in self.runs:
            if run.unsaved:
                self.leave(run, "failed", run.unsaved)
            elif self._is_stopped(run.job):
                self.leave(run, "cancelled")
        if not self.runs:
            raise Cancelled
        if stage is not None:
            for run in self.runs:
                run.stage = stage

    def has_made(self, run: Run, done: int) -> None:
        """One more picture of a job was handed over; ``done`` of them were made before this pass began.

        A job that is to end early ends where the next one would have to be denoised.
        """
        run.made += 1
        request = run.job.request
        is_between = request.hires is not None or run.made - done in accumulate(request.passes_from(done))
        if is_between and run.made < request.pictures and self._ends_early(run.job):
            self.leave(run, "cancelled")

    def leave(self, run: Run, status: str, error: str | None = None) -> None:
        """Let one job end."""
        self.runs = [other for other in self.runs if other is not run]
        self._end(run, status, error)


NO_MEMORY = ("CUDA error: out of memory", "CUBLAS_STATUS_ALLOC_FAILED", "CUDNN_STATUS_ALLOC_FAILED")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether the card or the host had no more memory to give."""
    if type(error).__name__ == "OutOfMemoryError" or isinstance(error, MemoryError):
        return True
    # So say CUDA itself and its libraries, where torch did not come to ask.
    return isinstance(error, RuntimeError) and any(word in str(error) for word in NO_MEMORY)


def had_no_room(error: BaseException | None) -> bool:
    """Whether an error, or what led to it, is that there was no more memory."""
    while error is not None:
        if is_out_of_memory(error):
            return True
        error = error.__cause__
    return False


def sentence(error: BaseException, stage: str) -> str:
    """What the user reads of an error that ended a job."""
    if isinstance(error, UserError):
        return str(error)
    if is_out_of_memory(error):
        return f"Out of memory {stage}: a smaller size or batch needs less."
    first_line = str(error).strip().partition("\n")[0] or "no message"
    return f"It failed {stage} ({type(error).__name__}: {first_line}); app_events.log has the details."
