"""The lists over the form: type, walk, take, or leave all as it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.tui.conftest import BROKEN, NASTY, REAL

OpenLab = Callable[..., Any]


async def test_the_form_follows_while_walking_and_enter_takes_it(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("alt+t")
        await lab.sees("4 styles")
        await lab.press("down")
        await lab.sees("+ cinematic still, dramatic")
        assert (lab.draft.text("scheduler"), lab.draft.text("steps")) == ("dpmpp_2m", "35")
        await lab.press("enter")
        assert lab.app.focused.id == "prompt-area"
        assert not lab.home.form.picker.visible
        assert lab.engine.jobs == []
        await lab.press("enter")
        assert lab.engine.request.style.id == "cinematic"


async def test_escape_leaves_all_as_it_was(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("alt+e", "2", "0")
        for letter in "tlms":
            await lab.press(f"alt+{letter}", "down", "down", "escape")
            assert lab.app.focused.id == "steps"
        assert lab.draft.style.id == "none"
        assert [lab.draft.text(name) for name in ("scheduler", "size", "steps")] == ["euler", "128×128", "20"]
        assert lab.draft.source("scheduler") == lab.draft.source("size") == "model"


async def test_the_hands_return_to_the_picture_where_the_letter_was_pressed(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("escape", "l", "down", "enter")
        assert lab.app.focused is lab.home.pane.focus_bar
        assert lab.draft.text("scheduler") == "euler_a"


async def test_from_one_list_to_the_next_and_back_to_where_the_hands_were(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("alt+t", "c", "i", "n", "alt+m")
        await lab.sees("7 models")
        assert lab.app.focused.id == "picker"
        assert lab.draft.style.id == "cinematic"
        await lab.press("escape")
        assert lab.app.focused.id == "prompt-area"
        assert lab.draft.style.id == "cinematic"


async def test_who_leaves_by_tab_keeps_what_is_shown(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("alt+l", "down", "alt+p", "x")
        assert not lab.home.form.picker.visible
        assert lab.draft.text("scheduler") == "euler_a"
        assert lab.draft.prompt == "a red foxx"


async def test_a_model_that_is_not_ready_is_never_left_behind(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("alt+m", "c", "y", "b", "enter")
        await lab.sees("incomplete: unet/")
        assert lab.draft.model.id == BROKEN
        await lab.press("alt+p", "enter")
        assert len(lab.engine.jobs) == 1
        assert lab.draft.model.id == "demo"


async def test_a_list_shows_state_description_and_nasty_names(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("alt+m")
        for text in ("● RealVisXL V5.0", "▲ CyberRealistic XL", "incomplete", "□ SDXL Turbo", "absent", "a tiny SDXL"):
            await lab.sees(text)
        await lab.press("escape", "alt+l", "down")
        await lab.sees("adds noise at each step")
        await lab.press("escape", "alt+t", "end")
        await lab.sees(f"Nasty {NASTY}"[:20])
        await lab.type("[/]")
        await lab.sees("1 of 4 styles")
        await lab.press("delete")
        await lab.type(r"[red]\[")
        await lab.sees('Nothing matches "[red]')


@pytest.mark.parametrize(
    ("typed", "wanted"), [("16:9", (1344, 768)), ("512x768", (512, 768)), ("21:9", (1536, 640)), ("1216", (1216, 832))]
)
@pytest.mark.parametrize("size", [(80, 24)], ids=str)
async def test_sizes_are_typed_or_found(
    open_lab: OpenLab, size: tuple[int, int], typed: str, wanted: tuple[int, int]
) -> None:
    async with open_lab(prompt="a red fox", model=REAL) as lab:
        await lab.press("alt+s", *typed, "enter", "enter")
        assert (lab.engine.request.width, lab.engine.request.height) == wanted


async def test_what_is_no_size_is_a_sentence_in_the_list(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("alt+s", *"64x65", "enter")
        await lab.sees("Height 65 is no multiple of 8")
        assert lab.app.focused.id == "picker"
        await lab.press("escape")
        assert lab.draft.text("size") == "128×128"


async def test_the_list_lies_below_the_effective_prompt_and_never_over_the_picture(open_lab: OpenLab) -> None:
    async with open_lab(prompt="word " * 30) as lab:
        await lab.press("alt+t", "c", "i", "n")
        form = lab.home.form
        await lab.until(lambda: form.picker.region.y >= form.prompt.region.bottom)
        assert not form.picker.region.overlaps(lab.home.pane.region)
        assert form.picker.region.bottom == form.region.bottom


@pytest.mark.parametrize("size", [(40, 12)], ids=str)
async def test_the_smallest_window_has_room_for_a_list(open_lab: OpenLab, size: tuple[int, int]) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("alt+t", "down")
        for text in ("a red fox", "Cinematic", "4 styles"):
            await lab.sees(text)
        await lab.press("enter", "enter")
        assert lab.engine.request.style.id == "cinematic"


async def test_the_mouse_takes_a_row(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("alt+t")
        picker = lab.home.form.picker
        await lab.until(lambda: picker.size.height > 8)
        rows = lab.shown.splitlines()
        row = next(number for number, text in enumerate(rows) if "Cinematic" in text)
        await lab.pilot.click(picker, offset=(8, row - picker.region.y))
        await lab.until(lambda: lab.draft.style.id == "cinematic" and not picker.visible)
