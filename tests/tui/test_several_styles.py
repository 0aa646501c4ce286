"""Several styles at once: in the picker by key and mouse, in the palette, and back from a picture."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sdxl_tui.core.style_sets import find_style
from tests.tui.conftest import NASTY, REAL, STYLES
from tests.tui.test_palette import take

OpenLab = Callable[..., Any]
BOTH = "analog photo of a red fox, cinematic still, dramatic lighting, grain"


async def test_plus_sets_one_down_and_the_next_comes_to_it(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("alt+t", "down", "plus", "down")
        await lab.until(lambda: lab.draft.style.name == "Cinematic + 35mm Film")
        await lab.sees("1 Cinematic")
        await lab.press("enter")
        assert lab.app.focused.id == "prompt-area"
        await lab.sees("Cinematic +")
        await lab.press("enter")
        request = lab.engine.request
        assert request.styled_prompt == BOTH
        assert (request.scheduler, request.steps, request.guidance_scale) == ("dpmpp_2m", 35, 5.0)
        assert request.style.name == "Cinematic + 35mm Film"


async def test_order_is_the_order_of_setting_down_and_none_takes_all_back(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("alt+t", "down", "down", "plus", "up", "plus", "enter")
        assert lab.draft.style.id == "film+cinematic"
        await lab.press("alt+t")
        await lab.sees("2 Cinematic")
        await lab.sees("1 35mm Film")
        await lab.press("down", "plus", "end", "enter")
        assert lab.draft.style.id == "cinematic+nasty"
        await lab.press("alt+t", "home", "enter")
        assert lab.draft.style.id == "none"


async def test_escape_leaves_several_as_they_were(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("alt+t", "down", "plus", "down", "enter")
        await lab.press("alt+t", "end", "plus", "escape")
        assert lab.draft.style.id == "cinematic+film"


async def test_the_mouse_sets_down_on_the_number_and_takes_on_the_name(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("alt+t")
        picker = lab.home.form.picker

        async def click(name: str, column: int) -> None:
            await lab.sees(name)
            await lab.pilot.pause(0.2)  # The list takes the rows that the prompt's words leave it.
            names = [choice.name for choice in picker.question.choices]
            await lab.pilot.click(picker, offset=(column, names.index(name) - picker._first() + picker._above()))

        await click("Cinematic", 3)
        await lab.sees("1 Cinematic")
        await click("35mm Film", 9)
        await lab.until(lambda: not picker.visible)
        assert lab.draft.style.id == "cinematic+film"


async def test_the_field_walks_on_from_several(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await take(lab, "style film + cinem", "35mm Film + Cinematic")
        await lab.until(lambda: lab.draft.style.id == "film+cinematic")
        lab.home.query_one("#style").focus()
        await lab.press("right")
        await lab.until(lambda: lab.draft.style.id == "cinematic")


@pytest.mark.parametrize("size", [(120, 40)], ids=str)
async def test_the_palette_says_what_does_not_go_together(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await take(lab, "style film+film", "35mm Film is there twice")
        assert lab.draft.style.id == "none"
        await take(lab, f"style film + {NASTY}", "35mm Film + Nasty")
        await lab.until(lambda: lab.draft.style.id == "film+nasty")


async def test_use_settings_brings_several_back(open_lab: OpenLab) -> None:
    async with open_lab(REAL, prompt="a red fox") as lab:
        lab.home.choose_style("cinematic+film")
        await lab.press("enter")
        lab.engine.let_finish(lab.engine.jobs[-1])
        await lab.pilot.pause()
        lab.home.choose_style("none")
        await lab.press("escape")
        await lab.until(lambda: lab.home.pane.shown is not None)
        await lab.press("u")
        await lab.until(lambda: lab.draft.style.id == "cinematic+film")
        assert lab.draft.style == find_style("cinematic+film", {style.id: style for style in STYLES})


async def test_on_a_distilled_model_words_only_and_it_is_said(open_lab: OpenLab) -> None:
    async with open_lab("stabilityai/sdxl-turbo", prompt="a red fox") as lab:
        lab.home.choose_style("film+cinematic")
        await lab.pilot.pause()
        assert any("35mm Film + Cinematic brings its words only." in note for note in lab.notes)
        assert lab.draft.text("steps") != "35"
