"""What all screens share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.host_paths import read_host_dir
from sdxl_tui.core.job import Job
from sdxl_tui.core.loras import LoraLibrary, lora_folders
from sdxl_tui.core.request import GenerationRequest
from sdxl_tui.core.settings import Settings
from sdxl_tui.tui.draft import Draft
from sdxl_tui.tui.kept import Kept
from sdxl_tui.tui.lab_state import LabState
from sdxl_tui.tui.notes import OK, WARNING, Notes
from sdxl_tui.tui.pictured import Pictured
from sdxl_tui.tui.precheck import Precheck
from sdxl_tui.tui.queue_times import QueueTimes
from sdxl_tui.tui.repeats import Repeats
from sdxl_tui.tui.shelf import Shelf
from sdxl_tui.tui.thumbs import Thumbs

if TYPE_CHECKING:
    from sdxl_tui.engine import Engine
    from sdxl_tui.tui.editing import Editing


@dataclass
class Desk:
    """The engine, what it reports, what can be chosen, and the job that enter would queue."""

    state: LabState
    shelf: Shelf
    draft: Draft
    notes: Notes
    settings: Settings
    flags: Mapping[str, Any] = field(default_factory=dict)
    """The settings that the command line gave."""
    session: dict[str, str] = field(default_factory=dict)
    """The settings that a key changed for this session."""
    engine: Engine = field(init=False)
    """There as soon as keys are taken."""
    kept: Kept = field(default_factory=Kept)
    thumbs: Thumbs = field(default_factory=Thumbs)
    repeats: Repeats = field(default_factory=Repeats)
    precheck: Precheck = field(default_factory=Precheck)
    marked: Pictured | None = None
    """The picture that the next one is compared with."""
    editing: Editing | None = None
    """The job that waits and is in the form to be changed."""
    times: QueueTimes = field(init=False)
    loras: LoraLibrary = field(init=False)
    """The files of the setting ``lora_dir``."""

    _preview_wishes: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.times = QueueTimes(self.state)
        self.loras = LoraLibrary(lora_folders(self.settings.lora_dir))

    @property
    def is_read_only(self) -> bool:
        """Whether nothing is made, changed or kept here."""
        return self.state.is_read_only

    @property
    def checks_vram(self) -> bool:
        """Whether jobs are compared with the card before they are sent."""
        return self.draft.text("vram_check") == "on"

    def path_to_copy(self, path: Path) -> str:
        """A whole path as the user's own machine has it, where the lab runs in a container."""
        return read_host_dir(self.settings.host_dir, Path.cwd()).shown(path.absolute())

    def preload_img2img(self) -> tuple[str, str]:
        """Ready the model in use for jobs that start from a picture; return a glyph and what was done."""
        state = self.state
        if state.img2img_is_ready:
            return OK, "Image to image is ready: it shares every weight."
        if not state.model and state.loading is None:
            return WARNING, "Image to image is readied with a model in use: load one first."
        self.engine.preload_img2img()
        return OK, f"Image to image is readied {'after the running job' if state.running else 'now'}."

    def wish_previews(self, screen: str, every: float | None) -> None:
        """Have what running jobs come to reported, every so many seconds at most; None: this screen shows none."""
        before = min(self._preview_wishes.values(), default=None)
        self._preview_wishes.pop(screen, None)
        if every is not None:
            self._preview_wishes[screen] = every
        wished = min(self._preview_wishes.values(), default=None)
        if wished != before:
            self.engine.show_previews(wished)

    def submit(self, request: GenerationRequest, *, before: str | None = None) -> Job:
        """Queue a job, behind all others or before one that waits.

        Raises UserError with the sentence that says why its model cannot be loaded.
        """
        self._check(request)
        return self._known(self.engine.submit(request, before=before))

    def submit_all(self, requests: Sequence[GenerationRequest]) -> list[Job]:
        """Queue jobs, all of them or none; raises UserError as ``submit`` does."""
        for request in requests:
            self._check(request)
        return [self._known(job) for job in self.engine.submit_all(requests)]

    def repeat(self, request: GenerationRequest) -> Job:
        """Queue a job that another one follows, with another seed, until that is stopped; raises as ``submit``."""
        self._check(request)
        return self._known(self.engine.repeat(request))

    def replace(self, job_id: str, request: GenerationRequest) -> Job | None:
        """Change a job that waits; None: it does not wait any more. Raises UserError as ``submit`` does."""
        self._check(request)
        job = self.engine.replace(job_id, request)
        if job is not None:
            self._known(job)
            self.state.queue_changes += 1
        return job

    def _check(self, request: GenerationRequest) -> None:
        if obstacle := self.shelf.obstacle(request.model):
            raise UserError(obstacle)

    def _known(self, job: Job) -> Job:
        self.state.jobs[job.id] = job
        self.state.queue_changes += 1
        return job
