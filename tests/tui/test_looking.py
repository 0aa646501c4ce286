"""The picture's side: the batch, what was made before, more like it, and a picture that never jumps away."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from sdxl_tui.tui.widgets.batch_strip import BatchStrip
from tests.tui.conftest import NASTY

OpenLab = Callable[..., Any]


def shown_in(strip: BatchStrip) -> list[str]:
    """The pictures of a strip, by their file names."""
    return [painting.path.name[-6:-4] for painting in strip._slots()]


async def test_the_loop_takes_these_keys_and_no_more(open_lab: OpenLab) -> None:
    """Type, enter is the first picture, enter the next; tab g 6.5 enter is a third with another guidance."""
    async with open_lab() as lab:
        keys = ["a", "space", "f", "o", "x", "enter", "enter", "tab", "g", "6", ".", "5", "enter"]
        assert len(keys) == len("a fox") + 8
        await lab.press(*keys)
        requests = [job.request for job in lab.engine.jobs]
        assert [request.prompt for request in requests] == ["a fox"] * 3
        assert [request.guidance_scale for request in requests] == [4.0, 4.0, 6.5]
        assert len({job.seed for job in lab.engine.jobs}) == 3


@pytest.mark.parametrize("size", [(120, 40)], ids=str)
async def test_new_pictures_fill_the_strip_and_the_list_while_an_older_one_is_looked_at(
    open_lab: OpenLab, size: tuple[int, int]
) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("alt+a", "3", "enter", "enter")
        first, second = lab.engine.jobs
        lab.engine.let_finish(first)
        await lab.sees("picture 3 of 3")
        await lab.press("escape", "up")
        await lab.sees("picture 2 of 3")
        assert shown_in(lab.home.pane.strip) == ["01", "02", "03"]
        view = lab.home.pane.shown
        picture_at = lab.home.pane.picture.region
        lab.engine.let_finish(second)
        await lab.until(lambda: len(lab.state.paintings) == 6)
        assert lab.home.pane.shown is view
        assert lab.home.pane.picture.path == view.path
        assert lab.home.pane.picture.region == picture_at
        assert shown_in(lab.home.pane.strip) == ["01", "02", "03", "03"]
        await lab.sees("earlier")
        await lab.sees(f"{second.timestamp[11:16]}  Demo  {second.seed}")
        await lab.press("up", "up", "up")
        await lab.sees("picture 1 of 3")
        assert lab.home.pane.shown.job is view.job
        await lab.press("end", "down")
        assert lab.home.pane.shown is lab.state.paintings[-1]


@pytest.mark.parametrize("size", [(120, 40)], ids=str)
async def test_the_strip_lies_below_a_landscape_and_a_click_chooses(open_lab: OpenLab, size: tuple[int, int]) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("alt+s", *"16:9", "enter", "alt+a", "2", "enter")
        lab.engine.let_finish(lab.engine.jobs[0])
        await lab.sees("picture 2 of 2")
        pane = lab.home.pane
        await lab.until(lambda: pane.strip.region.y == pane.picture.region.bottom)
        assert pane.strip.region.width == pane.picture.region.width
        await lab.pilot.click(pane.strip, offset=(4, 1))
        await lab.sees("picture 1 of 2")


@pytest.mark.parametrize(("size", "there"), [((80, 24), False), ((120, 40), True), ((200, 60), False)], ids=str)
async def test_the_strip_is_there_where_there_is_room(open_lab: OpenLab, size: tuple[int, int], there: bool) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("alt+a", "2", "enter")
        lab.engine.let_finish(lab.engine.jobs[0])
        await lab.sees("2 of 2")
        await lab.until(lambda: lab.home.pane.picture.region.width > 0)
        assert (lab.home.pane.strip.region.width > 0) is there
        assert (lab.home.rail.region.width > 0) is (size[0] >= 160)


@pytest.mark.parametrize("size", [(200, 60)], ids=str)
async def test_a_wide_window_says_what_the_picture_was_made_with(open_lab: OpenLab, size: tuple[int, int]) -> None:
    async with open_lab(prompt=NASTY) as lab:
        await lab.press("alt+t", "n", "a", "s", "enter", "alt+a", "2", "enter")
        lab.engine.let_finish(lab.engine.jobs[0])
        for text in ("this picture was made with", "this batch", NASTY):
            await lab.sees(text)
        await lab.press("alt+g", "6", ".", "5")
        await lab.sees("the form differs in 1")
        await lab.sees("the form has 6.5")


async def test_more_like_it_asks_how_many_and_keeps_the_settings(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("escape", "v")
        assert not lab.home.pane.more.visible
        await lab.press("alt+a", "2", "alt+g", "6", "enter")
        lab.engine.let_finish(lab.engine.jobs[0])
        await lab.sees("2 of 2")
        await lab.press("alt+g", "9", "alt+p", "x", "escape", "v")
        await lab.sees("how many?")
        await lab.press("enter")
        assert lab.app.focused is lab.home.pane.focus_bar
        more = lab.engine.jobs[1:]
        assert [(job.request.prompt, job.request.guidance_scale) for job in more] == [("a red fox", 6.0)] * 4
        assert len({job.seed for job in lab.engine.jobs}) == 5
        await lab.press("v", "1", "2", "backspace", "enter", "v", "escape", "v", "3", "alt+p", "enter")
        assert len(lab.engine.jobs) == 5 + 1 + 1
        assert not lab.home.pane.more.visible


def log_of_today(folder: Path, *prompts: str, **more: Any) -> None:
    """Write a log as another session left it."""
    from PIL import Image

    folder.mkdir(parents=True)
    now = datetime.now().astimezone()
    lines = []
    for number, prompt in enumerate(prompts):
        Image.new("RGB", (64, 64), (200, 40 * number, 0)).save(folder / f"{number}.png")
        record = {"job_id": f"{number}", "timestamp": now.isoformat(), "prompt": prompt, "model_name": f"M {NASTY}"}
        lines.append(json.dumps({**record, "seed": 7, "outputs": [f"{number}.png"], **more}))
    (folder / "jobs.log").write_text("\n".join(["not json", "[]", *lines, '{"prompt": 5, "outputs": 6}']) + "\n")


@pytest.mark.parametrize("size", [(120, 40)], ids=str)
async def test_todays_jobs_of_the_log_are_listed(open_lab: OpenLab, tmp_path: Path, size: tuple[int, int]) -> None:
    log_of_today(tmp_path / "pictures", "an owl", f"a moon {NASTY}")
    async with open_lab() as lab:
        await lab.sees(f"a moon {NASTY}"[:30])
        await lab.sees("an owl")
        await lab.sees_picture(5)


async def test_up_walks_to_earlier_prompts_and_down_back_to_the_draft(open_lab: OpenLab, tmp_path: Path) -> None:
    log_of_today(tmp_path / "pictures", "an owl", f"a moon {NASTY}", "an owl")
    async with open_lab(prompt="a red fox") as lab:
        await lab.until(lambda: lab.home.past.prompts)
        await lab.press("enter")
        await lab.press("ctrl+a", "ctrl+k")
        await lab.type("a draft")
        seen = []
        for _ in range(5):
            await lab.press("up")
            seen.append(lab.draft.prompt)
        assert seen == ["a red fox", "an owl", f"a moon {NASTY}", f"a moon {NASTY}", f"a moon {NASTY}"]
        await lab.press("down", "down", "down", "down")
        assert lab.draft.prompt == "a draft"
        await lab.press("up", "x", "enter", "up")
        assert lab.engine.request.prompt == "a red foxx"
        assert lab.draft.prompt == "a red fox"
        await lab.press("ctrl+z")
        assert lab.draft.prompt == "a red foxx"


async def test_arrows_move_within_a_long_prompt_first(open_lab: OpenLab) -> None:
    async with open_lab(prompt="word " * 30) as lab:
        await lab.press("enter")
        await lab.type("x")
        await lab.press("up")
        assert lab.draft.prompt.endswith("x")


async def test_tokens_are_counted_for_the_effective_text(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.sees("/75")
        before = lab.home.form.prompt.label.render().plain
        await lab.press("alt+t", "c", "i", "n", "enter")
        await lab.until(lambda: lab.home.form.prompt.label.render().plain != before)
        await lab.paste(" fox" * 80)
        await lab.sees(" in 2")
        area = lab.home.form.prompt.area
        assert area.text[area._borders[0] :].startswith("fox")


async def test_the_idle_screen_with_strip_and_lists_paints_nothing(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("alt+a", "4", "enter", "enter")
        for job in lab.engine.jobs:
            lab.engine.let_finish(job)
        await lab.until(lambda: len(lab.state.paintings) == 8)
        await lab.pilot.pause(0.5)
        painted: list[object] = []
        display = lab.app._display
        lab.app._display = lambda *arguments: (painted.append(arguments), display(*arguments))
        await lab.pilot.pause(0.5)
        assert painted == []
