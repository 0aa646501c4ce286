"""The queue's screen: what runs, what waits, what ended today, and the keys that change it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sdxl_tui.core.models import CATALOGUE, DEMO
from sdxl_tui.core.request import GenerationRequest
from sdxl_tui.core.vram import Card
from sdxl_tui.engine import CardRead, QueueOrdered
from tests.tui.conftest import NASTY, REAL, STYLES
from tests.tui.log_lines import log_jobs

OpenLab = Callable[..., Any]

pytestmark = pytest.mark.usefixtures("own_home")
SIZE = pytest.mark.parametrize("size", [(120, 40)], ids=str)
FAILED = {"prompt": "a glass cathedral", "status": "failed", "error": f"Out of memory, also as 4 + 4 {NASTY}."}
AGAIN = {
    "model": DEMO,
    "model_name": "Demo",
    "style": "None / Raw",
    "negative_prompt": "",
    "styled_negative_prompt": "",
    "outputs": [],
    "seed": 118,
    "seeds": [118],
    "steps": 4,
}


def asked(prompt: str, **changes: Any) -> GenerationRequest:
    """A request as the form would send it."""
    values = {"steps": 20, "guidance_scale": 5.0, "width": 256, "height": 256, "scheduler": "euler", **changes}
    model = CATALOGUE[values.pop("model", DEMO)]
    return GenerationRequest(model, prompt, "people", values.pop("style", STYLES[1]), **values)


async def open_queue(lab: Any, *prompts: str, **changes: Any) -> list[Any]:
    """Let these wait, restored from an earlier start, and go to the queue; return the jobs."""
    jobs = []
    for number, prompt in enumerate(prompts):
        job = replace(lab.engine.new_job(asked(prompt, **changes)), id=f"20261123-141502-{number:06x}")
        lab.engine.let_restore(job)
        jobs.append(job)
    await lab.press("escape", "3")
    await lab.until(lambda: lab.app.screen.TAB == "queue" and lab.app.screen.is_mounted)
    await lab.until(lambda: len(lab.state.waiting) == len(prompts))
    if prompts:
        await lab.sees(prompts[0][:12])
    return jobs


def waiting(lab: Any) -> list[str]:
    """The prompts of the engine's queue, in order."""
    return [job.request.prompt for job in lab.engine.waiting]


def line(lab: Any, words: str) -> str:
    """The first row of the screen that has these words."""
    return next((row for row in lab.shown.splitlines() if words in row), "")


async def test_what_runs_and_what_waits(open_lab: OpenLab) -> None:
    async with open_lab() as lab:
        lab.state.pace.learn((DEMO, 256, 256), 0.1)
        first, *_ = await open_queue(lab, "a red fox", f"a castle {NASTY[:9]}", "a robot", batch_size=4)
        lab.engine.let_start(first)
        lab.engine.let_step(first, 18)
        await lab.sees("18/20")
        assert "►" in line(lab, "a red fox")
        assert "4 × 256" in line(lab, "a robot")
        assert "waiting 2 · 8 pictures" in lab.shown
        # 2.6 s are left of the running one, and each takes 20 steps of 4 pictures.
        assert "in 3 s" in line(lab, "a castle [/]")
        assert "in 10 s" in line(lab, "a robot")
        assert "+2" in lab.shown.splitlines()[0]
        assert "about" in lab.shown


async def test_an_empty_queue_says_how_to_fill_it(open_lab: OpenLab) -> None:
    async with open_lab() as lab:
        await open_queue(lab)
        await lab.sees("Nothing waits: enter on generate adds a job, v adds several.")
        for key in ("x", "X", "d", "t", "T", "c", "r", "u", "e", "a", "plus", "enter", "g", "j", "end"):
            await lab.press(key)
        assert lab.engine.cancelled == [] == lab.engine.jobs
        assert lab.app.screen.TAB == "queue"


@SIZE
async def test_jobs_are_moved_and_the_hands_stay_on_them(open_lab: OpenLab) -> None:
    async with open_lab() as lab:
        await open_queue(lab, "a fox", "a castle", "a robot")
        await lab.press("plus", "plus")
        assert waiting(lab) == ["a castle", "a robot", "a fox"]
        await lab.sees("job 3 of 3")
        await lab.press("minus")
        assert waiting(lab) == ["a castle", "a fox", "a robot"]
        await lab.press("end", "a")
        assert waiting(lab) == ["a robot", "a castle", "a fox"]
        await lab.sees("job 1 of 3")


