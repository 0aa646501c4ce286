"""The real engine, with a watch: from a job's submission to its pictures on disk."""

from __future__ import annotations

import queue
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.models import Model
from sdxl_tui.core.request import GenerationRequest
from sdxl_tui.core.settings import Settings
from sdxl_tui.engine.bench.timing import give_back_memory
from sdxl_tui.engine.engine import Engine
from sdxl_tui.engine.events import Event, JobCancelled, JobDone, JobFailed, ModelFailed, ModelLoaded, StepDone

CLOSE_SECONDS = 60.0
WAKE_SECONDS = 120.0
"""Longer than any machine takes to import torch from a cold disk and to compile the kernels."""


@dataclass(frozen=True)
class Timed:
    """A job that is done."""

    seconds: float
    """From its submission to its pictures and log line on disk."""
    step_seconds: float | None
    """Of one step, from the end of the first to the end of the last; None: it had but one."""
    record: dict[str, Any]
    ended: float
    """On the clock of ``time.perf_counter``."""


@dataclass(frozen=True)
class Load:
    """A load that is done."""

    seconds: float
    """From its request to a model that can paint."""
    source: str
    """Where its weights lay: ``VRAM``, ``RAM`` or ``files``."""


class BenchLab:
    """An engine of its own; leaving it gives its memory back."""

    def __init__(self, settings: Settings) -> None:
        self._reports: queue.SimpleQueue[tuple[float, Event]] = queue.SimpleQueue()
        self.engine = Engine(settings, self._take)

    def __enter__(self) -> BenchLab:
        self.engine.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.engine.close(CLOSE_SECONDS)
        del self.engine
        give_back_memory()

    def wake(self) -> None:
        """Return when the engine is ready for a model."""
        end = time.monotonic() + WAKE_SECONDS
        while self.engine.status.starting:
            if time.monotonic() > end:
                raise UserError("The engine does not start; app_events.log says why.")
            time.sleep(0.005)

    def load(self, model: Model) -> Load:
        """Put a model in use that is not by now; raise UserError when it cannot be."""
        began = time.perf_counter()
        self.engine.load(model)
        while True:
            at, event = self._reports.get()
            if isinstance(event, ModelFailed):
                raise UserError(f"{model.name} did not load: {event.reason}")
            if isinstance(event, ModelLoaded):
                return Load(at - began, event.source)

    def run(self, request: GenerationRequest) -> Timed:
        """Run one job."""
        return self.run_all([request])[0]

    def run_all(self, requests: Sequence[GenerationRequest]) -> list[Timed]:
        """Queue jobs, and return them when all are done; raise UserError when one fails."""
        began = time.perf_counter()
        waiting = {self.engine.submit(request).id for request in requests}
        steps: dict[str, list[float]] = {job_id: [] for job_id in waiting}
        done = []
        while waiting:
            at, event = self._reports.get()
            if getattr(event, "job_id", None) not in steps:
                continue  # Of a load, or of a job before these that failed.
            if isinstance(event, StepDone):
                steps[event.job_id].append(at)
            elif isinstance(event, JobDone):
                waiting.discard(event.job_id)
                done.append(Timed(at - began, _step(steps[event.job_id]), event.record, at))
            elif isinstance(event, JobFailed):
                raise UserError(event.reason)
            elif isinstance(event, JobCancelled):
                raise UserError("The job was stopped.")
        return done

    def next_report(self) -> Event | None:
        """What the engine said next; None: nothing by now."""
        try:
            return self._reports.get_nowait()[1]
        except queue.Empty:
            return None

    def _take(self, event: Event) -> None:
        self._reports.put((time.perf_counter(), event))


def _step(ends: Sequence[float]) -> float | None:
    return (ends[-1] - ends[0]) / (len(ends) - 1) if len(ends) > 1 else None
