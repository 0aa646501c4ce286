"""Where a bench runs: its model, its plan, a home of its own, and folders that go with it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sdxl_tui.core import paths
from sdxl_tui.core.check import FILE, READY, ModelReport, check_model
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.models import DEMO, Model, load_catalogue
from sdxl_tui.core.settings import Settings
from sdxl_tui.engine.bench.plan import Plan, plan_for
from sdxl_tui.engine.bench.random_weights import random_model
from sdxl_tui.engine.device import Device, choose_device

if TYPE_CHECKING:
    from sdxl_tui.engine.bench.lab import BenchLab
    from sdxl_tui.engine.bench.stock import Stock


@dataclass(frozen=True)
class BenchOptions:
    """What the user asks of the bench."""

    settings: Settings
    model: Model | None = None
    """None: the first one that is ready; on a CPU the demo model."""
    random_weights: bool = False
    """The full-size SDXL, with random weights, in place of a model."""
    keep: bool = False
    """Leave it in the cache folder for the next time."""
    quick: bool = False
    only: tuple[str, ...] = ()
    """Names of the sections to measure; empty: all that this machine can."""


@dataclass(frozen=True)
class Workplace:
    """What the sections work with."""

    device: Device
    report: ModelReport
    """Of the model that is measured."""
    plan: Plan
    folder: Path
    """For pictures and links, removed at the end."""
    settings: Settings
    step_seconds: dict[str, float] = field(default_factory=dict)
    """Of a step of the plan's first shape, by ``stock`` and speed, as far as it was measured."""
    stock_loads: list[float] = field(default_factory=list)
    """Seconds of stock's loads, as far as they were measured."""

    @property
    def model(self) -> Model:
        """The model that is measured."""
        return self.report.model

    def lab(self, **changes: Any) -> BenchLab:
        """Return an engine of its own, to be entered; ``changes`` are settings."""
        from sdxl_tui.engine.bench.lab import BenchLab

        return BenchLab(replace(self.settings, **changes))

    def stock(self) -> Stock:
        """Return stock diffusers on the same files, to be entered."""
        from sdxl_tui.engine.bench.stock import Stock

        return Stock(self.report, self.device, self.folder)

    def another(self, number: int) -> Model:
        """Return a model that has the same weights under another name: its files are links."""
        folder = self.folder / f"model-{number}"
        if not folder.exists():
            assert self.report.folder is not None, "a model that is ready has one"
            shutil.copytree(self.report.folder.resolve(), folder, copy_function=_link)
        return replace(self.model, id=f"bench/{number}", name=f"{self.model.name} {number}", folder=folder)


@contextmanager
def workplace(options: BenchOptions) -> Iterator[Workplace]:
    """Give a workplace; what it wrote is removed afterwards, and the user's own lab is not touched.

    Raises UserError when the device or the model cannot be had.
    """
    if options.model is not None:
        _ready(options.model)  # Refused before torch is imported.
    device = choose_device(options.settings.device)
    with tempfile.TemporaryDirectory(prefix="sdxl-tui-bench-") as name, _model(options, device) as report:
        folder = Path(name)
        settings = replace(
            Settings(), output_dir=folder / "pictures", log_dir=options.settings.log_dir, device=options.settings.device
        )
        plan = plan_for(report.model, device.kind != "cpu", options.quick)
        with home(folder / "home"):
            yield Workplace(device, report, plan, folder, settings)


@contextmanager
def home(folder: Path) -> Iterator[None]:
    """Let state and settings lie in ``folder`` for a while."""
    before = os.environ.get("SDXL_TUI_HOME")
    os.environ["SDXL_TUI_HOME"] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ["SDXL_TUI_HOME"]
        else:
            os.environ["SDXL_TUI_HOME"] = before


@contextmanager
def _model(options: BenchOptions, device: Device) -> Iterator[ModelReport]:
    if options.random_weights:
        if device.kind == "cpu":
            raise UserError(
                "The full-size SDXL with random weights is measured on a GPU; without it the demo model is."
            )
        place = paths.cache_dir() / "bench"
        try:
            yield check_model(random_model(place))
        finally:
            if not options.keep:
                shutil.rmtree(place, ignore_errors=True)
        return
    yield _first_ready(device) if options.model is None else _ready(options.model)


def _ready(model: Model) -> ModelReport:
    report = check_model(model)
    if report.state != READY:
        raise UserError(f"{model.name} is not ready: {' '.join(report.problems)}")
    if report.source == FILE:
        raise UserError(f"{model.name} is a single file: the bench, which runs stock diffusers too, needs a folder.")
    return report


def _first_ready(device: Device) -> ModelReport:
    catalogue = load_catalogue()
    demo = check_model(catalogue[DEMO])
    if device.kind == "cpu":
        return demo
    reports = (check_model(model) for model in catalogue.values() if model.id != DEMO)
    return next((report for report in reports if report.state == READY and report.source != FILE), demo)


def _link(source: str, target: str) -> None:
    Path(target).symlink_to(Path(source).resolve())