@SIZE
async def test_a_double_runs_right_behind_and_only_a_drawn_seed_is_drawn_anew(open_lab: OpenLab) -> None:
    async with open_lab() as lab:
        [fox, _] = await open_queue(lab, "a fox", "a castle")
        await lab.press("d")
        assert waiting(lab) == ["a fox", "a fox", "a castle"]
        assert lab.engine.waiting[1].seed != fox.seed
        held = lab.engine.new_job(asked("a held seed", seed=77))
        lab.engine.let_restore(held)
        await lab.sees("a held seed")
        await lab.press("end", "d")
        assert [job.seed for job in lab.engine.waiting[-2:]] == [77, 77]
        await lab.until(lambda: len(lab.state.waiting) == 5)


@SIZE
async def test_cancel_in_three_verbs(open_lab: OpenLab) -> None:
    async with open_lab() as lab:
        first, second, third, _ = await open_queue(lab, "a fox", "a castle", "a robot", "a torii gate")
        lab.engine.let_start(first)
        await lab.sees("starting")
        assert lab.app.screen.chosen == ("waiting", second.id)
        await lab.press("x")
        await lab.until(lambda: waiting(lab) == ["a robot", "a torii gate"])
        # The hands stay where they were: the next one is under them.
        await lab.until(lambda: lab.app.screen.chosen == ("waiting", third.id))
        await lab.press("home", "x")
        assert lab.engine.cancelled == [second.id, first.id]
        await lab.press("X")
        assert lab.engine.stops_after_picture == 1
        await lab.sees("It stops when this picture is saved")
        await lab.press("c")
        await lab.sees("Cancel all 2 jobs that wait?")
        await lab.press("escape")
        assert waiting(lab) == ["a robot", "a torii gate"]
        await lab.press("c", "enter")
        await lab.until(lambda: not lab.engine.waiting)
        await lab.sees("Nothing waits")


@SIZE
async def test_ctrl_c_takes_nothing_out_of_a_paused_queue(open_lab: OpenLab) -> None:
    async with open_lab() as lab:
        lab.engine.let_pause("A job waits from before.")
        await open_queue(lab, "a fox")
        await lab.press("ctrl+c")
        await lab.until(lambda: any("Nothing runs that could be stopped" in note for note in lab.notes))
        assert waiting(lab) == ["a fox"]
        await lab.press("x")
        await lab.until(lambda: not waiting(lab))


@SIZE
async def test_n_times_with_new_seeds(open_lab: OpenLab) -> None:
    async with open_lab() as lab:
        await open_queue(lab, "a fox", batch_size=2, seed=5)
        await lab.press("n", "1", "2", "enter")
        await lab.until(lambda: len(lab.state.waiting) == 13)
        assert len({job.seed for job in lab.engine.waiting}) == 13
        assert {job.request.batch_size for job in lab.engine.waiting} == {2}
        await lab.sees("12 more are queued, with new seeds.")
        await lab.press("n", "escape")
        assert len(lab.engine.waiting) == 13


@SIZE
async def test_repeat_until_stopped_and_no_longer(open_lab: OpenLab) -> None:
    async with open_lab() as lab:
        await open_queue(lab, "a fox")
        await lab.press("r")
        await lab.until(lambda: "until stopped" in line(lab, " ∞ "))
        repeated = lab.engine.waiting[1]
        lab.engine.let_start(repeated)
        await lab.sees("starting")
        following = lab.engine.waiting[1]
        assert following.seed != repeated.seed
        await lab.press("home", "r")
        await lab.until(lambda: waiting(lab) == ["a fox"])
        assert lab.engine.cancelled == [following.id]
        await lab.sees("It is repeated no longer.")


