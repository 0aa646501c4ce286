"""The switches of the form: the memory check, and the threaded batch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.tui.log_lines import log_jobs
from tests.tui.test_log_actions import DEMO_JOB, open_gallery
from tests.tui.test_palette import take

OpenLab = Callable[..., Any]

pytestmark = pytest.mark.usefixtures("own_home")


@pytest.mark.parametrize("size", [(120, 40)], ids=str)
async def test_the_threaded_batch_is_switched_on_with_what_was_measured(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("alt+T")
        assert any("11.5 s where the plain batch takes 3.8 s" in note for note in lab.notes)
        await lab.press("enter")
        assert lab.engine.request.threaded
        await lab.press("alt+T", "enter")
        assert not lab.engine.request.threaded
        assert not any("Threaded batch" in note for note in lab.notes)


@pytest.mark.parametrize("size", [(120, 40)], ids=str)
async def test_the_threaded_batch_is_of_text_alone_without_a_second_pass(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("alt+T")
        lab.home.take("hires", "2")
        await lab.pilot.pause()
        await lab.press("enter")
        assert not lab.engine.request.threaded
        await lab.press("alt+T")
        assert any("without a second pass" in note for note in lab.notes)
        lab.home.take("hires", "")
        await lab.press("enter")
        assert lab.engine.request.threaded


async def test_the_palette_and_the_fields_switch_too(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await take(lab, "threaded on", "Take this value")
        await lab.until(lambda: lab.draft.text("threaded") == "on")
        await take(lab, "check off", "Take this value")
        await lab.until(lambda: lab.draft.text("vram_check") == "off")
        await take(lab, "check maybe", "memory check")
        lab.home.query_one("#threaded").focus()
        await lab.press("right")
        assert lab.draft.text("threaded") == "off"
        lab.home.query_one("#vram_check").focus()
        await lab.press("o", "n")
        assert lab.draft.text("vram_check") == "on"


async def test_bare_letters_switch_where_no_text_is_typed(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("tab", "C", "T")
        assert (lab.draft.text("vram_check"), lab.draft.text("threaded")) == ("off", "on")


@pytest.mark.parametrize("size", [(120, 40)], ids=str)
async def test_the_settings_screen_knows_of_the_check_of_this_session_and_keeps_it(
    open_lab: OpenLab, own_home: Path
) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("alt+C", "alt+7")
        lab.app.screen.list.select("vram_check")
        await lab.sees("for this session, by a key")
        await lab.press("s")
        await lab.until(lambda: (own_home / "settings.toml").exists())
        assert (own_home / "settings.toml").read_text() == 'vram_check = "off"\n'
        assert lab.draft.text("vram_check") == "off"
        await lab.press("right")
        await lab.until(lambda: lab.draft.text("vram_check") == "on")


@pytest.mark.parametrize("size", [(120, 40)], ids=str)
@pytest.mark.parametrize("threaded", [True, False])
async def test_the_settings_of_a_picture_say_whether_it_was_threaded(
    open_lab: OpenLab, tmp_path: Path, threaded: bool
) -> None:
    log_jobs(tmp_path / "pictures", {**DEMO_JOB, "batch_size": 2, **({"threaded": True} if threaded else {})})
    async with open_lab() as lab:
        lab.draft.edit("threaded", "off" if threaded else "on")
        await open_gallery(lab)
        await lab.press("u")
        await lab.until(lambda: lab.draft.text("threaded") == ("on" if threaded else "off"))
