"""What is got ready before a model is chosen."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from sdxl_tui.core.cache import DEMO_FOLDER
from sdxl_tui.core.checkpoint_kind import SDXL_CONFIGS
from sdxl_tui.core.models import CATALOGUE, DEMO
from sdxl_tui.core.speeds import EAGER, FAST
from sdxl_tui.engine import ModelLoaded, ModelLoading, rehearsal, residency
from sdxl_tui.engine.architecture import make_modules, understood, written_configs
from sdxl_tui.engine.device import choose_device
from tests.engine.conftest import Lab


def widths_of(changes: dict[str, dict[str, object]]) -> set[tuple[object, ...]]:
    """Kind and size of each layer that kernels are compiled for."""
    written = written_configs(SDXL_CONFIGS)
    modules = make_modules(understood({part: {**written[part], **changes.get(part, {})} for part in written}))
    return {
        (type(layer).__name__, tuple(layer.weight.shape))
        for part in ("unet", "vae")
        for layer in modules[part].modules()
        if getattr(layer, "weight", None) is not None
    }


def test_the_stand_in_has_every_layer_of_sdxl() -> None:
    assert widths_of(rehearsal.FEW_LAYERS) == widths_of({})


@pytest.mark.parametrize("speed", [EAGER, FAST])
def test_it_runs_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch, speed: str) -> None:
    monkeypatch.setattr(rehearsal, "SDXL_CONFIGS", DEMO_FOLDER)
    monkeypatch.setattr(rehearsal, "FEW_LAYERS", {})
    warm_up, made = rehearsal.warm_up, []

    def noted(loaded, wanted: str) -> None:
        warm_up(loaded, wanted)
        made.append(loaded.pipe.unet.conv_in.weight)

    monkeypatch.setattr(rehearsal, "warm_up", noted)
    rehearsal.rehearse(choose_device("cpu"), speed)
    [weight] = made
    assert float(weight.float().mean()) == pytest.approx(rehearsal.WEIGHT)


@pytest.fixture(autouse=True)
def as_on_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    rehearse = residency.Residency.rehearse

    def of_a_card(self: residency.Residency) -> None:
        device = self._device
        self._device = replace(device, kind="cuda")
        try:
            rehearse(self)
        finally:
            self._device = device

    monkeypatch.setattr(residency.Residency, "rehearse", of_a_card)


def test_a_model_that_is_asked_for_meanwhile_is_told_to_wait(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    begun, may_end = threading.Event(), threading.Event()

    def rehearse(device: object, speed: str) -> None:
        begun.set()
        may_end.wait(60)

    monkeypatch.setattr(residency, "rehearse", rehearse)
    lab = Lab(tmp_path)
    assert begun.wait(60)
    assert lab.engine.status.starting
    lab.engine.load(CATALOGUE[DEMO])
    assert lab.until(ModelLoading).step == "starting torch"
    may_end.set()
    lab.until(ModelLoaded)
    assert not lab.engine.status.starting
    assert lab.engine.close(timeout=30)


def test_one_that_fails_is_a_line_in_the_log(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def rehearse(device: object, speed: str) -> None:
        raise RuntimeError("CUDA out of memory")

    monkeypatch.setattr(residency, "rehearse", rehearse)
    lab = Lab(tmp_path)
    while lab.engine.status.starting:
        time.sleep(0.01)
    assert "the first model will have to start what it needs" in caplog.text
    lab.engine.load(CATALOGUE[DEMO])
    lab.until(ModelLoaded)
    assert lab.engine.close(timeout=30)
