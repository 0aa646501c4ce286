"""An engine that does nothing by itself: the test says what happens, with the real events."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from sdxl_tui.core.job import Job, queued
from sdxl_tui.core.models import Model
from sdxl_tui.core.modes import ANIMATE_STEPS
from sdxl_tui.core.request import GenerationRequest
from sdxl_tui.core.settings import Settings
from sdxl_tui.core.vram import Card, Process
from sdxl_tui.engine import (
    CardRead,
    Event,
    JobCancelled,
    JobDone,
    JobFailed,
    ModelLoaded,
    ModelLoading,
    PictureSaved,
    Preview,
    StepDone,
)
from tests.tui.fake_queue import FakeQueue

if TYPE_CHECKING:
    from PIL import Image


class FakeEngine(FakeQueue):
    """Has the engine's method names, and remembers what was asked of it."""

    def __init__(self, settings: Settings, emit: Callable[[Event], None]) -> None:
        super().__init__()
        self.settings = settings
        self.emit = emit
        self.started = False
        self.loads: list[Model] = []
        self.stopped_loads: list[str] = []
        self.preloads = 0
        self.kept_warm: dict[str, bool] = {}
        self.previews_every: float | None = None
        self.shows_meter = False
        self.card: Card | None = None
        """None: the lab runs on a CPU."""
        self.used_settings = settings

    def start(self) -> None:
        self.started = True

    def load(self, model: Model) -> None:
        self.loads.append(model)

    def keep_warm(self, model: Model, on: bool) -> None:
        self.kept_warm[model.id] = on

    def stop_loading(self) -> bool:
        waiting = [model.id for model in self.loads if model.id not in self.stopped_loads]
        self.stopped_loads += waiting
        return bool(waiting)

    def preload_img2img(self) -> None:
        self.preloads += 1

    def use_settings(self, settings: Settings) -> None:
        self.used_settings = settings

    def show_previews(self, every: float | None) -> None:
        self.previews_every = every

    def show_meter(self, on: bool) -> None:
        self.shows_meter = on

    def read_card(self) -> Card | None:
        return self.card

    def new_job(self, request: GenerationRequest) -> Job:
        return queued(request, self.settings.output_dir)

    def close(self, timeout: float, *, keeps_running: bool = False) -> bool:
        return True

    # What the test lets happen

    @property
    def request(self) -> GenerationRequest:
        """The one that was submitted last."""
        return self.jobs[-1].request

    def let_load(self, model: Model, share: float | None = None) -> None:
        """Report a load that goes on, or its end."""
        if share is None:
            self.emit(ModelLoaded(model.id, model.name, 0.41, "CPU, 2 cores"))
        else:
            self.emit(ModelLoading(model.id, model.name, "UNet", share, share, 1.0))

    def let_read(self, card: Card, load: int = 97, others: tuple[Process, ...] = ()) -> None:
        """Report the card, which is so from now on."""
        self.card = card
        self.emit(CardRead(card, load, 61, 412, others, "NVIDIA H100 80GB HBM3"))

    def let_step(self, job: Job, step: int) -> None:
        """Report a step."""
        self.emit(StepDone(job.id, step, job.request.steps, 6.7, 2.6))

    def let_preview(self, job: Job, colour: tuple[int, int, int], index: int = 0) -> None:
        """Report what a running job comes to."""
        from PIL import Image

        self.emit(Preview(job.id, index, Image.new("RGB", (job.request.width // 8, job.request.height // 8), colour)))

    def let_make(self, job: Job, count: int) -> list[Path]:
        """Save the first pictures or frames of a job, those that are not saved yet."""
        self.settings.output_dir.mkdir(parents=True, exist_ok=True)
        kind = "frame_%03d" if job.request.mode == ANIMATE_STEPS else "%02d"
        paths = [self.settings.output_dir / f"{job.id}_{kind % (index + 1)}.png" for index in range(count)]
        size = (job.request.width, job.request.height)
        for index, path in enumerate(paths):
            if not path.exists():
                self.picture(size, index).save(path)
                self.emit(PictureSaved(job.id, path, index, job.request.pictures))
        return paths

    def let_finish(self, job: Job) -> list[Path]:
        """Save a job's pictures and report that it is done."""
        paths = self.let_make(job, job.request.pictures)
        self._over(job)
        self.emit(JobDone(job.id, tuple(paths), 1.8, {"mode": job.request.mode, "outputs": [p.name for p in paths]}))
        return paths

    def picture(self, size: tuple[int, int], index: int) -> Image.Image:
        """The picture that comes out: plain, and another colour for each of a batch."""
        from PIL import Image

        return Image.new("RGB", size, (0, 40 * index, 200))

    def let_fail(self, job: Job, reason: str) -> None:
        """Report that a job failed."""
        self._over(job)
        self.emit(JobFailed(job.id, reason, {}))

    def let_stop(self, job: Job, step: int) -> None:
        """Report that a job was stopped."""
        self._over(job)
        self.emit(JobCancelled(job.id, step, {"outputs": []}))

    def _over(self, job: Job) -> None:
        if self.running is not None and self.running.id == job.id:
            self.running = None
