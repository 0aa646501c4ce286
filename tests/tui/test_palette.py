"""The palette with values: a name, a value, enter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.tui.conftest import NASTY

OpenLab = Callable[..., Any]
SIZE = pytest.mark.parametrize("size", [(120, 40)], ids=str)
TURBO = "stabilityai/sdxl-turbo"


async def take(lab: Any, words: str, answer: str) -> None:
    """Type into the palette, and take the first answer."""
    await lab.press("ctrl+p")
    await lab.type(words)
    await lab.sees(answer)
    await lab.press("down", "enter")
    await lab.until(lambda: lab.app.screen is lab.home)
    await lab.pilot.pause()


async def test_steps_by_value(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await take(lab, "steps 40", "Take this value")
        await lab.until(lambda: lab.draft.text("steps") == "40")
        await lab.press("enter")
        assert lab.engine.request.steps == 40


@SIZE
async def test_every_field_by_value(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        for words, field, value in (
            ("guidance 6.5", "guidance", "6.5"),
            ("strength 0,35", "strength", "0.35"),
            ("frames 12", "frames", "12"),
            ("mode img2img", "mode", "img2img"),
            ("variation 0.5", "variation", "0.5"),
            ("size 1216x832", "size", "1216×832"),
            ("size 16:9", "size", "168×96"),
            ("batch 4", "batch", "4"),
            ("seed 7", "seed", "7"),
            ("seed random", "seed", "random"),
            ("scheduler unipc", "scheduler", "unipc"),
        ):
            await take(lab, words, "Take this value")
            await lab.until(lambda field=field, value=value: lab.draft.text(field) == value)
        await take(lab, "style cinematic", "Take this value")
        await lab.until(lambda: lab.draft.style.id == "cinematic")
        await take(lab, "model turbo", "Take this value")
        await lab.until(lambda: lab.draft.model.id == TURBO)


@SIZE
@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("steps 999", "Steps go from 1 to 200."),
        ("steps many", "Steps must be a whole number"),
        ("guidance 99", "Guidance goes from 0 to 50."),
        ("batch 0", "Batch goes from 1 to 64."),
        ("size 1021x768", "Width 1021 is no multiple of 8"),
        ("size big", "Size is written as 1024x768"),
        ("seed -9", "Seed goes from 0 to"),
        ("strength 0", "Strength goes from above 0 to 1."),
        ("mode [/]", "There is no mode"),
        ("model foo", "There is no model"),
        (f"model {NASTY}", "There is no model"),
    ],
)
async def test_a_bad_value_is_a_sentence(open_lab: OpenLab, words: str, sentence: str) -> None:
    async with open_lab(prompt="a red fox") as lab:
        before = lab.draft.request()
        await take(lab, words, sentence[:36])
        assert lab.notes[0].startswith(f"× {sentence}")
        assert lab.draft.request() == before


@SIZE
async def test_themes_and_screens_by_name(open_lab: OpenLab) -> None:
    async with open_lab() as lab:
        await take(lab, "theme light", "Look like lightbox")
        assert lab.app.theme == "lightbox"
        await take(lab, "open generate", "Type, enter, look")
        assert lab.app.screen is lab.home
