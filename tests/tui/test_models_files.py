"""Single files, hashes and commands on the models screen."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sdxl_tui.core.check import HUB, check_model
from sdxl_tui.core.models import CATALOGUE, Model
from sdxl_tui.core.verifying import Verdict
from sdxl_tui.tui.verification import DONE, Verification
from tests.core.checkpoint_files import SDXL_SHAPES, write_header
from tests.tui.conftest import BROKEN, NASTY, REAL

OpenLab = Callable[..., Any]


def add(lab: Any, model: Model) -> None:
    """Put a model on the shelf as it lies on disk, and select it."""
    lab.shelf.models[model.id] = model
    lab.shelf.reports[model.id] = check_model(model)
    screen = lab.app.screen
    screen.show()
    screen.list.select(model.id)
    screen.show()


def single_file(tmp_path: Path, name: str = "juggernaut.safetensors", **changes: Any) -> Model:
    file = write_header(tmp_path / "checkpoints" / name, SDXL_SHAPES)
    values = {"id": file.stem, "name": file.stem, "description": "single-file checkpoint", "file": file} | changes
    return replace(CATALOGUE[REAL], **values)


async def test_a_single_file_is_shown_with_where_it_lies(open_lab: OpenLab, tmp_path: Path) -> None:
    async with open_lab() as lab:
        await lab.press("alt+6")
        add(lab, single_file(tmp_path))
        await lab.sees("● juggernaut")
        await lab.sees("juggernaut.safetensors")
        await lab.press("y")
        assert lab.app.clipboard == str(tmp_path / "checkpoints" / "juggernaut.safetensors")


async def test_what_is_no_sdxl_says_what_it_is(open_lab: OpenLab, tmp_path: Path) -> None:
    async with open_lab() as lab:
        await lab.press("alt+6")
        file = write_header(tmp_path / "dream.safetensors", {"cond_stage_model.transformer.x": (4,)})
        add(lab, single_file(tmp_path, id="dream", name="dream", file=file))
        await lab.sees("▲ dream")
        await lab.sees("It is a Stable Diffusion 1 checkpoint;")
        await lab.press("enter")
        await lab.sees("× dream is incomplete: It is a Stable Diffusion 1")


async def test_check_again_finds_files_that_were_added(
    open_lab: OpenLab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SDXL_TUI_CHECKPOINT_DIR", str(tmp_path / "checkpoints"))
    async with open_lab() as lab:
        await lab.press("alt+6")
        assert "brandnew" not in lab.shown
        single_file(tmp_path, "brandnew.safetensors")
        await lab.press("c")
        await lab.until(lambda: "brandnew" in lab.shelf.models)
        await lab.press("end")
        await lab.sees("brandnew")
        await lab.until(lambda: "brandnew" in lab.shelf.reports)
        await lab.press("1", "alt+m")
        await lab.type("brandnew")
        await lab.press("enter")
        await lab.until(lambda: lab.draft.model.id == "brandnew")


async def test_v_says_whether_the_hash_is_right(open_lab: OpenLab, tmp_path: Path) -> None:
    async with open_lab() as lab:
        await lab.press("alt+6")
        add(lab, single_file(tmp_path))
        await lab.press("v")
        await lab.sees("Nothing says which hashes the files of")
        (tmp_path / "checkpoints" / "juggernaut.sha256").write_text("0" * 64)
        await lab.press("v")
        await lab.sees("▲ juggernaut: juggernaut.safetensors does not match")
        await lab.until(lambda: lab.state.verifying is None)


async def test_v_shows_how_far_it_is_and_v_or_x_stops_it(
    open_lab: OpenLab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    goes_on = threading.Event()

    def slow(report: Any, tell: Callable[[str, int, int], None]) -> Verdict:
        for _ in range(1000):
            tell(f"unet/{NASTY}", 43, 100)
            goes_on.wait(0.02)
        return Verdict()

    monkeypatch.setattr("sdxl_tui.tui.verification.verify", slow)
    async with open_lab() as lab:
        await lab.press("alt+6")
        add(lab, single_file(tmp_path))
        for stop in ("v", "x"):
            await lab.press("v")
            await lab.sees("verifying 43 %")
            await lab.sees("► verifying unet/[/]")
            assert lab.state.verifying is not None
            await lab.press(stop)
            await lab.sees("– juggernaut was not verified: it was stopped.")
            assert lab.state.verifying is None


async def test_a_damaged_model_shows_the_command_that_mends_it(open_lab: OpenLab) -> None:
    async with open_lab() as lab:
        await lab.press("alt+6")
        report = replace(lab.shelf.reports[REAL], source=HUB)
        lab.shelf.reports[REAL] = report
        lab.state.verifications[REAL] = known = Verification(report)
        known.state, known.verdict = DONE, Verdict(wrong=("unet/a does not match the hash in the hub cache.",))
        lab.app.screen.list.select(REAL)
        lab.app.screen.show()
        await lab.press("g")
        assert lab.app.clipboard == f"sdxl-tui models download {REAL} --repair"
        await lab.sees("▲ unet/a does not match the hash in the")


async def test_what_is_not_here_is_not_verified(open_lab: OpenLab) -> None:
    async with open_lab() as lab:
        await lab.press("alt+6", "home", "v")
        await lab.sees("▲ SDXL Base 1.0 is not here: there is nothing to verify.")


async def test_g_copies_the_command_that_fetches_a_model(open_lab: OpenLab) -> None:
    async with open_lab() as lab:
        await lab.press("alt+6")
        report = lab.shelf.reports[BROKEN]
        lab.shelf.reports[BROKEN] = replace(report, source=HUB)
        lab.app.screen.list.select(BROKEN)
        lab.app.screen.show()
        await lab.press("g")
        assert lab.app.clipboard == f"sdxl-tui models download {BROKEN}"
        await lab.sees("● Sent to your clipboard: sdxl-tui models download")
        await lab.press("end", "g")
        await lab.sees("There is no command that Demo needs.")


async def test_names_of_files_are_never_markup(open_lab: OpenLab, tmp_path: Path) -> None:
    async with open_lab() as lab:
        await lab.press("alt+6")
        name = r"[red]x[ [$accent] \[".replace("/", "")
        add(lab, single_file(tmp_path, f"{name}.safetensors"))
        await lab.sees(f"● {name}")
        await lab.press("v")
        await lab.sees("Nothing says which hashes")


async def test_the_picker_offers_single_files(open_lab: OpenLab, tmp_path: Path) -> None:
    async with open_lab() as lab:
        lab.shelf.models["jug"] = single_file(tmp_path, id="jug", name="My Photos")
        lab.shelf.reports["jug"] = check_model(lab.shelf.models["jug"])
        await lab.press("alt+m")
        await lab.type("photos")
        await lab.sees("My Photos")
        await lab.press("enter")
        assert lab.draft.model.id == "jug"


async def test_a_folder_that_cannot_be_looked_into_is_said(open_lab: OpenLab) -> None:
    async with open_lab(settings={"checkpoint_dir": "/nowhere"}) as lab:
        await lab.until(lambda: any("checkpoint_dir names /nowhere" in note for note in lab.notes))
