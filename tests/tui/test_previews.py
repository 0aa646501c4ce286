"""Previews in the picture's place: only while they are looked at, and the picture comes back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

OpenLab = Callable[..., Any]
RED, GREEN = (250, 20, 20), (20, 250, 20)


def colour(lab: Any) -> tuple[int, int, int] | None:
    """What the middle of the picture is painted in."""
    strips = lab.home.pane.picture._strips
    if not strips:
        return None
    row = list(strips[len(strips) // 2])
    return tuple(row[len(row) // 2].style.color.triplet)


async def running(lab: Any) -> Any:
    """A job that has begun."""
    await lab.press("enter")
    job = lab.engine.jobs[-1]
    lab.engine.let_start(job)
    return job


async def test_a_preview_stands_where_the_picture_will_be(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        job = await running(lab)
        lab.engine.let_preview(job, RED)
        await lab.until(lambda: colour(lab) == RED)
        await lab.sees("preview")
        place = lab.home.pane.picture._strips[0].cell_length, len(lab.home.pane.picture._strips)
        lab.engine.let_preview(job, GREEN)
        await lab.until(lambda: colour(lab) == GREEN)
        lab.engine.let_finish(job)
        await lab.until(lambda: colour(lab) == (0, 0, 200))
        assert place == (lab.home.pane.picture._strips[0].cell_length, len(lab.home.pane.picture._strips))
        assert "preview" not in lab.shown


async def test_a_stopped_job_gives_the_place_back(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        job = await running(lab)
        lab.engine.let_preview(job, RED)
        await lab.until(lambda: colour(lab) == RED)
        lab.engine.let_stop(job, 3)
        await lab.until(lambda: lab.home.pane.first_run.display and not lab.home.pane.picture.display)
        first = await running(lab)
        lab.engine.let_finish(first)
        await lab.until(lambda: colour(lab) == (0, 0, 200))
        second = await running(lab)
        lab.engine.let_preview(second, RED)
        await lab.until(lambda: colour(lab) == RED)
        lab.engine.let_fail(second, "It broke.")
        await lab.until(lambda: colour(lab) == (0, 0, 200))
        await lab.sees(f"seed {first.seed}")


async def test_who_looks_at_an_older_picture_is_not_disturbed(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("alt+a", "2", "enter")
        job = lab.engine.jobs[-1]
        lab.engine.let_start(job)
        lab.engine.let_finish(job)
        await lab.until(lambda: colour(lab) == (0, 40, 200))
        next_one = await running(lab)
        lab.engine.let_preview(next_one, RED)
        await lab.until(lambda: colour(lab) == RED)
        lab.home.pane.walk(-1)
        await lab.until(lambda: colour(lab) == (0, 0, 200))
        lab.engine.let_preview(next_one, GREEN)
        await lab.pilot.pause()
        assert colour(lab) == (0, 0, 200)


async def test_what_was_chosen_comes_back_also_when_it_is_the_one_in_view(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        job = await running(lab)
        lab.engine.let_finish(job)
        await lab.until(lambda: colour(lab) == (0, 0, 200))
        lab.engine.let_preview(await running(lab), RED)
        await lab.until(lambda: colour(lab) == RED)
        lab.home.pane.walk(1)
        await lab.until(lambda: colour(lab) == (0, 0, 200))


async def test_previews_are_asked_for_while_they_are_in_view_only(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.until(lambda: lab.engine.previews_every == 2)
        await lab.press("alt+2")
        assert lab.engine.previews_every is None
        await lab.press("alt+1")
        await lab.until(lambda: lab.engine.previews_every == 2)
        await lab.press("f8")
        assert lab.engine.previews_every is None
        assert "● Previews: off." in lab.notes
        await lab.press("f8")
        assert lab.engine.previews_every == 2
        while lab.app.images != "off":
            await lab.press("f3")
        assert lab.engine.previews_every is None


async def test_a_preview_that_comes_late_is_not_shown(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        job = await running(lab)
        lab.engine.let_finish(job)
        await lab.until(lambda: colour(lab) == (0, 0, 200))
        lab.engine.let_preview(job, RED)
        await lab.pilot.pause()
        assert colour(lab) == (0, 0, 200)


async def test_the_setting_turns_them_off(open_lab: OpenLab) -> None:
    async with open_lab(settings={"previews": "off"}) as lab:
        assert lab.engine.previews_every is None
        await lab.press("f8")
        assert lab.engine.previews_every == 2


async def test_the_palette_knows_them(open_lab: OpenLab) -> None:
    async with open_lab() as lab:
        await lab.until(lambda: lab.engine.previews_every == 2)
        await lab.press("ctrl+p")
        await lab.type("previews")
        await lab.sees("Show what is being made, or")
        await lab.press("enter")
        await lab.until(lambda: lab.engine.previews_every is None)
        assert "● Previews: off." in lab.notes


async def test_what_looks_the_same_is_not_painted_again(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        job = await running(lab)
        lab.engine.let_preview(job, RED)
        await lab.until(lambda: colour(lab) == RED)
        painted = lab.home.pane.picture._strips
        lab.engine.let_preview(job, RED)
        await lab.until(lambda: not lab.app.workers._workers or all(w.is_finished for w in lab.app.workers))
        await lab.pilot.pause()
        assert lab.home.pane.picture._strips is painted
