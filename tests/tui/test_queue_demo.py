"""The queue's screen with the real engine: jobs of the embedded model, paused, moved, changed and run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import monotonic

import pytest

from sdxl_tui.core import joblog
from sdxl_tui.core.models import CATALOGUE, DEMO
from sdxl_tui.core.settings import Settings
from sdxl_tui.tui.app import LabApp

WAIT_SECONDS = 120


@pytest.mark.usefixtures("own_home")
async def test_what_waits_is_changed_run_and_there_again_at_the_next_start(tmp_path: Path) -> None:
    settings = Settings(output_dir=tmp_path / "pictures", log_dir=tmp_path / "logs", device="cpu")

    def lab() -> LabApp:
        return LabApp(settings, CATALOGUE[DEMO], "a red apple", load=True)

    async def until(app: LabApp, pilot: object, condition: Callable[[], object]) -> None:
        end = monotonic() + WAIT_SECONDS
        while not condition():
            assert monotonic() < end, app.notes.in_order()
            await pilot.pause(0.05)  # type: ignore[attr-defined]

    app = lab()
    try:
        async with app.run_test(size=(120, 40)) as pilot:
            await until(app, pilot, lambda: app.rooms is not None)
            await pilot.press("alt+e", "2", "alt+3", "space")
            state = app.rooms.state
            await until(app, pilot, lambda: state.paused is not None)
            await pilot.press("1", "alt+p", "enter", "alt+3")
            await until(app, pilot, lambda: len(state.waiting) == 1)
            await until(app, pilot, lambda: app.screen.chosen[1])
            await pilot.press("n", "2", "enter")
            await until(app, pilot, lambda: len(state.waiting) == 3)
            first = state.waiting[0]
            await pilot.press("plus")
            await until(app, pilot, lambda: state.waiting[1] == first)
            await pilot.press("enter", *" pie", "enter")
            await until(app, pilot, lambda: app.screen.TAB == "queue")
            await pilot.press("c", "escape", "end", "x")
            await until(app, pilot, lambda: len(state.waiting) == 2)
    finally:
        assert app.rooms.desk.engine.close(WAIT_SECONDS)
    assert [record["status"] for record in joblog.read(settings.output_dir)] == ["cancelled"]

    app = lab()
    try:
        async with app.run_test(size=(120, 40)) as pilot:
            await until(app, pilot, lambda: app.rooms and len(app.rooms.state.waiting) == 2)
            state = app.rooms.state
            await until(app, pilot, lambda: state.paused)
            assert state.waiting[1] == first
            await pilot.press("alt+3", "space")
            await until(app, pilot, lambda: len(state.seconds) == 2 and not state.busy)
            await until(app, pilot, lambda: app.screen.rows.today.pictures == 2)
            await pilot.press("alt+1", "escape", "r")
            await until(app, pilot, lambda: len(state.seconds) >= 4)
            await pilot.press("x")
            await until(app, pilot, lambda: not state.busy)
    finally:
        assert app.rooms.desk.engine.close(WAIT_SECONDS)
    done = {record["job_id"]: record for record in joblog.read(settings.output_dir) if record["status"] == "done"}
    assert done[first]["prompt"] == "a red apple pie"
    assert len({record["seed"] for record in done.values()}) == len(done)
