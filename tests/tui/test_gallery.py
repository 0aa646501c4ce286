"""The gallery: the jobs of all days, what is found of them, and every kind of line a log can hold."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from sdxl_tui.core import joblog
from tests.tui.conftest import NASTY
from tests.tui.log_lines import log_job, log_jobs

OpenLab = Callable[..., Any]

pytestmark = pytest.mark.usefixtures("own_home")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the lab's pictures and log lie."""
    return tmp_path / "pictures"


async def test_the_jobs_of_all_days_newest_first_with_their_reasons(open_lab: OpenLab, folder: Path) -> None:
    log_jobs(folder, {"prompt": "yesterday's moon"}, days_ago=1)
    log_jobs(
        folder,
        {"prompt": "a red fox", "batch_size": 4, "seeds": [1, 2, 3, 4]},
        {"prompt": "a dog", "status": "failed", "error": f"Out of memory {NASTY}", "outputs": []},
        {"prompt": NASTY, "style": NASTY, "model_name": NASTY, "status": "cancelled", "outputs": []},
    )
    async with open_lab() as lab:
        await lab.press("escape", "2")
        await lab.sees("yesterday")
        rows = [row for row in lab.shown.splitlines() if "a red fox" in row or "a dog" in row or NASTY[:20] in row]
        assert NASTY[:20] in rows[0]
        headings = [row for row in lab.shown.splitlines() if re.search(r"(today|yesterday).* jobs? ", row)]
        assert re.search("today.* 3 jobs", headings[0])
        assert re.search("yesterday.* 1 job ", headings[1])
        await lab.sees("Stopped before a")
        await lab.press("down")
        await lab.sees("× Out of memory")
        await lab.press("down")
        await lab.sees_picture()
        assert lab.app.screen.in_view().seed == 1
        await lab.press("right", "right")
        assert lab.app.screen.in_view().seed == 3


async def test_days_are_walked_and_named(open_lab: OpenLab, folder: Path) -> None:
    log_jobs(folder, {"prompt": "an old moon"}, days_ago=8)
    log_jobs(folder, {"prompt": "a moon"}, days_ago=1)
    log_jobs(folder, {"prompt": "a sun"})
    async with open_lab() as lab:
        await lab.press("escape", "2")
        await lab.sees("a sun")
        for key, prompt in (("comma", "a moon"), ("comma", "an old moon"), ("comma", "an old moon")):
            await lab.press(key)
            await lab.until(lambda prompt=prompt: lab.app.screen.in_view().prompt == prompt)
        await lab.sees("There are no earlier jobs.")
        await lab.press("full_stop", "full_stop")
        assert lab.app.screen.in_view().prompt == "a sun"


async def test_search_as_you_type_and_esc_clears_it(open_lab: OpenLab, folder: Path) -> None:
    log_jobs(folder, {"prompt": "a red fox"}, {"prompt": "a blue whale"}, {"prompt": "a red whale"})
    async with open_lab() as lab:
        await lab.press("escape", "2")
        await lab.sees("a blue whale")
        await lab.press("slash")
        await lab.type("whale red")
        await lab.until(lambda: "a blue whale" not in lab.shown)
        await lab.sees("1 of 3")
        await lab.type(" model:turbo")
        await lab.sees('Nothing matches "whale red')
        await lab.press("escape")
        await lab.sees("a blue whale")
        assert lab.app.focused is lab.app.screen.list
        await lab.press("space", "slash")
        await lab.type("kept:yes")
        await lab.press("enter")
        await lab.until(lambda: lab.app.screen.roll.places == 1)
        assert lab.app.screen.in_view().prompt == "a red whale"
        await lab.press("escape", "escape")
        assert lab.app.screen is lab.home


async def test_a_new_job_shows_up_and_the_chosen_picture_stays(open_lab: OpenLab, folder: Path) -> None:
    log_jobs(folder, {"prompt": "first"}, {"prompt": "second"})
    async with open_lab(prompt="third") as lab:
        await lab.press("enter", "escape", "2")
        await lab.sees("second")
        await lab.press("down")
        log_job(folder, 7, {"prompt": "third"})
        lab.engine.let_fail(lab.engine.jobs[0], "the log has it")
        await lab.sees("third")
        assert lab.app.screen.in_view().prompt == "first"
        await lab.press("home")
        log_job(folder, 8, {"prompt": "fourth"})
        lab.engine.let_fail(lab.engine.jobs[0], "the log has it")
        await lab.until(lambda: lab.app.screen.in_view().prompt == "fourth")


