"""The pre-check of ``generate``: what it says, what ``--fit`` runs, and that others on the card are seen."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sdxl_tui.cli import main, precheck
from sdxl_tui.cli.precheck import Precheck
from sdxl_tui.core.plans import QUICKEST, Plan
from sdxl_tui.core.request import GenerationRequest
from sdxl_tui.core.settings import Settings
from sdxl_tui.core.vram import NEARLY, OTHERS, SAME, Card, Choice, Outlook
from sdxl_tui.engine import Engine
from tests.engine.conftest import request

GIB = 2**30
CARD = Card(total=80 * GIB, free=18 * GIB, ours=2 * GIB)


class Driver:
    """An engine's card as the test says."""

    def __init__(self, card: Card | None = CARD) -> None:
        self.card = card

    def read_card(self) -> Card | None:
        return self.card


@pytest.fixture(autouse=True)
def _looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A job of 8 needs 26.3 GiB; as 4 + 4 it needs 15."""

    def outlook(asked: GenerationRequest, card: Card, *, reserve: int = 0, **_: Any) -> Outlook:
        room = card.free + card.spare - reserve
        size = (asked.width, asked.height)
        needs = round(26.3 * GIB) if asked.plan == QUICKEST and asked.batch_size == 8 else 15 * GIB
        whole = Choice(asked.plan, size, needs, room, SAME)
        ways = (
            Choice(Plan(lean=True), size, 20 * GIB, room, SAME),
            Choice(Plan(lean=True, pass_pictures=4), size, 15 * GIB, room, NEARLY),
            Choice(Plan(lean=True, pass_pictures=1, tiled=True), (64, 64), 8 * GIB, room, OTHERS),
        )
        return Outlook(whole, () if not whole.over else ways, 0.04)

    monkeypatch.setattr(precheck, "outlook", outlook)


def checked(driver: Driver, *, fit: bool = False, **settings: str) -> tuple[GenerationRequest, str]:
    return Precheck(driver, replace(Settings(), vram_reserve="0", **settings), fit=fit).checked(request(batch_size=8))


def test_it_says_what_is_needed_and_names_the_remedy() -> None:
    asked, said = checked(Driver())
    assert asked == request(batch_size=8)
    assert said == (
        "This job needs 26.3 GiB, 18.0 are free: it runs as it is, and may run out of memory; --fit runs it as 4 + 4."
    )


@pytest.mark.parametrize(("fit", "vram_fit"), [(True, "ask"), (False, "always")])
def test_it_is_fitted_where_that_is_wanted(fit: bool, vram_fit: str) -> None:
    fitted, said = checked(Driver(), fit=fit, vram_fit=vram_fit)
    assert fitted.plan == Plan(lean=True, pass_pictures=4)
    assert said == "This job needs 26.3 GiB, 18.0 are free: it runs as 4 + 4."


def test_a_smaller_size_comes_last_and_is_named() -> None:
    fitted, said = checked(Driver(replace(CARD, free=9 * GIB)), fit=True)
    assert (fitted.width, fitted.height) == (64, 64)
    assert "9.0 are free: it runs at 64×64, one by one, decoded in tiles." in said


def test_what_nothing_makes_fit_runs_as_it_is() -> None:
    asked, said = checked(Driver(replace(CARD, free=GIB)), fit=True)
    assert asked.plan == QUICKEST
    assert "1.0 are free: it runs as it is, " in said
    assert said.endswith("a smaller size or batch needs less.")


def test_it_is_silent_without_a_card_or_when_it_is_off() -> None:
    assert checked(Driver(None), fit=True)[1] == ""
    assert checked(Driver(), vram_check="off")[1] == ""
    assert checked(Driver(), device="cpu")[1] == ""
    assert checked(Driver(), vram_check="off", fit=True)[1] != ""


def test_generate_says_it_on_stderr_before_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Engine, "read_card", lambda engine: CARD)
    Path("night.jsonl").write_text('{"prompt": "a fox", "batch_size": 8}\n{"prompt": "a cat"}\n')
    command = ["generate", "--model", "demo", "--size", "64x64", "--steps", "1", "--json", "--fit"]
    assert main([*command, "--jobs", "night.jsonl"]) == 0
    out, err = capfd.readouterr()
    assert err == "▲ Line 1: This job needs 26.3 GiB, 17.5 are free: it runs as 4 + 4.\n"
    plans = [json.loads(line).get("plan") for line in out.splitlines()]
    assert plans == [{"lean": True, "splits": [4, 4]}, None]
    assert main([*command, "--prompt", "a fox", "--batch", "8"]) == 0
    assert capfd.readouterr().err == "▲ This job needs 26.3 GiB, 17.5 are free: it runs as 4 + 4.\n"
