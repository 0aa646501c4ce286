"""A job that waits, changed in the form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.tui.test_queue import SIZE, open_queue, waiting

OpenLab = Callable[..., Any]

pytestmark = pytest.mark.usefixtures("own_home")


async def edit_second(lab: Any) -> Any:
    """Let three wait, and take the second one into the form, in which something else was typed."""
    _, job, _ = await open_queue(lab, "a fox", "a castle", "a robot", steps=31, seed=77)
    await lab.press("j", "enter")
    await lab.until(lambda: lab.app.screen is lab.home)
    await lab.until(lambda: lab.home.form.prompt.area.text == "a castle")
    return job


async def test_enter_puts_the_job_back_in_its_place(open_lab: OpenLab) -> None:
    async with open_lab(prompt="what I was about to type") as lab:
        await lab.press("alt+e", "9", "alt+p")
        job = await edit_second(lab)
        assert any(note.startswith("● Editing job 2: enter puts it back") for note in lab.notes)
        assert (lab.draft.text("steps"), lab.draft.text("seed"), lab.draft.style.id) == ("31", "77", "cinematic")
        await lab.sees("put job 2 back")
        await lab.type(" in snow")
        await lab.press("alt+e", "1", "2", "enter")
        await lab.until(lambda: lab.app.screen.TAB == "queue")
        assert waiting(lab) == ["a fox", "a castle in snow", "a robot"]
        changed = lab.engine.waiting[1]
        assert (changed.id, changed.request.steps, changed.seed) == (job.id, 12, 77)
        assert changed.request.style.id == "cinematic"
        await lab.sees("a castle in snow")
        await lab.press("1")
        assert lab.home.form.prompt.area.text == "what I was about to type"
        assert lab.draft.text("steps") == "9"
        assert not any("Editing" in note for note in lab.notes)
        await lab.press("enter")
        assert waiting(lab)[-1] == "what I was about to type"


@SIZE
async def test_esc_leaves_it_as_it_was(open_lab: OpenLab) -> None:
    async with open_lab(prompt="mine") as lab:
        job = await edit_second(lab)
        await lab.type(" in snow")
        await lab.press("escape")
        await lab.until(lambda: lab.app.screen.TAB == "queue")
        assert lab.engine.waiting[1] is job
        assert lab.app.screen.chosen == ("waiting", job.id)
        assert lab.home.form.prompt.area.text == "mine"


@SIZE
async def test_one_that_began_meanwhile_is_queued_as_a_new_one(open_lab: OpenLab) -> None:
    async with open_lab(prompt="mine") as lab:
        job = await edit_second(lab)
        lab.engine.let_start(job)
        await lab.until(lambda: any("Job 2 has begun meanwhile" in note for note in lab.notes))
        await lab.type(" in snow")
        await lab.press("enter")
        await lab.until(lambda: waiting(lab) == ["a fox", "a robot", "a castle in snow"])
        await lab.until(lambda: any("this is queued as a new one" in note for note in lab.notes))
        assert lab.home.form.prompt.area.text == "mine"


@SIZE
async def test_what_cannot_be_sent_stays_in_the_form(open_lab: OpenLab) -> None:
    async with open_lab(prompt="mine") as lab:
        await edit_second(lab)
        await lab.press("alt+e", "9", "9", "9", "enter")
        await lab.until(lambda: any("Steps go from 1 to 200." in note for note in lab.notes))
        assert lab.app.screen is lab.home
        assert waiting(lab) == ["a fox", "a castle", "a robot"]
        await lab.press("escape")
        await lab.until(lambda: lab.app.screen.TAB == "queue")


@SIZE
async def test_another_one_can_be_edited_instead(open_lab: OpenLab) -> None:
    async with open_lab(prompt="mine") as lab:
        await edit_second(lab)
        await lab.press("alt+3", "j", "enter")
        await lab.until(lambda: lab.home.form.prompt.area.text == "a robot")
        await lab.press("escape")
        await lab.until(lambda: lab.home.form.prompt.area.text == "mine")
