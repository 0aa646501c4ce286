"""LoRAs in the form: the row, the list by key and mouse, and what pictures bring back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sdxl_tui.core.lora_tags import LoraUse
from tests.core.test_loras import attention, lora
from tests.tui.conftest import NASTY

OpenLab = Callable[..., Any]
NAME = NASTY.replace("/", "∕")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "loras"
    lora(folder / "ink.safetensors", attention(224, 160), {"modelspec.trigger_phrase": f"inked {NASTY}"})
    lora(folder / "deep" / "neon.safetensors", attention(224, 160))
    lora(folder / f"{NAME}.safetensors", attention(224, 160))
    lora(folder / "sdxl.safetensors", attention(2048))
    return folder


def on(lab: Any) -> list[tuple[str, float]]:
    return [(use.name, use.weight) for use in lab.draft.loras]


async def opened(lab: Any) -> Any:
    await lab.press("alt+L")
    picker = lab.home.form.picker
    await lab.until(lambda: picker.question is not None and picker.has_focus)
    return picker


async def test_enter_takes_one_and_goes_back_to_the_prompt(open_lab: OpenLab, folder: Path) -> None:
    async with open_lab(settings={"lora_dir": str(folder)}) as lab:
        await lab.type("a fox")
        await opened(lab)
        await lab.sees("4 LoRAs")
        await lab.type("neon")
        await lab.press("enter")
        assert on(lab) == [("deep/neon", 1)]
        assert lab.app.focused is lab.home.form.prompt.area
        await lab.sees("neon 1")
        await lab.press("enter")
        assert lab.engine.request.loras == (LoraUse("deep/neon"),)
        assert lab.engine.request.prompt == "a fox"


async def test_several_are_turned_and_weighed_in_the_list(open_lab: OpenLab, folder: Path) -> None:
    async with open_lab(settings={"lora_dir": str(folder)}) as lab:
        picker = await opened(lab)
        await lab.type("ink")
        await lab.sees(f"inked {NASTY}"[:20])
        await lab.press("space", "minus", "minus")
        assert on(lab) == [("ink", 0.8)]
        await lab.press("delete")
        assert picker.chosen.value == "ink"
        await lab.press("home", "plus", "plus")
        first = picker.chosen.value
        assert on(lab) == [("ink", 0.8), (first, 1.1)]
        await lab.press("enter")
        assert picker.question is None
        assert len(on(lab)) == 2
        await lab.sees("2: ink 0.8")
        await opened(lab)
        await lab.press("end", "home", "space")
        assert len(on(lab)) == 1
        await lab.press("escape")
        assert len(on(lab)) == 2


async def test_a_click_turns_one_on_and_off(open_lab: OpenLab, folder: Path) -> None:
    async with open_lab(settings={"lora_dir": str(folder)}) as lab:
        await lab.pilot.click("#loras")
        picker = lab.home.form.picker
        await lab.until(lambda: picker.question is not None)
        await lab.pilot.pause()
        place = next(i for i, row in enumerate(picker._rows) if row.value == "deep/neon")
        spot = (5, picker._above() + place - picker._first())
        await lab.pilot.click(picker, offset=(spot[0], spot[1]))
        await lab.pilot.pause()
        assert on(lab) == [("deep/neon", 1)]
        assert picker.question is not None
        await lab.pilot.click(picker, offset=(spot[0], spot[1]))
        await lab.pilot.pause()
        assert on(lab) == []


async def test_one_for_another_model_stays_off_and_says_why(open_lab: OpenLab, folder: Path) -> None:
    async with open_lab(settings={"lora_dir": str(folder)}) as lab:
        picker = await opened(lab)
        await lab.type("sdxl")
        await lab.press("space")
        assert on(lab) == []
        await lab.sees("is made for SDXL")
        await lab.press("enter")
        assert picker.question is not None
        assert on(lab) == []


async def test_a_name_is_no_markup(open_lab: OpenLab, folder: Path) -> None:
    async with open_lab(settings={"lora_dir": str(folder)}) as lab:
        await opened(lab)
        await lab.sees(NAME[:20])
        await lab.type("[red")
        await lab.press("enter")
        assert on(lab) == [(NAME, 1)]
        await lab.sees(NAME[:12])


async def test_the_row_weighs_the_last_one_and_takes_all_off(open_lab: OpenLab, folder: Path) -> None:
    async with open_lab(settings={"lora_dir": str(folder)}) as lab:
        lab.draft.loras = (LoraUse("ink", 0.5), LoraUse("deep/neon", 0.8))
        lab.home.show()
        lab.home.action_visit("loras")
        await lab.press("plus", "plus", "minus")
        assert on(lab) == [("ink", 0.5), ("deep/neon", 0.9)]
        await lab.press("delete")
        assert on(lab) == []
        await lab.press("space")
        await lab.until(lambda: lab.home.form.picker.question is not None)


async def test_those_in_the_prompt_are_shown_and_are_no_tokens(open_lab: OpenLab, folder: Path) -> None:
    async with open_lab(settings={"lora_dir": str(folder)}) as lab:
        await lab.type("a red apple")
        await lab.until(lambda: "/75" in lab.shown)
        counted = lab.home.form.prompt.label._count
        await lab.paste(" <lora:ink:0.7>")
        await lab.sees("ink 0.7")
        await lab.pilot.pause(0.2)
        assert lab.home.form.prompt.label._count == counted


async def test_where_there_is_none_the_folder_is_named(open_lab: OpenLab, tmp_path: Path) -> None:
    async with open_lab(settings={"lora_dir": str(tmp_path / "none")}) as lab:
        await lab.press("alt+L")
        await lab.until(lambda: any("No LoRA lies in" in note for note in lab.notes))
        assert lab.home.form.picker.question is None


async def test_a_picture_brings_its_own_back(open_lab: OpenLab, folder: Path) -> None:
    async with open_lab(settings={"lora_dir": str(folder)}) as lab:
        lab.draft.loras = (LoraUse("ink", 0.5),)
        await lab.type("a fox")
        await lab.press("enter")
        [job] = lab.engine.jobs
        lab.engine.let_load(job.request.model)
        lab.engine.let_start(job)
        [path] = lab.engine.let_finish(job)
        await lab.sees(path.name[:20])
        assert job.as_log()["loras"] == [{"name": "ink", "weight": 0.5}]
        lab.draft.loras = ()
        lab.home.show()
        await lab.press("escape", "u")
        assert on(lab) == [("ink", 0.5)]


async def test_the_palette_turns_one_on(open_lab: OpenLab, folder: Path) -> None:
    async with open_lab(settings={"lora_dir": str(folder)}) as lab:
        lab.app.rooms.desk.loras.refresh()
        await lab.press("ctrl+p")
        await lab.type("lora deep")
        await lab.sees("LoRA deep/neon")
        await lab.press("down", "enter")
        await lab.until(lambda: on(lab) == [("deep/neon", 1)])
