"""What the lab begins with when nobody named a model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sdxl_tui.core import joblog, state
from sdxl_tui.core.check import ModelReport
from sdxl_tui.core.models import CATALOGUE, DEMO
from tests.tui import conftest
from tests.tui.conftest import REAL

OpenLab = Callable[..., Any]
TURBO = "stabilityai/sdxl-turbo"


async def test_one_enter_paints_where_there_is_no_model(
    open_lab: OpenLab, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("models--x--llama", "models--y--bert", "datasets--z"):
        (own_home.parent / "hub" / name).mkdir(parents=True)

    def only_the_demo(model: Any) -> ModelReport:
        return ModelReport(model, "ready" if model.id == DEMO else "absent", (), None, "", 0, {})

    monkeypatch.setattr(conftest, "check", only_the_demo)
    async with open_lab(model=None) as lab:
        await lab.sees("a red apple on a blue")
        await lab.sees("2 folders, none of them SDXL")
        await lab.sees("to paint a first picture")
        await lab.press("enter")
        assert lab.engine.request.prompt == "a red apple on a blue background"
        assert lab.engine.request.model.id == DEMO


async def test_a_prompt_that_is_typed_already_stays(open_lab: OpenLab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conftest, "check", lambda model: ModelReport(model, "absent", (), None, "", 0, {}))
    async with open_lab(model=None, prompt="a red fox") as lab:
        await lab.until(lambda: lab.app.notes.in_order())
        assert lab.home.form.prompt.area.text == "a red fox"


async def test_the_model_used_last_is_chosen_and_said(
    open_lab: OpenLab, own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conftest, "check", lambda model: ModelReport(model, "ready", (), None, "", 0, {}))
    joblog.append(tmp_path / "pictures", {"job_id": "1", "model": REAL})
    joblog.append(tmp_path / "pictures", {"job_id": "2", "model": TURBO})
    state.remember_load_seconds(TURBO, 0.4)
    sentence = "□ SDXL Turbo was used last: enter loads it (about 0.40 s) and generates."
    async with open_lab(model=None) as lab:
        await lab.until(lambda: sentence in lab.notes)
        assert lab.draft.model.id == TURBO
        assert lab.home.form.prompt.area.text == ""
        lab.engine.let_load(CATALOGUE[TURBO], 0.1)
        await lab.until(lambda: sentence not in lab.notes)


async def test_the_first_ready_one_is_said_where_nothing_was_used(open_lab: OpenLab) -> None:
    async with open_lab(model=None) as lab:
        await lab.until(lambda: "□ RealVisXL V5.0 is ready: enter loads it and generates." in lab.notes)
        await lab.press("alt+m", "d", "e", "m", "o")
        await lab.until(lambda: not any("RealVisXL" in note for note in lab.notes))
