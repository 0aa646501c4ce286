"""The terminal's title, the bell, notifications and the clipboard: what goes to the terminal, and when."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sdxl_tui.core import tmux
from sdxl_tui.tui import herald
from sdxl_tui.tui.outlet import Outlet
from tests.tui.conftest import NASTY, Lab

HARMFUL = "a fox\x1b]0;pwned\x07 \x9b2J‮"
PANE = tmux.Pane("/srv/no-tmux", "%0")


@pytest.fixture
def size() -> tuple[int, int]:
    return 120, 40


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What goes to the terminal, outside of tmux."""
    said: list[str] = []
    monkeypatch.setattr(Outlet, "say", lambda self, sequence: said.append(sequence))
    monkeypatch.setenv("TERM", "xterm-256color")
    for name in ("TMUX", "TMUX_PANE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(herald, "REST", 0.01)
    return said


def titles(said: list[str]) -> list[str]:
    return re.findall(r"\x1b\]2;(.*?)\x07", "".join(said))


def news(said: list[str]) -> list[str]:
    """What is no title."""
    return [one for one in said if not re.fullmatch(r"(\x1b\[22;2t)?\x1b\]2;.*?\x07(\x1b\[23;2t)?", one)]


def look_away(lab: Lab) -> None:
    """The terminal says that it has lost the focus, and no key was pressed for long."""
    lab.app.app_focus = False
    lab.app.last_key_at = float("-inf")


async def make(lab: Lab, prompt: str = "a grey cat") -> Any:
    """Queue a job; nobody looks from then on."""
    lab.home.set_value("prompt", prompt)
    await lab.press("enter")
    job = lab.engine.jobs[-1]
    look_away(lab)
    return job


async def test_the_title_tells_step_waiting_and_end_and_is_given_back(
    open_lab: Callable[..., Any], said: list[str]
) -> None:
    async with open_lab() as lab:
        lab.engine.let_load(lab.draft.model)
        await lab.until(lambda: titles(said)[-1] == "Demo · sdxl-tui")
        assert said[0].startswith(herald.PUSH)
        job = await make(lab)
        await lab.until(lambda: titles(said)[-1].startswith("+1 · Demo"))
        lab.engine.let_start(job)
        lab.engine.let_step(job, 5)
        await lab.until(lambda: titles(said)[-1].startswith("5/12 · "))
        lab.engine.let_finish(job)
        await lab.until(lambda: titles(said)[-1].startswith("● done · Demo"))
        assert lab.app.herald.farewell() == f"\x1b]2;\x07{herald.POP}"
        assert lab.app.herald.farewell() == ""
    assert not news(said)


async def test_the_title_changes_once_in_a_while_and_only_when_it_says_something_else(
    open_lab: Callable[..., Any], said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(herald, "REST", 0.5)
    async with open_lab() as lab:
        lab.engine.let_load(lab.draft.model)
        job = await make(lab)
        lab.engine.let_start(job)
        await lab.until(lambda: titles(said)[-1].startswith("starting"))
        before = len(titles(said))
        for step in range(1, 12):
            lab.engine.let_step(job, step)
        await lab.until(lambda: titles(said)[-1].startswith("11/12"))
        assert len(titles(said)) <= before + 2
        last = len(titles(said))
        lab.engine.let_step(job, 11)
        await lab.pilot.pause(0.6)
        assert len(titles(said)) == last


async def test_no_title_where_it_is_switched_off_or_the_terminal_has_none(
    open_lab: Callable[..., Any], said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_lab(settings={"title": "off"}) as lab:
        lab.engine.let_load(lab.draft.model)
        await lab.pilot.pause()
        assert not said
        lab.app.rooms.use_settings(replace(lab.app.rooms.desk.settings, title="on"))
        lab.engine.let_load(lab.draft.model)
        await lab.until(lambda: titles(said) == ["Demo · sdxl-tui"])
        lab.app.rooms.use_settings(replace(lab.app.rooms.desk.settings, title="off"))
        await lab.until(lambda: said[-1].endswith(herald.POP))
    said.clear()
    monkeypatch.setenv("TERM", "linux")
    async with open_lab():
        pass
    assert not said


@pytest.mark.parametrize(
    ("way", "expected"),
    [
        ("bell", "\x07"),
        ("osc9", "\x1b]9;Done: {}: 1 picture in 1.8 s\x07"),
        ("osc777", "\x1b]777;notify;sdxl-tui;Done: {}: 1 picture in 1.8 s\x07"),
    ],
)
async def test_a_finished_job_is_told_to_who_looks_elsewhere(
    open_lab: Callable[..., Any], said: list[str], way: str, expected: str
) -> None:
    async with open_lab(settings={"notify": way}) as lab:
        job = await make(lab, f"{NASTY}; {HARMFUL}")
        lab.engine.let_finish(job)
        await lab.until(lambda: news(said))
    [told] = news(said)
    assert re.fullmatch(re.escape(expected).replace(r"\{\}", r"[^\x00-\x1f\x7f-\x9f]+"), told)
    if way == "osc777":
        assert told.count(";") == 3


async def test_who_looks_is_not_told(open_lab: Callable[..., Any], said: list[str]) -> None:
    async with open_lab(settings={"notify": "bell", "notify_about": "job"}) as lab:
        # A terminal that never tells of its focus: a key was pressed just now.
        await lab.type("a fox")
        await lab.press("enter")
        first = lab.engine.jobs[-1]
        lab.engine.let_finish(first)
        await lab.until(lambda: first.id in lab.state.seconds)
        # One that does.
        job = await make(lab)
        lab.app.app_focus = True
        lab.engine.let_finish(job)
        await lab.until(lambda: job.id in lab.state.seconds)
        await lab.pilot.pause()
        assert not news(said)
        lab.engine.let_finish(await make(lab))
        await lab.until(lambda: news(said) == ["\x07"])


async def test_the_end_of_the_queue_is_told_once_and_every_failure(
    open_lab: Callable[..., Any], said: list[str]
) -> None:
    async with open_lab(settings={"notify": "osc9"}) as lab:
        jobs = [await make(lab, f"cat {number}") for number in range(3)]
        lab.engine.let_finish(jobs[0])
        lab.engine.let_fail(jobs[1], "no room")
        lab.engine.let_finish(jobs[2])
        await lab.until(lambda: len(news(said)) == 2)
    assert "Failed: cat 1: no room" in news(said)[0]
    assert "cat 2: 1 picture in 1.8 s and 2 more" in news(said)[1]


async def test_in_tmux_a_notification_is_passed_on_where_tmux_does_that_and_else_the_bell_rings(
    open_lab: Callable[..., Any], said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lets_through = True
    monkeypatch.setattr(tmux, "pane_here", lambda _: PANE)
    monkeypatch.setattr(tmux, "lets_through", lambda _: lets_through)
    async with open_lab(settings={"notify": "osc9"}) as lab:
        lab.engine.let_finish(await make(lab))
        await lab.until(lambda: news(said))
        assert re.fullmatch(r"\x1bPtmux;\x1b\x1b\]9;[^\x1b]*\x07\x1b\\", news(said)[0])
        lets_through = False
        lab.engine.let_finish(await make(lab))
        await lab.until(lambda: news(said)[1:] == ["\x07"])
        await lab.until(lambda: any("allow-passthrough" in note for note in lab.notes))


async def test_a_path_goes_to_the_clipboard_outside_of_tmux_by_the_terminal_itself(
    open_lab: Callable[..., Any], said: list[str]
) -> None:
    async with open_lab() as lab:
        [path] = lab.engine.let_finish(await make(lab))
        await lab.until(lambda: lab.home.pane.shown)
        await lab.press("tab", "y")
        encoded = base64.b64encode(str(path).encode()).decode()
        assert news(said) == [f"\x1b]52;c;{encoded}\x07"]
        assert "● Path sent to your clipboard; if it does not paste, o prints it." in lab.notes


async def test_what_is_too_long_for_a_clipboard_is_said(open_lab: Callable[..., Any], said: list[str]) -> None:
    async with open_lab() as lab:
        lab.app.copy_to_clipboard("x" * 70_000)
        assert not news(said)
        assert any("more than a terminal's clipboard takes" in note for note in lab.notes)


async def test_in_tmux_the_clipboard_is_tmux_es_own_way(
    open_lab: Callable[..., Any], said: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A stand-in for tmux writes down what it is asked for; one that refuses leaves it to the escape sequence."""
    stand_in = tmp_path / "bin" / "tmux"
    stand_in.parent.mkdir()
    lines = ("#!/bin/sh", f'echo "$@" >> {tmp_path}/asked', f"cat >> {tmp_path}/given", f"exit $(cat {tmp_path}/code)")
    stand_in.write_text("\n".join(lines))
    stand_in.chmod(0o755)
    monkeypatch.setenv("PATH", f"{stand_in.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("TMUX", "/srv/tmux/default,1,0")
    async with open_lab() as lab:
        (tmp_path / "code").write_text("0")
        lab.app.copy_to_clipboard("a path")
        await lab.until(lambda: (tmp_path / "given").exists() and (tmp_path / "given").read_text() == "a path")
        assert "-S /srv/tmux/default load-buffer -w -" in (tmp_path / "asked").read_text()
        assert not news(said)
        (tmp_path / "code").write_text("1")
        lab.app.copy_to_clipboard("a path")
        await lab.until(lambda: news(said))