async def test_an_empty_gallery_says_what_to_do(open_lab: OpenLab, folder: Path) -> None:
    async with open_lab() as lab:
        await lab.press("escape", "2")
        await lab.sees("No pictures yet: 1, then enter.")
        await lab.press("enter", "space", "u", "k", "y", "o", "down", "end", "g", "right", "comma", "j", "pagedown")
        await lab.press("1")
        assert lab.app.screen is lab.home


async def test_a_picture_that_is_gone_keeps_its_settings(open_lab: OpenLab, folder: Path) -> None:
    log_jobs(folder, {"prompt": "a lost fox", "outputs": ["lost.png"], "style": "", "styled_prompt": "a lost fox"})
    async with open_lab() as lab:
        await lab.press("escape", "2")
        await lab.sees("lost.png is not there any more")
        await lab.sees("▒▒▒")
        await lab.press("u", "1")
        assert lab.draft.prompt == "a lost fox"
        await lab.sees("a lost fox")


async def test_lines_of_any_origin_are_shown(open_lab: OpenLab, folder: Path) -> None:
    folder.mkdir()
    lines = [
        '{"prompt": "old lab", "sampler": "Euler", "loss": NaN, "timestamp": "TODAY 10:00:00"}',
        '{"timestamp": "TODAY", "outputs": "one.png", "seed": true, "steps": "many", "prompt": ["a"], "width": 1e400}',
        '{"timestamp": "TODAY", "outputs": [1, null, "", "a\\u0000b.png"], "seeds": "x", "seed": -5, "status": 7}',
        '{"timestamp": "TODAY", "guidance_scale": NaN, "seconds": "fast", "model": {"a": 1}, "style": null}',
        '{"timestamp": "TODAY", "prompt": "\\u001b[2J\\u009b31m bell\\u0007", "model": "[/]", "seed": 1e30}',
        "not json at all",
    ]
    log = folder / joblog.NAME
    today = date.today().isoformat()
    log.write_text("\n".join(lines).replace("TODAY", today) + "\n")
    async with open_lab() as lab:
        await lab.press("escape", "2")
        await lab.sees("old lab")
        await lab.sees("␛[2J")
        for _ in range(5):
            await lab.press("u", "space", "k", "y", "o", "z", "escape", "down")
        assert lab.app.screen.roll.jobs == 5
        assert lab.app.is_running


async def test_of_a_day_with_300_jobs_only_the_rows_in_view_are_drawn(open_lab: OpenLab, folder: Path) -> None:
    log_jobs(folder, *({"prompt": f"picture {number}", "outputs": [f"{number}.png"]} for number in range(300)))
    async with open_lab() as lab:
        await lab.press("escape", "2")
        await lab.sees("picture 299")
        listed = lab.app.screen.list
        drawn: list[int] = []
        cell_strip = listed.cell_strip
        listed.cell_strip = lambda cell, line: (drawn.append(cell), cell_strip(cell, line))[1]
        await lab.press("end")
        await lab.sees("picture 0")
        assert len(set(drawn)) <= 25
        await lab.press("home", "pagedown")
        asked = lab.app.rooms.desk.thumbs._drawn
        assert len(asked) < 100


async def test_the_grid_shows_every_picture(open_lab: OpenLab, folder: Path) -> None:
    log_jobs(folder, {"prompt": "a fox", "batch_size": 3, "seeds": [1, 2, 3]}, {"prompt": "a whale"})
    async with open_lab() as lab:
        await lab.press("escape", "2")
        await lab.sees("a whale")
        await lab.press("right", "g")
        await lab.sees(" grid ")
        screen = lab.app.screen
        assert screen.in_view().seed == 1
        await lab.press("down" if screen.grid.columns == 2 else "right")
        assert screen.in_view().seed in (2, 3)
        before = screen.in_view()
        await lab.press("g")
        await lab.sees(" list ")
        assert screen.in_view() == before


@pytest.mark.parametrize("size", [(40, 12)], ids=str)
async def test_a_tiny_window_shows_the_list_alone(open_lab: OpenLab, folder: Path, size: tuple[int, int]) -> None:
    log_jobs(folder, *({"prompt": f"number{number}"} for number in range(9)))
    async with open_lab() as lab:
        await lab.press("escape", "2")
        await lab.sees("number8")
        await lab.sees("number4")
        await lab.press("slash")
        await lab.type("number3")
        await lab.until(lambda: "number8" not in lab.shown)
        await lab.sees(" number3")