async def test_a_paused_queue_is_said_everywhere(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        lab.engine.let_pause("2 jobs waited when the lab ended.")
        await open_queue(lab, "a castle", "a robot")
        await lab.sees("■ The queue is paused: 2 jobs waited when the lab ended.")
        assert "■" in lab.shown.splitlines()[0]
        assert any(note.startswith("■ The queue is paused: 2 jobs") for note in lab.notes)
        await lab.press("1")
        await lab.sees("paused")
        await lab.press("enter")
        assert waiting(lab) == ["a castle", "a robot", "a red fox"]
        await lab.until(lambda: any("The job waits: the queue is paused" in note for note in lab.notes))
        await lab.press("escape", "3", "space")
        await lab.until(lambda: lab.engine.paused is None)
        await lab.until(lambda: not any("paused" in note for note in lab.notes))
        assert "■" not in lab.shown
        await lab.press("space")
        await lab.sees("■ The queue is paused")


@SIZE
async def test_exactly_what_is_sent_and_when_it_is_done(open_lab: OpenLab) -> None:
    async with open_lab() as lab:
        lab.state.pace.learn((DEMO, 256, 256), 0.1)
        [job] = await open_queue(lab, "a red fox", batch_size=3, seed=7701)
        await lab.sees("+ cinematic still, dramatic lighting")
        shown = lab.shown
        assert "job 1 of 1  a red fox" in shown
        assert "not  people + flat lighting" in shown
        assert "scheduler Euler   cfg 5.0   seeds 7701 to 7703" in shown
        assert f"queued {job.timestamp[11:19]}" in shown
        assert "takes about 6.0 s" in shown
        starts = datetime.now()
        assert any(f"starts {starts - timedelta(seconds=ago):%H:%M:%S}" in lab.shown for ago in range(30))
        assert "fits" not in shown
        lab.engine.emit(CardRead(Card(80 << 30, 60 << 30, 10 << 30), 0, 40, 100))
        await lab.press("d")
        await lab.sees("● fits")
        await lab.press("e")
        await lab.sees(job.id)
        await lab.press("escape")
        lab.engine.let_restore(lab.engine.new_job(asked(NASTY, style=STYLES[3])))
        await lab.press("end")
        await lab.sees(f"+ {NASTY}")


@SIZE
async def test_today_is_what_ended_today(open_lab: OpenLab, tmp_path: Path) -> None:
    folder, now = tmp_path / "pictures", datetime.now().astimezone()
    log_jobs(folder, {"prompt": "of yesterday"}, days_ago=1)
    log_jobs(folder, {"prompt": "over night", "finished": now.isoformat(), "seconds": 600.0}, days_ago=1)
    stopped = {"prompt": "a robot", "status": "cancelled", "outputs": []}
    log_jobs(folder, {"prompt": "a fox", "seconds": 5.6, "batch_size": 2}, {**FAILED, "outputs": []}, stopped)
    async with open_lab() as lab:
        await open_queue(lab)
        await lab.sees("4 jobs, 3 pictures · 1 failed · 1 cancelled")
        assert "card busy 10 min" in lab.shown
        assert "of yesterday" not in lab.shown
        assert "over night" in lab.shown
        assert "5.6 s" in line(lab, "a fox")
        assert "Out of memory, also as 4 + 4" in line(lab, "a glass cathedral")
        await lab.press("j")
        await lab.sees(f"× {FAILED['error']}")
        await lab.press("enter")
        await lab.sees("It failed.")
        await lab.press("escape", "j", "enter")
        await lab.until(lambda: type(lab.app.screen).__name__ == "ZoomScreen")
        await lab.press("space", "escape")
        await lab.sees("1 ◆")


@SIZE
async def test_failed_jobs_are_tried_again_with_their_seed(open_lab: OpenLab, tmp_path: Path) -> None:
    failed = {**FAILED, **AGAIN, "styled_prompt": "a glass cathedral"}
    lost = {**failed, "model": "gone/model", "prompt": "of a lost model"}
    log_jobs(tmp_path / "pictures", failed, {**failed, "seed": 119}, lost, {**AGAIN, "styled_prompt": "a red fox"})
    async with open_lab() as lab:
        await open_queue(lab)
        await lab.sees("3 failed")
        await lab.press("end", "t")
        await lab.until(lambda: lab.engine.jobs)
        assert (lab.engine.request.prompt, lab.engine.request.seed) == ("a glass cathedral", 118)
        await lab.sees("is queued again, with seed 118")
        await lab.press("T")
        await lab.until(lambda: len(lab.engine.jobs) == 2)
        assert lab.engine.request.seed == 119
        await lab.until(lambda: any("There is no model" in note for note in lab.notes))
        await lab.press("d")
        await lab.until(lambda: len(lab.engine.jobs) == 3)


@SIZE
async def test_a_job_that_ends_comes_to_those_of_today(open_lab: OpenLab, tmp_path: Path) -> None:
    async with open_lab() as lab:
        [job, _] = await open_queue(lab, "a red fox", "a castle")
        lab.engine.let_start(job)
        log_jobs(tmp_path / "pictures", {"prompt": "a red fox", "job_id": job.id})
        lab.engine.let_finish(job)
        await lab.sees("today  1 job, 1 picture")
        assert "●" in line(lab, "a red fox")
        assert "► " not in lab.shown


@SIZE
async def test_jobs_are_found_by_their_words(open_lab: OpenLab) -> None:
    async with open_lab() as lab:
        await open_queue(lab, "a red fox", "a castle", "a red robot")
        await lab.press("slash")
        await lab.type("red")
        await lab.until(lambda: "a castle" not in lab.shown)
        await lab.press("down")
        await lab.sees("job 3 of 3")
        await lab.press("enter", "x")
        await lab.until(lambda: waiting(lab) == ["a red fox", "a castle"])
        await lab.press("escape")
        await lab.sees("a castle")
        assert lab.app.screen.TAB == "queue"
        await lab.press("escape")
        await lab.until(lambda: lab.app.screen is lab.home)


@SIZE
async def test_the_mouse_points(open_lab: OpenLab) -> None:
    async with open_lab() as lab:
        await open_queue(lab, "a fox", "a castle", "a robot")
        row = lab.shown.splitlines().index(line(lab, "a castle"))
        await lab.pilot.click(offset=(20, row))
        await lab.sees("job 2 of 3")
        await lab.pilot.click(offset=(20, row), times=2)
        await lab.until(lambda: lab.app.screen is lab.home)
        assert lab.draft.prompt == "a castle"
        await lab.press("escape", "3")
        lab.engine.let_pause("")
        await lab.sees("■ The queue is paused")
        await lab.pilot.click(offset=(100, lab.shown.splitlines().index(line(lab, "The queue is paused"))))
        await lab.until(lambda: lab.engine.paused is None)
        for name in ("gallery", "frames", "queue"):
            column = lab.shown.splitlines()[0].index(name) + 1
            await lab.pilot.click(offset=(column, 0))
            await lab.until(lambda name=name: getattr(lab.app.screen, "TAB", "") == name)


@SIZE
async def test_the_palette_has_the_queues_verbs_on_every_screen(open_lab: OpenLab) -> None:
    async with open_lab() as lab:
        [job, _] = await open_queue(lab, "a fox", "a castle")
        lab.engine.let_start(job)
        await lab.press("2")
        for words, is_so in (
            ("pause the queue", lambda: lab.engine.paused == ""),
            ("run the queue", lambda: lab.engine.paused is None),
            ("stop after this picture", lambda: lab.engine.stops_after_picture == 1),
        ):
            await lab.press("ctrl+p")
            await lab.type(words)
            await lab.sees(words)
            await lab.press("down", "enter")
            await lab.until(is_so)
        await lab.press("ctrl+p")
        await lab.type("clear the queue")
        await lab.sees("asks once")
        await lab.press("down", "enter")
        await lab.sees("Cancel the job that waits?")
        await lab.press("enter")
        await lab.until(lambda: not lab.engine.waiting)


@SIZE
async def test_r_on_the_home_screen_repeats_the_picture_or_the_form(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("alt+r")
        assert lab.engine.repeating == {lab.engine.jobs[0].id}
        await lab.until(lambda: any("x ends that" in note for note in lab.notes))
        await lab.sees("∞ a red fox")
        lab.engine.let_start(lab.engine.jobs[0])
        lab.engine.let_finish(lab.engine.jobs[0])
        await lab.until(lambda: lab.home.pane.shown is not None)
        await lab.type("es")
        await lab.press("escape", "r")
        await lab.until(lambda: len(lab.engine.jobs) == 3)
        assert lab.engine.request.prompt == "a red fox"


@SIZE
async def test_a_thousand_jobs_are_walked_through(open_lab: OpenLab) -> None:
    async with open_lab() as lab:
        await open_queue(lab, *(f"prompt {number}" for number in range(999)), "the last one")
        await lab.press("home")
        await lab.sees("job 1 of 1000")
        await lab.press("end")
        await lab.sees("the last one")
        assert "1000" in line(lab, "the last one")
        await lab.press("pageup", "a")
        await lab.sees("job 1 of 1000")


@SIZE
async def test_previews_are_asked_for_by_the_screen_in_front(open_lab: OpenLab) -> None:
    async with open_lab() as lab:
        [job] = await open_queue(lab, "a red fox")
        assert lab.engine.previews_every is not None
        lab.engine.let_start(job)
        lab.engine.let_preview(job, (200, 30, 30))
        await lab.sees_picture(3)
        await lab.press("6")
        await lab.until(lambda: lab.engine.previews_every is None)
        await lab.press("1")
        await lab.until(lambda: lab.engine.previews_every is not None)


@SIZE
async def test_the_engines_own_order_is_shown(open_lab: OpenLab) -> None:
    async with open_lab() as lab:
        fox, castle = await open_queue(lab, "a fox", "a castle")
        lab.engine.emit(QueueOrdered((castle.id, fox.id)))
        await lab.sees("job 2 of 2")
        assert lab.app.screen.chosen == ("waiting", fox.id)
        lab.engine.let_restore(lab.engine.new_job(asked("of another model", model=REAL)))
        await lab.sees("one model switch")
