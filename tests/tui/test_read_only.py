"""A view of what another lab makes: it shows and follows, and changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from sdxl_tui.core import job_record
from sdxl_tui.core.job import queued
from sdxl_tui.core.models import CATALOGUE, DEMO
from sdxl_tui.core.queue_store import RUNNING, WAITING, QueueStore, Row
from sdxl_tui.core.request import GenerationRequest
from sdxl_tui.tui.help import help_rows
from sdxl_tui.tui.onlooker import NoEngine
from tests.tui.conftest import STYLES, Lab
from tests.tui.log_lines import log_job

REFUSED = "This view is read only"


@pytest.fixture
def look_on(open_lab: Callable[..., Any], own_home: Path) -> Callable[..., Any]:
    def opened() -> Any:
        return open_lab(model=None, read_only=True)

    return opened


def wait_in(folder: Path, *states: str) -> None:
    """Another lab's queue."""
    with closing(QueueStore(folder)) as store:
        for number, state in enumerate(states):
            request = GenerationRequest(
                model=CATALOGUE[DEMO],
                prompt=f"queued {number}",
                negative_prompt="",
                style=STYLES[0],
                scheduler="euler",
                steps=12,
                guidance_scale=4.0,
                width=128,
                height=128,
            )
            job = queued(request, folder)
            store.save([Row(job.id, float(number), state, False, job_record.written(job))])


async def test_it_opens_on_the_gallery_with_neither_engine_nor_form(
    look_on: Callable[..., Any], tmp_path: Path
) -> None:
    log_job(tmp_path / "pictures", 1, {"prompt": "a grey cat"})
    async with look_on() as lab:
        await lab.sees("a grey cat")
        assert isinstance(lab.engine, NoEngine)
        assert "read only" in lab.shown
        for name in ("generate", "styles", "models", "settings"):
            assert f" {name}" not in lab.shown.splitlines()[0]


@pytest.mark.parametrize("key", ["space", "u", "H", "k", "i", "r", "v", "delete", "x", "ctrl+c", "1", "5", "escape"])
async def test_what_would_change_something_says_so(look_on: Callable[..., Any], tmp_path: Path, key: str) -> None:
    folder = tmp_path / "pictures"
    log_job(folder, 1, {"prompt": "a grey cat"})
    before = sorted(folder.iterdir()), (folder / "jobs.log").read_bytes()
    async with look_on() as lab:
        await lab.sees("a grey cat")
        await lab.press(key)
        await lab.sees(REFUSED)
        assert lab.app.screen.TAB == "gallery"
        assert not lab.app.rooms.desk.kept.count(folder, (path.name for path in folder.iterdir()))
    assert before == (sorted(folder.iterdir()), (folder / "jobs.log").read_bytes())


async def test_it_follows_the_log_of_the_other_lab(look_on: Callable[..., Any], tmp_path: Path) -> None:
    log_job(tmp_path / "pictures", 1, {"prompt": "a grey cat"})
    async with look_on() as lab:
        await lab.sees("a grey cat")
        log_job(tmp_path / "pictures", 2, {"prompt": "a red fox"})
        await lab.sees("a red fox")


async def test_it_shows_what_the_other_lab_has_in_its_queue_and_leaves_it_there(
    look_on: Callable[..., Any], tmp_path: Path
) -> None:
    folder = tmp_path / "pictures"
    wait_in(folder, RUNNING, WAITING, WAITING)
    async with look_on() as lab:
        await lab.until(lambda: len(lab.state.waiting) == 2)
        await lab.press("3")
        await lab.sees("queued 2")
        for key in ("c", "x", "space", "plus", "d", "n", "X", "t"):
            await lab.press(key)
            await lab.sees(REFUSED)
            await lab.press("escape")
    with closing(QueueStore(folder)) as store:
        assert [row.state for row in store.read()] == [RUNNING, WAITING, WAITING]


async def test_it_leaves_at_once_though_the_other_lab_is_busy(look_on: Callable[..., Any], tmp_path: Path) -> None:
    wait_in(tmp_path / "pictures", RUNNING)
    async with look_on() as lab:
        await lab.until(lambda: lab.state.busy)
        await lab.press("ctrl+q")
        await lab.until(lambda: lab.app._exit)


async def test_the_palette_has_only_what_works(look_on: Callable[..., Any], tmp_path: Path) -> None:
    log_job(tmp_path / "pictures", 1, {"prompt": "a grey cat"})
    async with look_on() as lab:
        await lab.sees("a grey cat")
        assert set(names(lab)) & {"zoom", "compare", "copy path", "open gallery", "theme dark"}
        assert not set(names(lab)) & {"keep", "delete", "repeat", "open generate", "pause the queue", "stop"}


async def test_help_has_only_what_works_and_an_empty_folder_is_no_riddle(look_on: Callable[..., Any]) -> None:
    async with look_on() as lab:
        await lab.sees("No pictures in this folder yet.")
        await lab.press("f1")
        await lab.sees("esc goes back")
        said = " ".join(" ".join(part for part, _ in row) for row in help_rows(lab.app.screen_stack[-2]))
        assert "See the picture as large as the screen" in said
        for words in ("Keep this picture", "Stop the running job", "Browse the styles", "Move to the trash"):
            assert words not in said


def names(lab: Lab) -> list[str]:
    from sdxl_tui.tui.commands import LabCommands

    commands = LabCommands(lab.app.screen)
    return [name for name, _, _ in (*commands._actions(), *commands._places())]
