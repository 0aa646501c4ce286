"""The home screen with the real engine: the embedded model, one key, a picture on disk and on the screen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import monotonic

from PIL import Image
from textual.events import Paste

from sdxl_tui.core import joblog
from sdxl_tui.core.models import CATALOGUE, DEMO
from sdxl_tui.core.settings import Settings
from sdxl_tui.tui.app import LabApp

WAIT_SECONDS = 120


async def test_one_key_makes_a_picture(tmp_path: Path) -> None:
    settings = Settings(output_dir=tmp_path / "pictures", log_dir=tmp_path / "logs", device="cpu")
    app = LabApp(settings, CATALOGUE[DEMO], "a red apple", load=True)
    try:
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.press("alt+e", "2", "enter")
            end = monotonic() + WAIT_SECONDS
            while app.rooms is None or not app.rooms.state.seconds or app.rooms.state.busy:
                assert monotonic() < end, app.notes.in_order()
                await pilot.pause(0.05)
            (painting,) = app.rooms.state.paintings
            assert painting.path.is_file()
            assert app.rooms.home.pane.picture.path == painting.path
            assert app.rooms.state.model == DEMO
    finally:
        assert app.rooms.desk.engine.close(WAIT_SECONDS)


async def test_image_to_image_from_the_form(tmp_path: Path) -> None:
    init = tmp_path / "photo [red]x[.png"
    Image.new("RGB", (300, 200), "red").save(init)
    settings = Settings(output_dir=tmp_path / "pictures", log_dir=tmp_path / "logs", device="cpu")
    app = LabApp(settings, CATALOGUE[DEMO], "a red {apple|apple}", load=True)
    try:
        async with app.run_test(size=(120, 40)) as pilot:

            async def until(condition: Callable[[], object]) -> None:
                end = monotonic() + WAIT_SECONDS
                while not condition():
                    assert monotonic() < end, app.notes.in_order()
                    await pilot.pause(0.05)

            await pilot.press("alt+e", "4", "alt+i")
            await until(lambda: app.focused is not None and app.focused.id == "init_image")
            app.focused.post_message(Paste(f"'{init}'"))
            await until(lambda: app.rooms.desk.draft.source("size") == "picture")
            await pilot.press("alt+h", "0", ".", "5", "enter")
            await until(lambda: app.rooms.state.seconds and not app.rooms.state.busy)
            (record,) = joblog.read(settings.output_dir)
            assert (record["mode"], record["init_image"], record["strength"]) == ("img2img", str(init), 0.5)
            assert record["prompt"] == "a red apple"
            assert f"{record['width']}×{record['height']}" == app.rooms.desk.draft.text("size")
            assert record["width"] > record["height"]
            assert app.rooms.state.img2img_is_ready
            (painting,) = app.rooms.state.paintings
            await pilot.press("escape", "i")
            await until(lambda: app.rooms.desk.draft.text("init_image") == str(painting.path))
    finally:
        assert app.rooms.desk.engine.close(WAIT_SECONDS)
