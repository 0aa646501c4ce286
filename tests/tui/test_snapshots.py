"""Three screens cell by cell: text and style of each, compared with the file in snapshots/.

After a change that is meant: ``SNAPSHOTS=renew pytest tests/tui/test_snapshots.py``, and look at the difference in git.
"""

from __future__ import annotations

import difflib
import os
import string
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from rich.style import Style

from sdxl_tui.core import vram
from sdxl_tui.core.job import Job, queued
from tests.tui import fake_engine
from tests.tui.test_vram_warning import arithmetic, warned

OpenLab = Callable[..., Any]
FOLDER = Path(__file__).parent / "snapshots"
LETTERS = string.ascii_letters + string.digits + "!#$%&*+,-/:;<=>?@[]^_{|}~" + "".join(map(chr, range(0xC0, 0x240)))
"""A letter stands for a style."""


def portrait(screen: Any) -> str:
    """The text of a screen, a letter for the style of each cell, and what the letters mean."""
    letters: dict[str, str] = {}
    texts, looks = [], []
    for row in screen._compositor.render_strips():
        texts.append("".join(segment.text for segment in row).rstrip())
        looks.append("")
        for segment in row:
            described = description(segment.style or Style())
            letter = letters.setdefault(described, LETTERS[len(letters)])
            looks[-1] += letter * segment.cell_length
    meanings = [f"{letter} {described}" for described, letter in letters.items()]
    return "\n".join([*texts, "", *looks, "", *meanings, ""])


def description(style: Style) -> str:
    """Colours and attributes, in an order of our own."""
    attributes = [name for name in ("bold", "italic", "underline", "reverse", "dim") if getattr(style, name)]
    colours = [colour.name if colour else "none" for colour in (style.color, style.bgcolor)]
    return " ".join([f"{colours[0]} on {colours[1]}", *attributes])


def compare(name: str, screen: Any) -> None:
    """Fail with a readable difference, or write the file anew where that is asked for."""
    file, now = FOLDER / f"{name}.txt", portrait(screen)
    if os.environ.get("SNAPSHOTS") == "renew":
        FOLDER.mkdir(exist_ok=True)
        file.write_text(now, encoding="utf-8")
    before = file.read_text(encoding="utf-8")
    if now != before:
        lines = difflib.unified_diff(before.splitlines(), now.splitlines(), str(file), "now", lineterm="", n=1)
        pytest.fail("\n".join(lines), pytrace=False)


@pytest.fixture(autouse=True)
def _the_same_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No clock, no chance, no folder of this machine's."""
    (tmp_path / "hub").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HUB_CACHE", "/models/hub")
    monkeypatch.delenv("HF_HOME", raising=False)

    def queued_in_no_time(*arguments: Any) -> Job:
        job = queued(*arguments)
        return replace(job, id="20261123-141502-5eed01", timestamp="2026-11-23T14:15:02.000+00:00", seed=481516)

    monkeypatch.setattr(fake_engine, "queued", queued_in_no_time)


@pytest.mark.parametrize(
    ("name", "size", "settings"),
    [
        ("home-120x40", (120, 40), {}),
        ("home-80x24", (80, 24), {}),
        ("home-light", (120, 40), {"theme": "lightbox"}),
        ("home-16-colours", (80, 24), {"colours": "16"}),
        ("home-no-colours", (80, 24), {"colours": "none"}),
    ],
)
@pytest.mark.usefixtures("own_home")
async def test_the_home_screen(open_lab: OpenLab, name: str, size: tuple[int, int], settings: dict[str, str]) -> None:
    async with open_lab(prompt="a red fox in deep snow", settings=settings) as lab:
        lab.app.rooms.desk.times.now = lambda: datetime(2026, 11, 23, 14, 20, 50)
        await lab.press("alt+t", "c", "i", "n", "alt+p", "enter")
        job = lab.engine.jobs[0]
        lab.engine.let_load(job.request.model)
        lab.engine.let_start(job)
        [path] = lab.engine.let_finish(job)
        await lab.sees(path.name[:20])
        await lab.until(lambda: lab.home.pane.picture._strips)
        await lab.press("enter")
        lab.engine.let_start(lab.engine.jobs[1])
        lab.engine.let_step(lab.engine.jobs[1], 18)
        await lab.sees("18/35")
        await lab.until(lambda: lab.shown.count("/75") == 2)
        await lab.pilot.pause(0.3)
        compare(name, lab.app.screen)


@pytest.mark.parametrize(("name", "size"), [("vram-120x40", (120, 40)), ("vram-80x24", (80, 24))])
@pytest.mark.usefixtures("own_home")
async def test_the_memory_warning(
    open_lab: OpenLab, name: str, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vram, "outlook", arithmetic)
    monkeypatch.setenv("HF_HUB_CACHE", "/models/hub")
    async with open_lab(prompt="a red fox in deep snow") as lab:
        await warned(lab)
        await lab.pilot.pause(0.3)
        compare(name, lab.app.screen)


@pytest.mark.parametrize(("name", "size"), [("keys-120x40", (120, 40)), ("keys-80x24", (80, 24))])
async def test_a_key_that_is_asked_for(
    open_lab: OpenLab, name: str, size: tuple[int, int], own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_home.mkdir(parents=True)
    (own_home / "settings.toml").write_text('[keys]\n"generate.guidance" = "ctrl+g"\n')
    monkeypatch.setenv("HOME", str(own_home))
    async with open_lab() as lab:
        await lab.press("alt+7")
        await lab.until(lambda: lab.app.screen.TAB == "settings" and "keys.generate.steps" in lab.app.screen.list.shown)
        await lab.press("slash")
        await lab.type("number of steps")
        await lab.until(lambda: lab.app.screen.list.shown == ["keys.generate.steps"])
        await lab.press("enter", "t")
        await lab.sees("t is the key of")
        await lab.pilot.pause(0.3)
        compare(name, lab.app.screen)
