"""Every screen and all that is asked over one, in the smallest window and in the largest."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from textual.screen import ModalScreen

from sdxl_tui.core import vram
from tests.tui.test_vram_warning import arithmetic, warned

OpenLab = Callable[..., Any]
Way = Callable[[Any], Awaitable[object]]
TINY, LARGE = (40, 12), (300, 100)


async def painted(lab: Any) -> None:
    """Make a picture, and put the hands on it."""
    await lab.type("a red fox in deep snow")
    await lab.press("enter")
    job = lab.engine.jobs[0]
    lab.engine.let_load(job.request.model)
    lab.engine.let_start(job)
    lab.engine.let_step(job, 5)
    lab.engine.let_finish(job)
    await lab.until(lambda: lab.home.pane.picture._strips)
    await lab.press("tab")


def pressed(*keys: str, screen: str = "") -> Way:
    """Press keys; ``screen``: after opening that one."""

    async def go(lab: Any) -> None:
        if screen:
            lab.app.rooms.open(screen)
            await lab.until(lambda: screen == lab.app.screen.TAB)
        await lab.press(*keys)

    return go


def on_picture(*keys: str) -> Way:
    """Press keys with a picture in view."""

    async def go(lab: Any) -> None:
        await painted(lab)
        await lab.press(*keys)

    return go


async def compared(lab: Any) -> None:
    """Two pictures side by side."""
    await painted(lab)
    first = lab.home.in_view().path
    await lab.press("c", "enter")
    job = lab.engine.jobs[1]
    lab.engine.let_start(job)
    lab.engine.let_finish(job)
    await lab.until(lambda: lab.home.in_view().path not in (first, None))
    await lab.press("c")


async def drawn(lab: Any) -> None:
    """A mask over the init image."""
    await painted(lab)
    await lab.press("i")
    await lab.until(lambda: lab.draft.known_init() and lab.draft.known_init().size)
    await lab.press("q")
    await lab.until(lambda: getattr(lab.app.screen, "TAB", "") == "mask")


async def asked_to_quit(lab: Any) -> None:
    """A job runs."""
    await lab.type("a boat")
    await lab.press("enter", "ctrl+q")


async def asked_to_clear(lab: Any) -> None:
    """Two jobs wait."""
    await lab.type("a boat")
    await lab.press("enter", "enter", "alt+3", "c")


async def key_asked_for(lab: Any) -> None:
    """Another key for an action, which something has."""
    lab.app.rooms.open("settings")
    await lab.until(lambda: "keys.generate.steps" in lab.app.screen.list.shown)
    lab.app.screen.list.select("keys.generate.steps")
    await lab.press("enter", "g")


WAYS: dict[str, Way] = {
    "first run": pressed(),
    "picture": painted,
    "whole path": on_picture("o"),
    "path copied": on_picture("y"),
    "zoom": on_picture("z"),
    "compare": compared,
    "mask": drawn,
    "more like it": on_picture("v"),
    "img2img": on_picture("i"),
    "negative": pressed("alt+n"),
    **{f"picker of {key}": pressed(f"alt+{key}") for key in "tlmsj"},
    "prompts": on_picture("slash"),
    **{f"field {key}": pressed(f"alt+{key}") for key in "eagdh"},
    "help": pressed("f1"),
    "notices": pressed("alt+w"),
    "palette": pressed("ctrl+p"),
    "quit?": asked_to_quit,
    "clear?": asked_to_clear,
    **{name: pressed(screen=name) for name in ("gallery", "queue", "frames", "styles", "models", "settings")},
    **{f"{name}, help": pressed("f1", screen=name) for name in ("gallery", "queue", "frames", "styles", "models")},
    **{f"{name}, find": pressed("slash", "x", screen=name) for name in ("gallery", "queue", "styles", "settings")},
    "value typed": pressed("enter", screen="settings"),
    "style edited": pressed("n", screen="styles"),
    "styles imported": pressed("o", screen="styles"),
    "key": key_asked_for,
}


def says_what_next(lab: Any) -> bool:
    """Whether a key of where the hands are can be read, whole, on the last row or in what is asked."""
    last = lab.shown.splitlines()[-1]
    screen = lab.app.screen
    hints = screen.keys() if hasattr(screen, "keys") and not isinstance(screen, ModalScreen) else []
    keys = {str(key) for key, _ in hints} | {"enter", "esc", "↑↓", "type"}
    return any(f" {key} " in f"{last} " for key in keys) or "esc" in lab.shown


@pytest.mark.parametrize("size", [TINY, LARGE], ids=str)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.usefixtures("own_home")
async def test_the_hands_and_the_next_step_are_in_view(open_lab: OpenLab, size: tuple[int, int], way: str) -> None:
    async with open_lab() as lab:
        await WAYS[way](lab)
        await lab.pilot.pause(0.2)
        rows = lab.shown.splitlines()
        assert (len(rows[0]), len(rows)) == size
        focused = lab.app.focused
        if focused is not None:
            assert focused.region.area
            assert lab.app.screen.region.contains_region(focused.region)
            visible, _ = lab.app.screen._compositor.get_widget_at(*focused.region.offset)
            assert visible in (focused, *focused.children, focused.parent), f"{visible} covers {focused}"
        assert says_what_next(lab), "\n".join(rows)
        assert not lab.app._exception


@pytest.mark.parametrize("size", [TINY, LARGE], ids=str)
@pytest.mark.usefixtures("own_home")
async def test_the_memory_warning(open_lab: OpenLab, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vram, "outlook", arithmetic)
    async with open_lab(prompt="a red fox") as lab:
        await warned(lab)
        await lab.sees("esc")


@pytest.mark.parametrize("size", [TINY, (80, 24), LARGE], ids=str)
@pytest.mark.usefixtures("own_home")
async def test_a_path_can_be_read_whole(open_lab: OpenLab, size: tuple[int, int]) -> None:
    async with open_lab() as lab:
        await painted(lab)
        path = str(lab.home.in_view().path)
        await lab.press("o")
        await lab.until(lambda: path in "".join(row.strip(" ▌●") for row in lab.shown.splitlines()))
        await lab.press("escape")
        await lab.until(lambda: lab.app.screen is lab.home)


@pytest.mark.parametrize("size", [TINY, (80, 24)], ids=str)
@pytest.mark.usefixtures("own_home")
async def test_all_of_the_help_can_be_read(open_lab: OpenLab, size: tuple[int, int]) -> None:
    async with open_lab() as lab:
        await lab.press("f1")
        await lab.sees("esc goes back")
        seen = lab.shown
        for _ in range(30):
            await lab.press("pagedown")
            seen += lab.shown
        for words in ("Set the guidance", "Leave; asks once", "travel", "Any of these can have another"):
            assert words in seen
