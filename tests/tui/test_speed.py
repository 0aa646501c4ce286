"""The speed: a word in the header, a list, a value of the palette, a field of each job."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sdxl_tui.core import joblog
from sdxl_tui.engine import JobDone
from tests.tui.conftest import NASTY
from tests.tui.test_palette import take

OpenLab = Callable[..., Any]


def header(lab: Any) -> str:
    """The first two rows."""
    return "\n".join(lab.shown.splitlines()[:2])


async def finish(lab: Any, speed: str) -> None:
    """Queue the job of the form, and end it with this speed in force."""
    await lab.press("enter")
    job = lab.engine.jobs[-1]
    lab.engine.let_start(job)
    paths = lab.engine.let_make(job, 1)
    record = {**job.as_log(), "speed": speed, "status": "done", "outputs": [path.name for path in paths]}
    joblog.append(job.output_dir, record)
    lab.engine.emit(JobDone(job.id, tuple(paths), 1.8, record))
    await lab.until(lambda: lab.state.ended is not None)
    await lab.pilot.pause()


async def test_the_setting_stands_in_the_header_and_is_sent(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        assert "· fast" in header(lab)
        await lab.press("enter")
        assert lab.engine.request.speed == "fast"
    async with open_lab(prompt="a red fox", settings={"speed": "exact"}) as lab:
        assert "· exact" in header(lab)
        await lab.press("enter")
        assert lab.engine.request.speed == "exact"


async def test_f5_lists_the_speeds_and_says_what_each_gives_up(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("f5")
        await lab.sees("as good as stock, not bit-exact")
        await lab.press("up")
        await lab.sees("stock's pictures bit for bit")
        await lab.press("enter")
        assert "· exact" in header(lab)
        assert lab.app.focused.id == "prompt-area"
        await lab.press("enter")
        assert lab.engine.request.speed == "exact"
        await lab.press("f5", "up", "escape")
        assert lab.draft.text("speed") == "exact"


async def test_the_palette_takes_a_speed(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await take(lab, "speed eager", "Take this value")
        await lab.until(lambda: "· eager" in header(lab))
        await take(lab, "speed warp", "There is no speed 'warp'")
        await lab.press("enter")
        assert lab.engine.request.speed == "eager"


async def test_the_palette_takes_a_speed_from_another_screen(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("alt+6", "ctrl+p")
        await lab.type("speed exact")
        await lab.sees("Take this value")
        await lab.press("down", "enter")
        await lab.until(lambda: "· exact" in header(lab))
        assert lab.draft.text("speed") == "exact"


@pytest.mark.parametrize("size", [(120, 40)], ids=str)
async def test_where_fast_cannot_run_the_lab_says_so_and_calls_it_no_difference(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await finish(lab, "eager")
        assert "· fast, runs eager" in header(lab)
        await lab.sees("None / Raw · Demo · eager · 1.8 s")
        await lab.press("alt+2")
        await lab.sees("as in the form")


@pytest.mark.parametrize("size", [(200, 60)], ids=str)
async def test_what_a_picture_was_made_with_says_what_ran(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await finish(lab, "eager")
        await lab.sees("fast, ran eager")


async def test_a_speed_that_no_lab_knows_is_only_text(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await finish(lab, NASTY)
        assert lab.app.is_running
