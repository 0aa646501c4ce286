"""The frames screen with the real engine: a sequence of the embedded model, from the queue to a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import monotonic

from PIL import Image

from sdxl_tui.core.models import CATALOGUE, DEMO
from sdxl_tui.core.modes import ANIMATE_STEPS
from sdxl_tui.core.settings import Settings
from sdxl_tui.tui.app import LabApp

WAIT_SECONDS = 120


async def test_a_sequence_is_made_seen_and_exported(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    settings = Settings(output_dir=folder, log_dir=tmp_path / "logs", device="cpu")
    app = LabApp(settings, CATALOGUE[DEMO], "a red apple", load=True)
    try:
        async with app.run_test(size=(120, 40)) as pilot:

            async def until(condition: Callable[[], object]) -> None:
                end = monotonic() + WAIT_SECONDS
                while not condition():
                    assert monotonic() < end, app.notes.in_order()
                    await pilot.pause(0.05)

            await until(lambda: app.rooms is not None)
            desk = app.rooms.desk
            request = replace(desk.draft.request(), mode=ANIMATE_STEPS, frames=3, steps=2, width=64, height=64, seed=5)
            job = desk.submit(request)
            await pilot.press("escape", "4")
            await until(lambda: job.id in app.rooms.state.seconds)
            screen = app.screen
            await until(lambda: screen.sequence is not None and screen.sequence.state == "ended")
            await until(lambda: screen.sheet.roll.places == 3)
            assert [frame.seed for frame in screen.sequence.frames] == [5, 6, 7]
            await pilot.press("e")
            await pilot.press("enter")
            await until(lambda: screen._exports and screen._exports[0].state == "done")
            with Image.open(screen._exports[0].path) as exported:
                assert exported.n_frames == 3
    finally:
        assert app.rooms.desk.engine.close(WAIT_SECONDS)
