"""Form, screens and choices come back at the next start, and nothing is loaded for it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sdxl_tui.core import state
from sdxl_tui.core.models import DEMO
from sdxl_tui.tui.memory import Memory
from tests.tui.conftest import BROKEN, NASTY, REAL, Lab
from tests.tui.log_lines import log_job

Open = Callable[..., Any]


@pytest.fixture
def folder(tmp_path: Path, own_home: Path) -> Path:
    return tmp_path / "pictures"


@pytest.fixture
def start(open_lab: Open, folder: Path) -> Open:
    """Start the lab as the command does: with what it was left with."""

    def opened(**options: Any) -> Any:
        return open_lab(**{"model": None, "memory": Memory(folder), **options})

    return opened


def leave(lab: Lab) -> None:
    """As whoever runs the app does when it has ended."""
    lab.app.close(0)


async def test_the_form_comes_back_as_it_was(start: Open, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "photo.png").touch()
    async with start() as lab:
        await lab.type("a grey cat")
        await lab.press("alt+n")
        await lab.paste(NASTY)
        for field, value in (("style", "film"), ("model", REAL), ("steps", "33"), ("seed", "7"), ("mode", "img2img")):
            lab.home.take(field, value)
        lab.home.take("init_image", str(tmp_path / "photo.png"))
        leave(lab)
    async with start() as lab:
        draft = lab.draft
        assert lab.home.form.prompt.area.text == draft.prompt == "a grey cat"
        assert lab.home.form.negative.area.text == draft.negative_prompt == NASTY
        assert (draft.style.id, draft.model.id, draft.mode) == ("film", REAL, "img2img")
        assert [draft.text(name) for name in ("steps", "seed")] == ["33", "7"]
        assert draft.text("init_image") == str(tmp_path / "photo.png")
        assert not lab.engine.loads
        await lab.until(lambda: any("was used last: enter loads it" in note for note in lab.notes))
        await lab.type("s")
        assert lab.home.form.prompt.area.text == "a grey cats"


async def test_it_is_on_disk_while_the_lab_runs(start: Open, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sdxl_tui.tui.app.LOOK", 0.05)
    async with start() as lab:
        await lab.type("a grey cat")
        await lab.until(lambda: state.left_in(folder).get("form", {}).get("prompt") == "a grey cat")
        await lab.press("alt+3")
        await lab.until(lambda: state.left_in(folder).get("screen") == "queue")


async def test_screens_come_back_with_what_was_chosen_on_them(start: Open, folder: Path) -> None:
    log_job(folder, 1, {"prompt": "a grey cat"})
    log_job(folder, 2, {"prompt": "a red fox"})
    async with start() as lab:
        await lab.press("alt+2")
        await lab.sees("a grey cat")
        await lab.press("g", "slash")
        await lab.type("grey")
        await lab.until(lambda: "a red fox" not in lab.shown)
        grid = lab.app.screen.grid.display
        leave(lab)
    async with start() as lab:
        await lab.until(lambda: getattr(lab.app.screen, "TAB", "") == "gallery")
        await lab.until(lambda: lab.app.screen.roll.pictures == 1)
        assert lab.app.screen.search_row.input.value == "grey"
        assert lab.app.screen.grid.display == grid
        await lab.press("alt+4")
        await lab.press("l", "plus")
        way, speed = lab.app.screen.player.way, lab.app.screen.player.fps
        await lab.press("escape")
        leave(lab)
    async with start() as lab:
        assert lab.app.screen is lab.home
        await lab.press("alt+4")
        assert (lab.app.screen.player.way, lab.app.screen.player.fps) == (way, speed)


async def test_each_folder_has_its_own(start: Open, folder: Path, tmp_path: Path) -> None:
    async with start() as lab:
        await lab.type("a grey cat")
        leave(lab)
    assert Memory(tmp_path / "another").prompt == ""
    (tmp_path / "link").symlink_to(folder)
    folder.mkdir(exist_ok=True)
    assert Memory(tmp_path / "link").prompt == "a grey cat"


async def test_what_is_gone_is_left_out_with_a_sentence(start: Open, folder: Path, tmp_path: Path) -> None:
    values = {"steps": "20", "scheduler": "lcm", "mode": "img2img", "init_image": str(tmp_path / "photo.png"), "x": "1"}
    loras = [{"name": "neon", "weight": 0.5}, {"weight": "?"}, 7]
    form = {"prompt": "a fox", "style": "noir", "model": "someone/gone", "values": values, "loras": loras}
    state.leave_in(folder, {"form": form, "screen": "nowhere"})
    async with start() as lab:
        await lab.until(lambda: " ".join(lab.notes).count("not there any more") == 2)
        said = " ".join(lab.notes)
        for words in ("someone/gone is not in the catalogue", "style noir is not here", "scheduler lcm is not known"):
            assert words in said
        assert (lab.draft.style.id, lab.draft.text("scheduler"), lab.draft.loras) == ("none", "euler", ())
        assert (lab.draft.text("steps"), lab.draft.text("init_image")) == ("20", "")
        assert lab.app.screen is lab.home
        lab.home.take("mode", "txt2img")
        await lab.press("enter")
        assert not any("any more" in note for note in lab.notes)


async def test_a_model_that_is_not_ready_any_more_gives_way_to_one_that_is(start: Open, folder: Path) -> None:
    state.leave_in(folder, {"form": {"model": BROKEN}})
    async with start() as lab:
        await lab.until(lambda: lab.draft.model.id == REAL)
        assert any("3.1 of 4.8 GiB" in note and "in its place" in note for note in lab.notes)


async def test_the_command_line_and_changed_settings_come_first(start: Open, folder: Path) -> None:
    async with start() as lab:
        lab.home.take("model", REAL)
        lab.home.take("speed", "eager")
        leave(lab)
    async with start() as lab:
        assert lab.draft.text("speed") == "eager"
    async with start(model=DEMO, settings={"speed": "exact"}) as lab:
        assert lab.draft.model.id == DEMO
        assert lab.draft.text("speed") == "exact"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no json",
        "[]",
        "[" * 100_000,
        '{"left": 5}',
        '{"left": {"%s": 7}}',
        '{"left": {"%s": {"form": [], "screen": {}, "screens": 3}}}',
        '{"left": {"%s": {"form": {"prompt": 1, "values": 2, "loras": {}, "beside": 3, "style": [], "model": {}},'
        ' "screen": "gallery", "screens": {"gallery": {"grid": "x", "search": 4},'
        ' "frames": {"speed": [], "way": {}}}}}}',
        '{"left": {"%s": {"screen": "frames", "screens": {"frames": {"speed": [], "way": {}, "format": []}}}}}',
    ],
)
async def test_a_broken_state_is_a_first_start(start: Open, folder: Path, own_home: Path, text: str) -> None:
    own_home.mkdir()
    (own_home / "state.json").write_text(text.replace("%s", str(folder)))
    async with start() as lab:
        assert lab.draft.prompt == ""
        await lab.press("alt+4")
        leave(lab)
    assert json.loads((own_home / "state.json").read_text())["left"][str(folder)]["screen"] == "frames"


async def test_the_job_that_is_edited_leaves_the_form_as_it_was(start: Open, folder: Path) -> None:
    async with start(model=DEMO) as lab:
        await lab.type("a grey cat")
        await lab.press("enter")
        job = lab.engine.jobs[-1]
        await lab.type(" asleep")
        await lab.press("alt+3")
        await lab.press("down", "enter")
        await lab.until(lambda: lab.app.rooms.desk.editing is not None or lab.state.running == job.id)
        leave(lab)
    assert Memory(folder).prompt == "a grey cat asleep"


async def test_what_was_typed_before_the_lab_was_there_is_kept(start: Open, folder: Path) -> None:
    memory = Memory(folder)
    async with start() as lab:
        lab.app.rooms, rooms = None, lab.app.rooms
        lab.app._opening._card.area.text = "a grey"
        memory.leave(lab.app)
        lab.app.rooms = rooms
    assert Memory(folder).prompt == "a grey"