async def test_what_cannot_be_looked_for_is_a_sentence_and_nothing_is_lost(open_lab: OpenLab, folder: Path) -> None:
    log_jobs(folder, {"prompt": "a red fox"}, {"prompt": "a blue whale"})
    async with open_lab() as lab:
        await lab.press("escape", "2")
        await lab.sees("a blue whale")
        await lab.press("slash")
        for typed, sentence in (("modell:x", "There is no field 'modell:'"), ("kept:perhaps", "kept: is yes or no")):
            await lab.paste(typed)
            await lab.sees(sentence)
            await lab.sees("a red fox")
            lab.app.screen.search_row.input.value = ""
            await lab.until(lambda sentence=sentence: sentence not in lab.shown)
        await lab.paste(NASTY)
        await lab.until(lambda: lab.app.screen.search_row.input.value == NASTY)
        await lab.press("escape")
        await lab.sees("a red fox")


async def test_the_latest_of_many_keystrokes_wins(open_lab: OpenLab, folder: Path) -> None:
    log_jobs(folder, *({"prompt": f"fox number{number}", "outputs": []} for number in range(80)))
    async with open_lab() as lab:
        await lab.press("escape", "2")
        await lab.sees("number79")
        await lab.press("slash")
        await lab.type("fox number7")
        await lab.until(lambda: lab.app.screen.roll.jobs == 11)
        await lab.press("backspace", "4", "2")
        await lab.until(lambda: lab.app.screen.roll.jobs == 1)
        await lab.sees("number42")


async def test_a_log_that_another_program_writes_to_is_followed(open_lab: OpenLab, folder: Path) -> None:
    async with open_lab() as lab:
        await lab.press("escape", "2")
        await lab.sees("No pictures yet")
        log_jobs(folder, {"prompt": "first"})
        await lab.sees("first")
        await lab.press("slash")
        await lab.type("sec")
        await lab.sees("Nothing matches")
        log_job(folder, 2, {"prompt": f"second {NASTY}"})
        await lab.until(lambda: lab.app.screen.in_view() and lab.app.screen.in_view().prompt == f"second {NASTY}")
        with (folder / joblog.NAME).open("a") as log:
            log.write('{"prompt": "second, cut sho')
        await lab.pilot.pause(0.3)
        assert lab.app.screen.roll.jobs == 1


async def test_a_log_that_is_replaced_and_one_that_cannot_be_read(open_lab: OpenLab, folder: Path) -> None:
    log_jobs(folder, {"prompt": "first"}, {"prompt": "second"})
    log = folder / joblog.NAME
    async with open_lab() as lab:
        await lab.press("escape", "2")
        await lab.sees("second")
        log.write_text('{"prompt": "another log"}\n')
        await lab.sees("another log")
        await lab.until(lambda: lab.app.screen.roll.jobs == 1)
        log.unlink()
        await lab.sees("No pictures yet")
        log.mkdir()
        await lab.press("1", "2")
        await lab.sees("cannot be read")


async def test_how_much_of_a_long_log_is_read_is_said(open_lab: OpenLab, folder: Path) -> None:
    log_jobs(folder, {"prompt": "a red fox"})
    async with open_lab() as lab:
        await lab.press("escape", "2")
        await lab.sees("a red fox")
        screen = lab.app.screen
        screen.post_message(screen.Followed(True, 0.4))
        await lab.sees("40 %")
        screen.follow()
        await lab.until(lambda: "40 %" not in lab.shown)


async def test_long_logs_are_read_where_one_looks(open_lab: OpenLab, folder: Path) -> None:
    folder.mkdir()
    lines = (
        {
            "job_id": f"{n}",
            "timestamp": f"2026-{1 + n // 500:02}-{1 + n // 20 % 25:02}T10:00:00",
            "prompt": f"number{n}",
        }
        for n in range(3000)
    )
    (folder / joblog.NAME).write_text("".join(joblog.as_line(line) + "\n" for line in lines))
    async with open_lab() as lab:
        await lab.press("escape", "2")
        await lab.sees("number2999")
        await lab.until(lambda: lab.app.screen.roll.is_whole)
        await lab.press("end")
        await lab.sees("number0 ")
        await lab.press("pageup", "pageup", "up", "comma", "full_stop")
        await lab.until(lambda: lab.app.screen.in_view())
        assert len(lab.app.screen.roll._lines) < 1000
        await lab.press("home")
        await lab.sees("number2999")


async def test_swatches_are_kept_for_the_next_start(open_lab: OpenLab, folder: Path) -> None:
    log_jobs(folder, {"prompt": "a red fox"})
    async with open_lab() as lab:
        await lab.press("escape", "2")
        await lab.sees_picture()
        path = lab.app.screen.in_view().path
        await lab.until(lambda: path in lab.app.screen.finder.index.swatches([path]))
    path.unlink()
    async with open_lab() as lab:
        await lab.press("escape", "2")
        await lab.sees("file gone")
        await lab.sees_picture()
