"""The real engine on the demo model, through diffusers' real pipeline."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from sdxl_tui.core.cache import DEMO_FOLDER
from sdxl_tui.core.check import ModelReport, check_model
from sdxl_tui.core.job import Job
from sdxl_tui.core.models import CATALOGUE, DEMO, Model
from sdxl_tui.core.queue_store import QueueStore
from sdxl_tui.core.request import GenerationRequest
from sdxl_tui.core.settings import Settings
from sdxl_tui.core.styles import Style
from sdxl_tui.engine import Engine, Event, JobCancelled, JobDone, JobFailed
from sdxl_tui.engine.arena import Arena
from sdxl_tui.engine.device import Device
from sdxl_tui.engine.loader import LoadedModel, Shells, read_weights
from sdxl_tui.engine.reading import write_to
from sdxl_tui.engine.speed import Speed

PLAIN = Style("none", "None / Raw")


def request(prompt: str = "a red apple", **changes: Any) -> GenerationRequest:
    """A small, quick request on the demo model."""
    values: dict[str, Any] = {
        "model": CATALOGUE[DEMO],
        "prompt": prompt,
        "negative_prompt": "",
        "style": PLAIN,
        "scheduler": "euler",
        "steps": 4,
        "guidance_scale": 4.0,
        "width": 128,
        "height": 128,
        "seed": 1,
    }
    return GenerationRequest(**(values | changes))


class Lab:
    """An engine whose reports can be waited for."""

    def __init__(self, folder: Path, store: QueueStore | None = None) -> None:
        self.folder = folder
        self.reports: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.seen: list[Event] = []
        self.engine = Engine(Settings(output_dir=folder, device="cpu"), self.reports.put, store)
        self.engine.start()

    def until(self, *kinds: type) -> Any:
        """The next report of one of these kinds."""
        while True:
            event = self.reports.get(timeout=120)
            self.seen.append(event)
            if isinstance(event, kinds):
                return event

    def end(self, job: Job) -> JobDone | JobFailed | JobCancelled:
        """How a job ended."""
        while True:
            event = self.until(JobDone, JobFailed, JobCancelled)
            if event.job_id == job.id:
                return event

    def run(self, asked: GenerationRequest) -> JobDone | JobFailed | JobCancelled:
        """Run one request to its end."""
        return self.end(self.engine.submit(asked))

    def pictures(self, prompt: str = "a red apple", **changes: Any) -> list[Image.Image]:
        """The pictures of a request that works."""
        done = self.run(request(prompt, **changes))
        assert isinstance(done, JobDone), done
        return [Image.open(path).convert("RGB") for path in done.outputs]


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    """A lab of the test's own."""
    lab = Lab(tmp_path / "pictures")
    yield lab
    lab.engine.close(timeout=30)


@pytest.fixture(scope="module")
def shared_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A lab for tests that only look at pictures: the model is loaded once for all of them."""
    lab = Lab(tmp_path_factory.mktemp("pictures"))
    yield lab
    lab.engine.close(timeout=30)


@pytest.fixture(scope="session")
def demo_folder() -> Path:
    """The demo model: a published model's folder in miniature."""
    return DEMO_FOLDER


def in_folder(folder: Path, identity: str = "test/model") -> Model:
    """A catalogue row for a folder."""
    return replace(CATALOGUE[DEMO], id=identity, name=identity, folder=folder)


def checked(folder: Path) -> ModelReport:
    """The report of a folder that is ready."""
    report = check_model(in_folder(folder))
    assert report.state == "ready", report.problems
    return report


def loaded_from(check: ModelReport) -> LoadedModel:
    """The model of a checked folder on the CPU, as the engine loads it, without an engine."""
    device, place = Device("cpu", "CPU"), torch.device("cpu")
    shell = Shells(device).make(check)
    arena = Arena(shell.modules, place, device.dtype, channels_last=False)
    read_weights(shell, place, lambda: write_to(arena.writing()), lambda _step, _share: None)
    arena.attach(shell.modules)
    return shell.over(arena, Speed(arena), device, 0.0)
