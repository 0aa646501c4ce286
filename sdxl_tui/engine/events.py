"""What the engine reports: frozen values, never tensors or widgets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sdxl_tui.core.job import Job
from sdxl_tui.core.vram import Card, Process

if TYPE_CHECKING:
    from PIL import Image


@dataclass(frozen=True)
class ModelLoading:
    """A load goes on."""

    model: str
    """Catalogue id."""
    name: str
    step: str
    """What is done now: starting torch, checking, text encoders, UNet, VAE, warm-up."""
    share: float
    """0 to 1, of all weights."""
    elapsed: float
    """Seconds since the load began."""
    expected: float | None
    """Seconds the last load of this model took; None: it was never loaded."""


@dataclass(frozen=True)
class ModelLoaded:
    """A model is in use."""

    model: str
    name: str
    seconds: float
    device: str
    """As shown: ``NVIDIA H100 80GB HBM3`` or ``CPU, 2 cores``."""
    source: str = "files"
    """Where its weights came from: ``VRAM``, ``RAM`` (copies of what was read before) or ``files``."""
    img2img_is_ready: bool = False
    """Whether jobs that start from a picture need not prepare anything more."""


@dataclass(frozen=True)
class CopiesChanged:
    """Models lie ready elsewhere than before."""

    tiers: Mapping[str, str] = field(default_factory=dict)
    """Catalogue id -> ``VRAM`` or ``RAM``, the faster one, of the models that have a copy there."""
    vram_used: int = 0
    """Bytes of the copies in VRAM."""
    vram_budget: int = 0
    """Bytes that they may take."""
    ram_used: int = 0
    ram_budget: int = 0
    reading: str = ""
    """Catalogue id of the model that is being read into RAM; empty: none is."""

    def differ_from(self, before: CopiesChanged) -> bool:
        """Whether that is worth a report: budgets change with every byte that somebody takes."""
        return self._told != before._told

    @property
    def _told(self) -> tuple[object, ...]:
        return self.tiers, self.reading, bool(self.vram_budget), bool(self.ram_budget)


@dataclass(frozen=True)
class ModelFailed:
    """A load ended without a model; the one in use before, if any, still is."""

    model: str
    name: str
    reason: str
    """One sentence."""
    still_in_use: str | None
    """Shown name of the model that stays usable."""


@dataclass(frozen=True)
class ModelLoadStopped:
    """A load was stopped by the user; the model in use before, if any, still is."""

    model: str
    name: str
    still_in_use: str | None
    """Shown name of the model that stays usable."""


@dataclass(frozen=True)
class Img2ImgReady:
    """Jobs of the model in use that start from a picture need not prepare anything more."""

    model: str
    name: str
    seconds: float


@dataclass(frozen=True)
class Img2ImgFailed:
    """Image to image could not be readied; the model in use, if any, still is."""

    reason: str
    """One sentence."""


@dataclass(frozen=True)
class JobQueued:
    """A job waits; ``ahead`` jobs come before it."""

    job_id: str
    ahead: int
    job: Job | None = None
    """The job, where the engine itself made it: of the queue of an earlier start, or the next one of a repeated job."""
    repeats: bool = False
    """Whether another one with a new seed waits as soon as it runs, until it is stopped."""


@dataclass(frozen=True)
class QueueOrdered:
    """The jobs that wait will run in this order; told where it is not the one in which they came."""

    job_ids: tuple[str, ...]


@dataclass(frozen=True)
class QueuePaused:
    """No further job begins until the queue runs again; what runs goes on."""

    reason: str
    """One sentence; empty: the user wanted it so."""


@dataclass(frozen=True)
class QueueRuns:
    """The queue, paused before, runs again."""


@dataclass(frozen=True)
class QueueProblem:
    """Whether what waits is on disk, so that it outlives the lab, has changed."""

    reason: str
    """One sentence on why it is not; empty: all of it is saved again."""


@dataclass(frozen=True)
class CardRead:
    """The device's meter has changed, as it is shown."""

    card: Card
    load: int | None
    """Percent of the time that the card is busy; None: the driver does not say."""
    temperature: int | None
    """Degrees Celsius."""
    watts: int | None
    others: tuple[Process, ...] = ()
    """The other processes on the card, the largest first."""
    name: str = ""
    """The card, as it is called when a model is loaded: ``NVIDIA H100 80GB HBM3``."""


@dataclass(frozen=True)
class JobStarted:
    """A job runs now."""

    job_id: str
    steps: int
    """Denoising steps in all: of all frames, and only those that the strength leaves."""
    joined: tuple[str, ...] = ()
    """Ids of the jobs that run in the same pass."""


@dataclass(frozen=True)
class StepDone:
    """One denoising step has finished."""

    job_id: str
    step: int
    """1-based, over the whole job."""
    steps: int
    rate: float
    """Steps a second, over this job."""
    eta: float
    """Seconds until the last step, at that rate."""


@dataclass(frozen=True)
class Preview:
    """What a picture that is being made will come to, as far as can be told now."""

    job_id: str
    index: int
    """0-based: of a batch the first picture, of a sequence the frame under way."""
    image: Image.Image
    """RGB, small, in the shape of the picture."""


@dataclass(frozen=True)
class PictureSaved:
    """One picture of a job, or one frame of a sequence, is on disk."""

    job_id: str
    path: Path
    index: int
    """0-based."""
    of: int


@dataclass(frozen=True)
class Notice:
    """Something the user should know about a job that goes on."""

    job_id: str
    text: str
    """One sentence."""


@dataclass(frozen=True)
class JobDone:
    """Pictures and log line are on disk."""

    job_id: str
    outputs: tuple[Path, ...]
    seconds: float
    record: dict[str, Any]
    """The job's line in jobs.log."""


@dataclass(frozen=True)
class JobFailed:
    """A job ended with an error; its line is in jobs.log."""

    job_id: str
    reason: str
    """One sentence."""
    record: dict[str, Any]
    disk_refused: bool = False
    """Its pictures or its log line could not be written: the next job's could not either."""


@dataclass(frozen=True)
class JobCancelled:
    """A job was stopped; its line is in jobs.log."""

    job_id: str
    step: int
    """Steps that had been done; 0 while it waited."""
    record: dict[str, Any]


Event = (
    ModelLoading
    | ModelLoaded
    | CopiesChanged
    | ModelFailed
    | ModelLoadStopped
    | Img2ImgReady
    | Img2ImgFailed
    | JobQueued
    | QueueOrdered
    | QueuePaused
    | QueueRuns
    | QueueProblem
    | CardRead
    | JobStarted
    | StepDone
    | Preview
    | PictureSaved
    | Notice
    | JobDone
    | JobFailed
    | JobCancelled
)
