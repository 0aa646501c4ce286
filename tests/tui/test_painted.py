"""Painting in the app: Textual's own means where its parts are not known, or where ours fail."""

from __future__ import annotations

import logging
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Resize
from textual.geometry import Size

from sdxl_tui.core.settings import Settings
from sdxl_tui.tui.app import LabApp
from sdxl_tui.tui.link import Link
from sdxl_tui.tui.painting import painted, textual_parts
from sdxl_tui.tui.painting.driver import LabDriver
from sdxl_tui.tui.painting.line import Backlog, Line
from sdxl_tui.tui.painting.painter import Painter
from tests.tui.emulated import Emulator, Painting

OpenLab = Callable[..., Any]


def test_the_installed_textual_is_known() -> None:
    assert textual_parts.obstacle() is None


@pytest.mark.parametrize("version", ["8.2.7", "8.3.0", "8.3.0rc1", "9.0.0", "8.10.1"])
def test_another_textual_is_not(version: str) -> None:
    assert version in (textual_parts.obstacle(version) or "")


def test_a_textual_with_other_parts_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LinuxDriver, "write", lambda self, data, more: None)
    assert "LinuxDriver.write" in (textual_parts.obstacle() or "")


def test_a_textual_without_these_parts_still_opens_the_lab() -> None:
    code = (
        "import textual._compositor as parts\n"
        "del parts.ChopsUpdate\n"
        "from sdxl_tui.tui.painting.textual_parts import obstacle\n"
        "import sdxl_tui.tui.app\n"
        "print(obstacle())"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "Missing.__init__" in answer.stdout, answer.stderr


def test_then_textual_paints_and_the_log_has_a_line(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    settings = Settings(output_dir=tmp_path, log_dir=tmp_path)
    assert LabApp(settings).driver_class is LabDriver
    monkeypatch.setattr(painted.textual_parts, "obstacle", lambda: "Textual 8.9.0 is not known here")
    with caplog.at_level(logging.WARNING):
        app = LabApp(settings)
    assert app.driver_class is LinuxDriver
    assert [record.message for record in caplog.records] == [
        "The whole of what changes is painted, by Textual's own means: Textual 8.9.0 is not known here."
    ]


async def test_a_painter_that_fails_leaves_the_rest_to_textual(
    open_lab: OpenLab, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_lab() as lab:
        painting = Painting(lab)
        await lab.pilot.pause()
        monkeypatch.setattr(Painter, "pump", lambda self: 1 / 0)
        painting.app.paint_on()
        assert painting.app.painter is None
        del painting.app._display
        assert "The painter failed" in caplog.text
        await lab.press("x")
        assert lab.app._exception is None


async def test_another_size_begins_anew_and_the_same_is_sent_again(open_lab: OpenLab) -> None:
    async with open_lab() as lab:
        painting = Painting(lab)
        await lab.pilot.pause()
        painting.finish()
        size = lab.app.size
        painting.ours.screen.reset()
        lab.app._began_at = -1e9
        lab.app.on_resize(Resize(size, size))
        assert painting.differences() == []
        lab.app.on_resize(Resize(Size(50, 20), Size(50, 20)))
        assert painting.app.painter.size == (0, 0)


def test_a_line_never_blocks_and_learns_what_its_reader_takes() -> None:
    import os
    import threading

    reading, writing = os.pipe()
    free, rates = threading.Event(), []
    line = Line(writing, free.set, lambda count, seconds: rates.append(count / seconds))
    began = time.monotonic()
    for _ in range(100):
        line.write("x" * 2_000)
    assert time.monotonic() - began < 0.5
    assert not line.is_free
    got = 0
    while got < 200_000:
        got += len(os.read(reading, 65_536))
    assert free.wait(5)
    assert line.is_free
    line.close()
    os.close(reading)
    os.close(writing)


def test_a_terminal_that_is_gone_holds_nobody_up() -> None:
    import os

    reading, writing = os.pipe()
    line = Line(writing, lambda: None, lambda count, seconds: None)
    line.write("x" * 1_000_000)
    began = time.monotonic()
    line.close()
    assert time.monotonic() - began < 3
    os.close(reading)


def test_a_large_screen_that_hardly_changed_takes_milliseconds() -> None:
    painter = Painter(Emulator(300, 100), Link(), ColorSystem.TRUECOLOR, lambda seconds, call: None)
    painter.begin(300, 100)
    styles = [Style(color=f"rgb({n % 256},{n // 256 % 256},7)", bgcolor="#101010") for n in range(20_000)]
    rows = [[Segment("▀", styles[(300 * y + x) % 20_000]) for x in range(300)] for y in range(100)]
    painter.take_whole((y, 0, row) for y, row in enumerate(rows))
    while painter.is_behind:
        painter.pump()
    again = [list(row) for row in rows]
    again[50][7] = Segment("x", styles[3])
    best = 1e9
    for turn in range(5):
        again[50][8] = Segment(str(turn), styles[3])
        began = time.thread_time()
        painter.take_whole((y, 0, list(row)) for y, row in enumerate(again))
        painter.pump()
        best = min(best, time.thread_time() - began)
    assert best < 0.015


def test_a_reader_is_slow_when_it_is_so_twice() -> None:
    backlog = Backlog()
    found = [backlog.note(1_000, float(n), n + (0.9 if n % 10 == 9 else 0.0)) for n in range(10)]
    assert found == [None] * 10

    def writes(waits: list[float]) -> list[float]:
        backlog, now, rates = Backlog(), 0.0, []
        for wait in waits:
            for each in (*[0.0] * 19, wait):
                found = backlog.note(1_000, now, now + each)
                now += each
                rates += [] if found is None else [round(found[0] / found[1])]
        return rates

    assert writes([1.0, 1.0, 1.0]) == [20_000, 20_000]
    assert writes([0.02, 8.0, 0.02]) == []
    assert writes([0.012, 0.012]) == [1_666_667]
