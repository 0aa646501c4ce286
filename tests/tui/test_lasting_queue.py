"""What the lab says of a queue that outlives it, and that it does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sdxl_tui.core.models import CATALOGUE, DEMO
from sdxl_tui.core.settings import Settings
from sdxl_tui.core.styles import Style
from sdxl_tui.engine import QueueProblem
from sdxl_tui.tui.app import LabApp
from sdxl_tui.tui.shelf import Shelf
from tests.tui.conftest import NASTY, WAIT_SECONDS, Lab, check

OpenLab = Callable[..., Any]


def words(lab: Lab) -> str:
    """What stands in the left column, without its frame and the ends of its lines."""
    lines = [line.split("▌")[1] for line in lab.shown.splitlines() if line.startswith("▌")]
    return " ".join(" ".join(lines).split())


async def test_leaving_says_what_stops_and_what_stays(open_lab: OpenLab) -> None:
    async with open_lab() as lab:
        await lab.type("a fox")
        await lab.press("enter", "enter", "enter")
        await lab.press("ctrl+q")
        await lab.until(lambda: "3 jobs wait: they stay in the queue for the next start." in words(lab))
        assert "enter quit" in words(lab)
        await lab.press("escape")
        lab.engine.let_start(lab.engine.jobs[0])
        await lab.press("ctrl+q")
        await lab.until(lambda: "A job runs, and 2 wait: they stay in the queue" in words(lab))
        assert "enter stop and quit" in words(lab)


async def test_a_queue_that_is_not_saved_is_said_until_it_is(open_lab: OpenLab) -> None:
    async with open_lab() as lab:
        await lab.type("a fox")
        await lab.press("enter")
        lab.engine.emit(QueueProblem(f"The queue is not saved: {NASTY}."))
        await lab.until(lambda: f"▲ The queue is not saved: {NASTY}." in lab.notes)
        await lab.press("ctrl+q")
        await lab.until(lambda: "1 job waits and will be lost: the queue is not saved." in words(lab))
        await lab.press("escape")
        lab.engine.emit(QueueProblem(""))
        await lab.until(lambda: not any("not saved" in note for note in lab.notes))
        await lab.press("ctrl+q")
        await lab.until(lambda: "1 job waits: it stays in the queue" in words(lab))


@pytest.mark.parametrize("size", [(120, 40)], indirect=True)
async def test_what_waits_is_there_when_the_lab_is_opened_again(tmp_path: Path, size: tuple[int, int]) -> None:
    """With the real engine: what waits is kept, and the queue waits for the user."""

    def app() -> LabApp:
        shelf = Shelf(dict(CATALOGUE), {"none": Style("none", "None / Raw")}, [], check)
        settings = Settings(output_dir=tmp_path / "pictures", log_dir=tmp_path / "logs", device="cpu")
        return LabApp(settings, CATALOGUE[DEMO], shelf=shelf)

    first = app()
    async with first.run_test(size=size) as pilot:
        lab = Lab(first, pilot)
        await lab.until(lambda: first.rooms is not None)
        first.rooms.desk.engine.pause()
        jobs = [first.rooms.desk.submit(lab.draft.request()) for lab.draft.prompt in ("a fox", "a dog")]
    assert first.rooms.desk.engine.close(WAIT_SECONDS)
    second = app()
    async with second.run_test(size=size) as pilot:
        lab = Lab(second, pilot)
        await lab.until(lambda: second.rooms is not None and second.rooms.desk.engine.status.paused is not None)
        assert list(second.rooms.desk.engine.status.waiting) == jobs
        assert second.rooms.desk.engine.status.paused.startswith("2 jobs wait from before")
    assert second.rooms.desk.engine.close(WAIT_SECONDS)
