"""Only what changed is sent: the terminal shows the same, cell by cell, as if all of it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.tui.conftest import NASTY, Lab
from tests.tui.emulated import Painting, without_memory

OpenLab = Callable[..., Any]
WIDE = "日本の猫 e\u0301 한국"


@pytest.fixture(autouse=True)
def _anew(monkeypatch: pytest.MonkeyPatch) -> None:
    without_memory(monkeypatch)


def same(painting: Painting, where: str) -> None:
    """Assert that both terminals show the same, and that the screen says something at all."""
    found = painting.differences()
    assert not found, f"{where}: {len(found)} cells, " + "; ".join(found[:5])
    assert painting.ours.text.strip(), where


async def settle(lab: Lab) -> None:
    """Wait until all that was asked for is drawn."""
    await lab.until(lambda: all(worker.is_finished for worker in lab.app.workers if worker.group == "draw"))
    await lab.pilot.pause()


async def make(lab: Lab, count: int = 1) -> None:
    """Let jobs run to their end."""
    for _ in range(count):
        await lab.press("enter")
        job = lab.engine.jobs[-1]
        lab.engine.let_start(job)
        lab.engine.let_step(job, 3)
        lab.engine.let_preview(job, (200, 40, 10))
        await lab.pilot.pause()
        lab.engine.let_finish(job)
        await lab.until(lambda job=job: job.id in {painting.job.id for painting in lab.state.paintings})
    await settle(lab)


@pytest.mark.parametrize(
    ("images", "colours"), [("half", "truecolor"), ("quad", "truecolor"), ("quad", "256"), ("half", "16")]
)
async def test_every_screen_is_the_same(open_lab: OpenLab, images: str, colours: str) -> None:
    async with open_lab(prompt="a red fox", settings={"images": images, "colours": colours}) as lab:
        painting = Painting(lab)
        await lab.pilot.pause()
        same(painting, "home")
        await lab.type(" x")
        same(painting, "typed")
        await lab.paste(WIDE + NASTY)
        same(painting, "wide and nasty")
        await lab.press("backspace", "backspace", "left", "left", "left", "delete", "home", "delete")
        same(painting, "taken away")
        await make(lab, 2)
        same(painting, "pictures")
        await lab.press("tab", "left", "f1")
        same(painting, "help")
        await lab.press("escape", "f2")
        await settle(lab)
        same(painting, "light")
        await lab.press("z")
        await settle(lab)
        same(painting, "zoom")
        await lab.press("plus", "right", "down")
        await settle(lab)
        same(painting, "panned")
        await lab.press("escape", "ctrl+p")
        same(painting, "palette")
        await lab.type("st")
        await lab.press("down", "down", "escape")
        same(painting, "back from the palette")
        for digit in "2345671":
            await lab.press("escape", f"alt+{digit}")
            await settle(lab)
            same(painting, f"screen {digit}")
            await lab.press("down", "down", "pagedown", "up")
            await settle(lab)
            same(painting, f"walked on screen {digit}")


async def test_every_size_is_the_same(open_lab: OpenLab) -> None:
    async with open_lab(prompt=WIDE) as lab:
        painting = Painting(lab)
        await make(lab)
        for columns, rows in ((40, 12), (300, 100), (99, 31), (120, 40), (41, 50)):
            await painting.resize(columns, rows)
            await settle(lab)
            same(painting, f"{columns}x{rows}")
            await lab.press("alt+2")
            await settle(lab)
            same(painting, f"gallery at {columns}x{rows}")
            await lab.press("alt+1")
            await settle(lab)
            same(painting, f"home at {columns}x{rows}")


async def test_a_forgotten_screen_is_sent_again(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        painting = Painting(lab)
        await make(lab)
        same(painting, "before")
        painting.ours.screen.reset()
        assert painting.differences()
        lab.app.repaint_all()
        same(painting, "after")
        before = painting.ours.bytes
        lab.app.painter.pump()
        assert painting.ours.bytes == before
