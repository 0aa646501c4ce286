"""What is true now, as the engine tells it."""

from __future__ import annotations

from dataclasses import dataclass

from sdxl_tui.core.job import Job
from sdxl_tui.core.models import Model
from sdxl_tui.engine.events import CopiesChanged


@dataclass(frozen=True)
class EngineStatus:
    """What is true now, for a screen that opens or comes back."""

    model: Model | None
    """The model in use."""
    loading: Model | None
    running: Job | None
    """The job that the device works at."""
    joined: tuple[Job, ...]
    """Those that run in the same pass."""
    waiting: tuple[Job, ...]
    """In the order in which they will run."""
    saving: tuple[Job, ...]
    """Jobs whose pictures are made and whose files are on their way; the next ones run meanwhile."""
    starting: bool
    """Whether torch, the card and what every model needs of them are still being got ready."""
    device: str
    """As shown; empty until torch has been asked."""
    copies: CopiesChanged
    """Where models lie ready that were used before or are kept warm."""
    img2img_is_ready: bool
    """Whether the model in use is ready for jobs that start from a picture; otherwise the first of them readies it."""
    paused: str | None = None
    """Why no further job begins, in a sentence (empty: the user wanted it so); None: the queue runs."""
    repeating: frozenset[str] = frozenset()
    """Ids of the jobs, running or waiting, that another one with a new seed follows until they are stopped."""
    queue_problem: str = ""
    """The sentence that says why what waits is not on disk; empty: it is, or it is not meant to be."""
