"""A sequence of frames from the form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sdxl_tui.core.models import CATALOGUE, DEMO
from sdxl_tui.core.modes import ANIMATE_STEPS, TXT2IMG
from tests.tui.conftest import NASTY

OpenLab = Callable[..., Any]


async def test_the_enter_bar_says_how_many_frames_and_how_long(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        lab.engine.let_load(CATALOGUE[DEMO])
        await lab.press("alt+a", "4", "enter")
        job = lab.engine.jobs[0]
        lab.engine.let_start(job)
        lab.engine.let_finish(job)
        lab.home.start_sequence()
        await lab.sees("generate 8 frames")
        await lab.sees("≈ 3.6 s")  # 1.8 s made four
        await lab.until(lambda: lab.app.focused.id == "frames")
        await lab.press("1", "2")
        await lab.sees("generate 12 frames")
        await lab.press("enter")
        request = lab.engine.request
        assert (request.mode, request.frames, request.batch_size, request.motion) == (ANIMATE_STEPS, 12, 1, "light")
        lab.home.set_value("mode", TXT2IMG)
        lab.home.show()
        await lab.sees("generate 4")


async def test_a_motion_shows_the_fields_that_say_something_for_it(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        lab.home.start_sequence()
        await lab.sees("variation")
        await lab.until(lambda: lab.app.focused.id == "frames")
        await lab.press("tab", "l", "a", "t")
        await lab.sees("end seeds")
        assert "variation" not in lab.shown
        await lab.press("p", "r")
        await lab.until(lambda: "end seeds" not in lab.shown)
        await lab.sees("to: closer, in motion")


async def test_end_seeds_and_end_prompts_go_into_the_job(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        lab.home.start_sequence()
        await lab.until(lambda: lab.app.focused.id == "frames")
        await lab.press("tab", "l", "a", "t", "tab", "right", "tab")
        assert lab.app.focused.id == "end_seeds"
        await lab.press("7", "comma", "9", "plus")
        assert lab.draft.text("end_seeds") == "7, 9, random"
        await lab.press("tab")
        await lab.type(NASTY)
        await lab.sees("+ then to")
        await lab.press("down")
        await lab.type("a fig")
        await lab.press("enter")
        request = lab.engine.request
        assert request.end_seeds == (7, 9, None)
        assert request.end_prompts == (NASTY, "a fig")
        assert request.easing == "ease_in"


async def test_an_emptied_end_prompt_is_gone(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        lab.home.start_sequence()
        lab.home.set_value("motion", "prompt")
        lab.home.show()
        await lab.sees("to: closer")
        lab.home.form.motion.prompts.areas[0].focus()
        await lab.type("ab")
        await lab.press("backspace", "backspace")
        await lab.press("enter")
        assert lab.engine.request.end_prompts == ()


async def test_what_belongs_to_another_motion_is_kept_and_not_sent(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        lab.home.start_sequence()
        for field, value in (("motion", "latent"), ("end_seeds", "7"), ("end_prompts", "a fig"), ("motion", "light")):
            lab.home.set_value(field, value)
        lab.home.show()
        await lab.press("alt+p", "enter")
        assert (lab.engine.request.end_seeds, lab.engine.request.end_prompts) == ((), ())
        lab.home.set_value("motion", "latent")
        lab.home.show()
        await lab.press("enter")
        assert (lab.engine.request.end_seeds, lab.engine.request.end_prompts) == ((7,), ("a fig",))


@pytest.mark.parametrize(("field", "value"), [("frames", "1"), ("variation", "3"), ("end_seeds", "99999999999")])
async def test_a_bad_value_is_a_sentence(open_lab: OpenLab, field: str, value: str) -> None:
    async with open_lab(prompt="a red fox") as lab:
        lab.home.start_sequence()
        lab.home.set_value("motion", "latent" if field == "end_seeds" else "light")
        lab.home.set_value(field, value)
        lab.home.show()
        await lab.press("alt+p", "enter")
        await lab.until(lambda: any(note.startswith("×") for note in lab.notes))
        assert lab.engine.jobs == []


@pytest.mark.parametrize("size", [(40, 12)], ids=str)
async def test_the_smallest_window_leads_to_the_frames(open_lab: OpenLab, size: tuple[int, int]) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("alt+j", "a", "n", "i", "enter")
        await lab.sees("motion light")
        assert lab.app.focused.id == "frames"
        await lab.press("5", "enter")
        assert lab.engine.request.frames == 5


async def test_another_screen_starts_a_sequence(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("alt+5")
        await lab.until(lambda: lab.app.screen is not lab.home)
        lab.home.start_sequence()
        await lab.until(lambda: lab.app.screen is lab.home and lab.app.focused.id == "frames")
        await lab.sees("generate 8 frames")
