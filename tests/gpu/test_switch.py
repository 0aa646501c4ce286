"""Loading and switching on a GPU, with models of SDXL's full size: the same pictures from every tier, and how fast."""

from __future__ import annotations

import shutil
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from sdxl_tui.core.models import Model
from sdxl_tui.core.settings import Settings
from sdxl_tui.engine import CopiesChanged, Engine, JobDone, ModelLoaded
from tests.engine.conftest import Lab, request

pytestmark = [pytest.mark.gpu, pytest.mark.timeout(600)]

GIB = 2**30
SWITCHES = 30


class SwitchLab(Lab):
    """The engine on the GPU, with budgets of the test's choice."""

    def __init__(self, folder: Path, **budgets: str) -> None:
        super().__init__(folder)
        self.engine.close(timeout=60)
        self.engine = Engine(Settings(output_dir=folder, **budgets), self.reports.put)
        self.engine.start()

    def switch(self, model: Model) -> ModelLoaded:
        self.engine.load(model)
        return self.until(ModelLoaded)

    def pixels(self, model: Model) -> bytes:
        [picture] = self.pictures(model=model, width=1024, height=1024, steps=4, seed=3, speed="fast")
        return picture.tobytes()

    def until_copies(self, tiers: dict[str, str]) -> None:
        while (copies := self.engine.status.copies).reading or copies.tiers != tiers:
            self.until(CopiesChanged)

    def until_in_ram(self, *models: Model) -> None:
        self.until_copies({model.id: "RAM" for model in models})


@pytest.fixture(scope="module")
def models(sdxl: Model, tmp_path_factory: pytest.TempPathFactory) -> tuple[Model, Model]:
    """Two models of one architecture; the second one's UNet is scaled a little."""
    one, other = sdxl.folder, tmp_path_factory.mktemp("other")
    shutil.copytree(one, other, dirs_exist_ok=True)
    file = other / "unet" / "diffusion_pytorch_model.safetensors"
    save_file({name: tensor * 0.98 for name, tensor in load_file(file).items()}, str(file))
    return replace(sdxl, id="test/one", folder=one), replace(sdxl, id="test/other", folder=other)


@pytest.fixture
def open_lab(tmp_path: Path) -> Iterator[Callable[..., SwitchLab]]:
    labs: list[SwitchLab] = []

    def opened(**budgets: str) -> SwitchLab:
        labs.append(SwitchLab(tmp_path / str(len(labs)), **budgets))
        return labs[-1]

    yield opened
    for lab in labs:
        assert lab.engine.close(timeout=60)


TIERS = [
    ("files", {"keep_vram": "0", "keep_ram": "0"}),
    ("VRAM", {"keep_vram": "20", "keep_ram": "0"}),
    ("RAM", {"keep_vram": "0", "keep_ram": "20"}),
]


@pytest.mark.parametrize(("source", "budgets"), TIERS, ids=[source for source, _ in TIERS])
def test_a_then_b_then_a_from_every_tier_over_the_same_addresses(
    open_lab: Callable[..., SwitchLab], models: tuple[Model, Model], source: str, budgets: dict[str, str]
) -> None:
    import torch

    lab, (one, other) = open_lab(**budgets), models
    first = lab.switch(one)
    pixels = {model.id: lab.pixels(model) for model in models}
    assert len(set(pixels.values())) == 2
    if source != "files":
        lab.until_copies({model.id: source for model in models})
    loaded = lab.engine._residency.loaded
    addresses = {name: parameter.data_ptr() for name, parameter in loaded.pipe.unet.named_parameters()}
    for model in (one, other, other, one):
        assert lab.pixels(model) == pixels[model.id]

    torch.cuda.synchronize()
    allocated, reserved, seconds = [], [], []
    for number in range(SWITCHES):
        told = lab.switch(models[(number + 1) % 2])
        assert told.source == source
        seconds.append(told.seconds)
        allocated.append(torch.cuda.memory_allocated())
        reserved.append(torch.cuda.memory_reserved())
    assert max(allocated[2:]) <= max(allocated[:2]) * 1.001
    assert max(reserved[2:]) <= max(reserved[:2]) * 1.001
    assert {n: p.data_ptr() for n, p in lab.engine._residency.loaded.pipe.unet.named_parameters()} == addresses
    for model in models:
        assert lab.pixels(model) == pixels[model.id]
    spread = f"{min(seconds):.4f} to {max(seconds):.4f}"
    print(f"switch from {source}: median {statistics.median(seconds):.4f} s of {SWITCHES} ({spread}) on {first.device}")


def test_a_load_from_the_page_cache(open_lab: Callable[..., SwitchLab], models: tuple[Model, Model]) -> None:
    first, later = [], []
    for _ in range(3):
        lab = open_lab(keep_vram="0", keep_ram="0")
        while not lab.engine.status.device:
            time.sleep(0.05)
        first.append(lab.switch(models[0]).seconds)
        later += [lab.switch(models[number % 2]).seconds for number in (1, 2, 3)]
        assert lab.engine.close(timeout=60)
    print(f"first load with its warm-up: {[round(value, 3) for value in first]} s")
    print(f"later loads from the page cache: median {statistics.median(later):.3f} s of {len(later)}")


def test_in_the_other_order_of_convolutions_the_copies_still_fit(
    open_lab: Callable[..., SwitchLab], models: tuple[Model, Model]
) -> None:
    lab, (one, other) = open_lab(keep_vram="20", keep_ram="0"), models
    pixels = {model.id: lab.pixels(model) for model in models}
    lab.engine._residency.loaded.speed._lay_out("eager")
    lab.switch(one)
    assert lab.pixels(one) == pixels[one.id]
    assert lab.pixels(other) == pixels[other.id]


def test_copies_leave_a_job_its_room_and_come_back(
    open_lab: Callable[..., SwitchLab], models: tuple[Model, Model]
) -> None:
    lab = open_lab(keep_ram="0")
    for model in models:
        lab.pixels(model)
    lab.until_copies({model.id: "VRAM" for model in models})
    copies = lab.engine.status.copies
    assert 12 < copies.vram_used / GIB < 14
    print(f"models in VRAM: {copies.vram_used / GIB:.1f} of {copies.vram_budget / GIB:.1f} GiB")
    assert lab.engine._residency.make_room_for_job() >= copies.vram_used  # Graphs go as well.
    assert lab.engine.status.copies.vram_used == 0
    assert lab.switch(models[0]).source == "files"


def test_reading_into_ram_does_not_slow_the_job_that_runs(
    open_lab: Callable[..., SwitchLab], models: tuple[Model, Model]
) -> None:
    """Prints figures: a job alone, and one while a model is read into pinned host RAM."""

    def took(lab: SwitchLab) -> float:
        done = lab.run(request(model=models[0], width=1024, height=1024, steps=30, speed="fast"))
        assert isinstance(done, JobDone)
        return done.seconds

    alone = open_lab(keep_vram="0", keep_ram="0")
    alone.pixels(models[0])
    quiet = statistics.median(took(alone) for _ in range(3))
    assert alone.engine.close(timeout=60)
    lab = open_lab(keep_vram="0", keep_ram="20")
    for model in models:
        lab.engine.keep_warm(model, True)
    lab.pixels(models[0])
    busy = took(lab)
    lab.until_in_ram(*models)
    for model in models:
        lab.engine.keep_warm(model, False)
    print(f"30 steps alone {quiet:.3f} s, beside reading into RAM {busy:.3f} s")
