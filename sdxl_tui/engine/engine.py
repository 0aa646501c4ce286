"""The one thread that owns the GPU: a queue of loads and jobs, cancel by id, a report for everything it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sdxl_tui.core.job import Job
from sdxl_tui.core.models import Model
from sdxl_tui.core.request import GenerationRequest
from sdxl_tui.core.settings import Settings
from sdxl_tui.engine.events import Event


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


class Engine:
    """Loads models and runs jobs, one at a time, on a thread of its own.

    ``emit`` is called on that thread (``JobQueued`` on the caller's) with every Event, and must return at once.
    """

    def __init__(self, settings: Settings, emit: Callable[[Event], None]) -> None: ...

    def start(self) -> None:
        """Start the thread."""

    @property
    def status(self) -> EngineStatus: ...

    def load(self, model: Model) -> None:
        """Put ``model`` in use after what is queued before it."""

    def submit(self, request: GenerationRequest) -> Job:
        """Queue a request; its model is loaded first if another one is in use."""

    def cancel(self, job_id: str) -> bool:
        """Stop this job, waiting or between two of its steps; return False when it is neither."""

    def close(self, timeout: float) -> bool:
        """Cancel everything, end the thread and wait for it; return False when it did not end in time."""
