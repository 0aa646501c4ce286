"""The models screen: states, loads, and what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.events import MouseScrollDown

from sdxl_tui.core.check import ModelReport
from sdxl_tui.core.models import CATALOGUE, DEMO
from sdxl_tui.engine import CopiesChanged, JobStarted, ModelFailed, ModelLoaded, ModelLoadStopped
from tests.tui.conftest import BROKEN, NASTY, REAL

OpenLab = Callable[..., Any]
TURBO = "stabilityai/sdxl-turbo"


async def test_the_list_says_how_each_model_is(open_lab: OpenLab) -> None:
    async with open_lab() as lab:
        await lab.press("alt+6")
        for text in ("● RealVisXL V5.0", "▲ CyberRealistic XL 5.8", "□ SDXL Turbo", "incomplete", "absent", "ready"):
            await lab.sees(text)
        await lab.press("k", "k", "k", "k", "j")
        await lab.sees("▲ unet/ has 3.1 of 4.8 GiB.")
        await lab.sees("looks again once it is mended")


async def test_enter_loads_and_the_form_makes_with_it(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        real = CATALOGUE[REAL]
        await lab.press("alt+6", "home", "down", "down", "enter")
        assert lab.engine.loads == [real]
        assert lab.draft.model.id == REAL
        lab.engine.let_load(real, 0.62)
        await lab.sees("loading  UNet 62 %")
        await lab.sees("● text encoders")
        await lab.sees("► RealVisXL V5.0")
        lab.engine.let_load(real)
        await lab.sees("in use")
        await lab.sees("● RealVisXL V5.0 loaded in 0.41 s.")


async def test_the_header_is_yellow_everywhere_while_a_model_loads(open_lab: OpenLab) -> None:
    async with open_lab() as lab:
        lab.engine.let_load(CATALOGUE[DEMO], 0.3)
        for key in ("alt+6", "5", "1"):
            await lab.press(key)
            await lab.sees("► Demo")
            header = lab.app.screen.header
            line = header.status if header.status_row.display else header.tabs
            assert ("► ", "busy") in (*line._left, *line._right)


async def test_generate_is_enabled_right_after_a_load(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("alt+6", "enter")
        lab.engine.let_load(CATALOGUE[DEMO], 0.3)
        await lab.press("1")
        bar = lab.home.form.enter_bar
        await lab.until(lambda: bar.has_class("-busy"))
        assert "loading" in bar.text
        lab.engine.let_load(CATALOGUE[DEMO])
        await lab.until(lambda: not bar.has_class("-busy"))
        assert "enter  generate 1" in bar.text
        await lab.press("alt+p", "enter")
        assert len(lab.engine.jobs) == 1


async def test_a_model_in_use_is_not_loaded_again(open_lab: OpenLab) -> None:
    async with open_lab() as lab:
        lab.engine.let_load(CATALOGUE[DEMO])
        await lab.until(lambda: lab.state.model == DEMO)
        lab.state.loaded_at = "14:02"
        await lab.press("alt+6", "enter")
        await lab.sees("● Re-using Demo, loaded at 14:02.")
        assert lab.engine.loads == []


async def test_a_model_that_is_not_ready_is_not_loaded(open_lab: OpenLab) -> None:
    async with open_lab() as lab:
        await lab.press("alt+6", "up", "up", "up", "enter")
        await lab.sees("× CyberRealistic XL 5.8 is incomplete: unet/ has 3.1")
        assert lab.engine.loads == []
        assert lab.draft.model.id == DEMO


async def test_a_failed_load_says_why_and_the_one_before_stays(open_lab: OpenLab) -> None:
    async with open_lab() as lab:
        real = CATALOGUE[REAL]
        lab.engine.let_load(CATALOGUE[DEMO])
        await lab.press("alt+6", "home", "down", "down", "enter")
        lab.engine.let_load(real, 0.2)
        lab.engine.emit(ModelFailed(REAL, real.name, f"not enough GPU memory {NASTY}.", "Demo"))
        await lab.sees("failed")
        await lab.sees("in use")
        await lab.sees(f"not enough GPU memory {NASTY}.")
        await lab.sees("● Demo is still in use.")
        assert any(note.startswith("× RealVisXL V5.0 did not load") for note in lab.notes)
        lab.engine.let_load(real, 0.1)
        await lab.until(lambda: "failed" not in lab.shown)


async def test_x_stops_a_load_and_a_job_that_asked_for_one(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("alt+6", "x")
        await lab.sees("Nothing is being loaded.")
        await lab.press("enter")
        lab.engine.let_load(CATALOGUE[DEMO], 0.3)
        await lab.sees("stop loading")
        await lab.press("x")
        assert lab.engine.stopped_loads == [DEMO]
        lab.engine.emit(ModelLoadStopped(DEMO, "Demo", None))
        await lab.sees("– Demo was not loaded: it was stopped.")
        assert lab.state.loading is None
        await lab.press("1", "alt+p", "enter", "alt+6")
        lab.engine.let_load(CATALOGUE[DEMO], 0.3)
        await lab.until(lambda: lab.state.loading)
        await lab.press("x")
        assert lab.engine.cancelled == [lab.engine.jobs[0].id]


async def test_another_choice_takes_the_place_of_the_load_that_goes_on(open_lab: OpenLab) -> None:
    async with open_lab() as lab:
        await lab.press("alt+6", "enter")
        lab.engine.let_load(CATALOGUE[DEMO], 0.3)
        await lab.until(lambda: lab.state.loading)
        await lab.press("home", "down", "down", "enter")
        assert lab.engine.stopped_loads == [DEMO]
        assert [model.id for model in lab.engine.loads] == [DEMO, REAL]


async def test_d_gives_the_edits_back(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("alt+e", "9", "alt+s", *"512x512", "alt+6")
        await lab.sees("the form keeps your steps 9, size 512×512")
        await lab.press("d")
        await lab.sees("The form makes with Demo: 12 steps, cfg 4.0, 128×128, Euler.")
        assert (lab.draft.text("steps"), lab.draft.text("size")) == ("12", "128×128")


async def test_c_checks_the_folders_again(open_lab: OpenLab) -> None:
    async with open_lab() as lab:
        await lab.press("alt+6", "up", "up", "up")
        await lab.sees("has 3.1 of 4.8 GiB")
        lab.shelf.check = lambda model: ModelReport(model, "ready", (), None, "", 0, {})
        await lab.press("c")
        await lab.until(lambda: "incomplete" not in lab.shown and "absent" not in lab.shown)
        await lab.press("enter")
        assert [model.id for model in lab.engine.loads] == [BROKEN]


async def test_it_says_where_models_lie_and_what_a_switch_takes(open_lab: OpenLab) -> None:
    async with open_lab() as lab:
        gib = 2**30
        lab.shelf.check = lambda model: ModelReport(model, "ready", (), None, "", 7 * gib, {})
        await lab.press("alt+6", "c")
        await lab.sees("7.0 GiB in files")
        for model, source, took in ((TURBO, "files", 1.7), (REAL, "RAM", 0.14), (DEMO, "VRAM", 0.012)):
            lab.engine.emit(ModelLoaded(model, CATALOGUE[model].name, took, "H100", source))
        await lab.sees("● Demo loaded in 0.01 s from VRAM.")
        tiers = {REAL: "VRAM", TURBO: "RAM"}
        lab.engine.emit(CopiesChanged(tiers, 13 * gib, 53 * gib, 6 * gib, 40 * gib, reading=BROKEN))
        await lab.sees("in VRAM · switch about 0.01 s")
        await lab.sees("in RAM · switch about 0.14 s")
        await lab.sees("being read into RAM")
        await lab.sees("7.0 GiB in files")
        for figure in ("13.0 GiB of 53.0 GiB", "6.0 GiB of 40.0 GiB"):
            await lab.sees(figure)
        await lab.press("home", "down")
        lab.engine.emit(CopiesChanged({REAL: "VRAM"}, 7 * gib, 53 * gib))
        await lab.sees("7.0 GiB in files · load about 1.7 s")


@pytest.mark.parametrize("size", [(120, 40)], ids=str)
async def test_o_keeps_a_model_in_ram_and_no_longer(open_lab: OpenLab) -> None:
    async with open_lab() as lab:
        await lab.press("alt+6", "home", "down", "down")
        await lab.sees("kept in RAM □ no")
        await lab.press("o")
        await lab.sees("● RealVisXL V5.0 is kept in RAM, every day once the first job has run.")
        await lab.sees("kept in RAM ● yes")
        await lab.until(lambda: lab.engine.kept_warm == {REAL: True})
        await lab.press("o")
        await lab.sees("● RealVisXL V5.0 is no longer kept in RAM.")
        await lab.until(lambda: lab.engine.kept_warm == {REAL: False})
        assert lab.engine.loads == []
        await lab.press("down", "o")
        await lab.sees("× CyberRealistic XL 5.8 is incomplete")
        assert BROKEN not in lab.engine.kept_warm


@pytest.mark.parametrize("size", [(80, 24)], ids=str)
@pytest.mark.parametrize(
    ("keep_ram", "answer"), [("0", "the setting keep_ram is 0"), ("auto", "on a CPU set keep_ram")], ids=["none", "CPU"]
)
async def test_a_mark_that_comes_to_nothing_says_so(open_lab: OpenLab, keep_ram: str, answer: str) -> None:
    async with open_lab(settings={"keep_ram": keep_ram}) as lab:
        lab.engine.let_load(CATALOGUE[DEMO])
        await lab.press("alt+6", "o")
        await lab.sees(answer[:20])
        assert any(answer in note.text for note in lab.app.screen._answers.in_order())


async def test_y_copies_the_folder_and_long_ones_are_cut_in_the_middle(open_lab: OpenLab) -> None:
    folder = Path("/models") / ("deep/" * 30) / NASTY.replace("/", "")
    async with open_lab() as lab:
        lab.shelf.check = lambda model: ModelReport(model, "ready", (), folder, "abc123", 7 * 2**30, {})
        await lab.press("alt+6", "c")
        await lab.sees("/models")
        await lab.sees("…")
        await lab.sees(NASTY.replace("/", "")[-15:])
        await lab.sees("7.0 GiB")
        await lab.sees("abc123")
        await lab.press("y")
        assert lab.app.clipboard == str(folder)
        await lab.sees("Path sent to your clipboard.")


async def test_nasty_names_are_shown_as_they_are(open_lab: OpenLab) -> None:
    async with open_lab() as lab:
        bad = replace(CATALOGUE[TURBO], name=f"A {NASTY}", description=f"B {NASTY}", licence=f"C {NASTY}")
        lab.shelf.models[TURBO] = bad
        lab.shelf.check = lambda model: ModelReport(model, "incomplete", (f"D {NASTY}",), None, "", 0, {})
        await lab.press("alt+6", "c", "home", "down")
        for letter in "ACD":
            await lab.sees(f"{letter} {NASTY}")


async def test_it_comes_back_as_it_was_left(open_lab: OpenLab) -> None:
    async with open_lab() as lab:
        await lab.press("alt+6", "home", "down", "escape")
        assert lab.app.screen is lab.home
        assert lab.app.focused.id == "prompt-area"
        await lab.press("alt+6")
        assert lab.app.focused.id == "models"
        assert lab.app.focused.selected == TURBO
        await lab.press("5", "6", "1")
        assert lab.app.screen is lab.home


async def test_a_load_waits_for_the_running_job(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        lab.engine.let_load(CATALOGUE[DEMO])
        await lab.press("enter")
        lab.engine.emit(JobStarted(lab.engine.jobs[0].id, 12))
        await lab.press("alt+6", "home", "down", "down", "enter")
        await lab.sees("● Loading RealVisXL V5.0 after the running job")


@pytest.mark.parametrize("size", [(40, 12)], ids=str)
async def test_in_a_tiny_window_the_list_alone_works(open_lab: OpenLab, size: tuple[int, int]) -> None:
    async with open_lab() as lab:
        await lab.press("alt+6")
        await lab.sees("● Demo")
        await lab.press("up", "up", "up", "up", "enter")
        assert [model.id for model in lab.engine.loads] == [REAL]
        lab.engine.let_load(CATALOGUE[REAL], 0.5)
        await lab.sees("UNet 50 %")


@pytest.mark.parametrize("size", [(80, 24)], ids=str)
async def test_the_mouse_selects_loads_and_scrolls(open_lab: OpenLab, size: tuple[int, int]) -> None:
    async with open_lab() as lab:
        await lab.press("alt+6")
        await lab.sees("RealVisXL V5.0")
        await lab.pilot.click("#models", offset=(10, 4))
        assert lab.app.focused.selected == REAL
        await lab.pilot.click("#models", offset=(10, 4), times=2)
        await lab.until(lambda: lab.engine.loads)
        assert lab.engine.loads[0].id == REAL
        lab.shelf.models.update(
            {f"own/{n}": replace(CATALOGUE[REAL], id=f"own/{n}", name=f"Own {n}") for n in range(9)}
        )
        lab.app.screen.show()
        await lab.press("home")
        assert "Own 8" not in lab.shown
        for _ in range(8):
            lab.app.focused.post_message(MouseScrollDown(None, 0, 0, 0, 0, 0, False, False, False))
        await lab.sees("Own 8")
        assert lab.app.focused.selected == next(iter(CATALOGUE))
        await lab.press("down")
        await lab.sees("SDXL Turbo")
        await lab.press("pagedown", "pagedown", "end")
        assert lab.app.focused.selected == "own/8"


@pytest.mark.parametrize("size", [(80, 24)], ids=str)
async def test_many_problems_are_all_reachable(open_lab: OpenLab, size: tuple[int, int]) -> None:
    async with open_lab() as lab:
        problems = tuple(f"problem number {number}" for number in range(20))
        lab.shelf.check = lambda model: ModelReport(model, "incomplete", problems, None, "", 0, {})
        await lab.press("alt+6", "c")
        await lab.sees("problem number 2")
        await lab.until(lambda: lab.app.screen.pane.can_focus)
        await lab.press("tab", "end")
        await lab.sees("problem number 19")


async def test_an_idle_models_screen_paints_nothing(open_lab: OpenLab) -> None:
    async with open_lab() as lab:
        await lab.press("alt+6")
        await lab.sees("absent")
        await lab.pilot.pause(0.3)
        painted: list[object] = []
        display = lab.app._display
        lab.app._display = lambda *arguments: (painted.append(arguments), display(*arguments))
        await lab.pilot.pause(0.7)
        assert painted == []
