"""What stays at every size of the window, and what an idle screen does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

OpenLab = Callable[..., Any]


@pytest.mark.parametrize("size", [(40, 12), (60, 18), (80, 24), (120, 16), (120, 40), (200, 60)], ids=str)
async def test_prompt_picture_model_and_steps_stay(open_lab: OpenLab, size: tuple[int, int]) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("enter")
        job = lab.engine.jobs[0]
        lab.engine.let_load(job.request.model)
        lab.engine.let_start(job)
        lab.engine.let_step(job, 5)
        for text in ("a red fox", "● Demo", "5/12"):
            await lab.sees(text)
        lab.engine.let_finish(job)
        await lab.sees_picture()
        lab.engine.let_fail(job, "It broke.")
        await lab.sees("× It broke.")


@pytest.mark.parametrize("size", [(40, 12)], ids=str)
async def test_a_window_too_small_for_the_form_shows_the_card_in_hand(open_lab: OpenLab, size: tuple[int, int]) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("alt+g", "7", "enter")
        await lab.sees("guidance 7")
        assert lab.engine.request.guidance_scale == 7.0
        await lab.press("alt+n")
        await lab.sees("nothing to keep out")
        await lab.press("alt+p")
        await lab.sees("a red fox")


@pytest.mark.parametrize("size", [(80, 24)], ids=str)
async def test_long_words_never_push_the_enter_bar_away(open_lab: OpenLab, size: tuple[int, int]) -> None:
    async with open_lab(prompt="word " * 200) as lab:
        await lab.press("alt+t", "c", "i", "n")
        await lab.press("alt+n")
        await lab.paste("word " * 20)
        await lab.sees("generate 1")
        await lab.press("alt+d")
        await lab.sees("random")


async def test_an_idle_screen_paints_nothing(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("enter")
        lab.engine.let_load(lab.engine.request.model)
        lab.engine.let_finish(lab.engine.jobs[0])
        await lab.sees_picture()
        await lab.pilot.pause(0.3)
        painted: list[object] = []
        display = lab.app._display
        lab.app._display = lambda *arguments: (painted.append(arguments), display(*arguments))
        await lab.pilot.pause(1.0)
        assert painted == []


@pytest.mark.parametrize("size", [(40, 12)], ids=str)
async def test_the_form_is_whole_again_in_a_larger_window(open_lab: OpenLab, size: tuple[int, int]) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("alt+g")
        await lab.pilot.resize_terminal(120, 40)
        for text in ("a red fox", "nothing to keep out", "guidance", "generate 1"):
            await lab.sees(text)
