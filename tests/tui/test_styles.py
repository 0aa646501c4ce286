"""The styles screen: what a style would send, using one, trying one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sdxl_tui.tui.widgets.details import Details
from tests.tui.conftest import NASTY

OpenLab = Callable[..., Any]


def details(lab: Any) -> str:
    """What stands beside the list, its wrapped rows joined."""
    return " ".join(" ".join(card.render().plain.split()) for card in lab.app.screen.query(".card").results(Details))


async def test_the_effective_text_of_the_form_is_shown(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("alt+5", "down")
        await lab.sees("Cinematic")
        await lab.until(lambda: "a red fox, cinematic still, dramatic lighting" in details(lab))
        assert "flat lighting" in details(lab)
        assert "scheduler DPM++ 2M steps 35 guidance 5.0" in details(lab)
        words = [part for left, _ in lab.app.screen.text.rows for part in left]
        assert ("a red fox", "value") in words
        assert ("cinematic still, dramatic lighting", "added") in words
        await lab.press("down")
        await lab.until(lambda: "analog photo of a red fox, grain" in details(lab))


async def test_enter_uses_it_and_goes_home(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("alt+5", "down", "enter")
        assert lab.app.screen is lab.home
        assert lab.draft.style.id == "cinematic"
        await lab.sees("+ cinematic still")
        await lab.press("enter")
        assert lab.engine.request.styled_prompt == "a red fox, cinematic still, dramatic lighting"
        assert lab.engine.request.steps == 35


async def test_the_users_own_edits_stay(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("alt+e", "9", "alt+5", "down")
        await lab.until(lambda: "steps 9 yours stays, where it would set 35" in details(lab))
        await lab.press("enter")
        assert lab.draft.text("steps") == "9"


async def test_p_makes_one_job_and_leaves_the_form(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("alt+5", "down", "p")
        assert lab.engine.request.style.id == "cinematic"
        assert lab.engine.request.steps == 35
        assert lab.draft.style.id == "none"
        await lab.sees("One job with Cinematic")
        await lab.press("escape", "enter")
        assert lab.engine.request.style.id == "none"


async def test_p_with_an_empty_prompt_is_a_sentence(open_lab: OpenLab) -> None:
    async with open_lab() as lab:
        await lab.press("alt+5", "p")
        await lab.sees("× The prompt is empty")
        assert lab.engine.jobs == []


async def test_find_as_you_type_and_escape(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("alt+5", "slash")
        await lab.type("grain ana")
        await lab.until(lambda: lab.app.screen.list.shown == ["film"])
        await lab.until(lambda: "analog photo of a red fox, grain" in details(lab))
        assert "Cinematic" not in lab.shown
        await lab.type("zz")
        await lab.sees("Nothing matches")
        await lab.press("enter")
        assert lab.app.screen is not lab.home
        await lab.press("escape")
        await lab.sees("Cinematic")
        assert lab.app.focused.id == "styles"
        await lab.press("escape")
        assert lab.app.screen is lab.home
        await lab.press("alt+5", "slash", "c", "i", "n", "enter")
        assert lab.draft.style.id == "cinematic"


async def test_letters_are_text_in_the_search_and_alt_letters_are_not(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("alt+5", "slash", "p", "5")
        assert lab.app.screen.find_line.text == "p5"
        assert lab.engine.jobs == []
        await lab.press("ctrl+u", "alt+p")
        assert len(lab.engine.jobs) == 1


async def test_nasty_text_is_shown_as_it_is(open_lab: OpenLab) -> None:
    async with open_lab(prompt=NASTY) as lab:
        lab.shelf.skipped_styles.append(f"noir.toml was skipped: {NASTY}")
        await lab.press("alt+5", "end")
        await lab.until(lambda: f"{NASTY}, {NASTY}" in details(lab))
        skipped = " ".join(lab.app.screen.skipped.render().plain.split())
        assert f"▲ noir.toml was skipped: {NASTY}" in skipped
        await lab.press("slash")
        await lab.paste(f"{NASTY}\nno")
        await lab.sees("Nothing matches")


async def test_own_styles_are_marked(open_lab: OpenLab) -> None:
    async with open_lab() as lab:
        lab.shelf.own_styles = frozenset({"film"})
        await lab.press("alt+5")
        await lab.sees("yours")
        assert lab.app.screen.list.shown == ["none", "cinematic", "nasty", "film"]
        await lab.press("end")
        await lab.until(lambda: "35mm Film yours" in details(lab))


@pytest.mark.parametrize("size", [(40, 12)], ids=str)
async def test_in_a_tiny_window_the_list_alone_works(open_lab: OpenLab, size: tuple[int, int]) -> None:
    async with open_lab() as lab:
        await lab.press("alt+5", "down")
        await lab.sees("Cinematic")
        await lab.press("enter")
        assert lab.draft.style.id == "cinematic"
