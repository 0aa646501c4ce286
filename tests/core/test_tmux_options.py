"""What the doctor says of tmux's options, by a tmux of the test's own."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sdxl_tui.core import tmux
from sdxl_tui.core.findings import FINE, RISKY
from sdxl_tui.core.tmux_options import tmux_options

needs_tmux = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
BEST = (
    'set -g default-terminal "tmux-256color"',
    "set -g focus-events on",
    "set -sg escape-time 10",
    "set -s set-clipboard external",
    "set -g allow-passthrough on",
    'set -as terminal-features ",xterm*:RGB"',
)
Start = Callable[..., dict[str, str]]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Start]:
    """Start a tmux with these lines of tmux.conf; return the environment of a pane in it."""
    socket = tmp_path / "s"
    clean = {name: value for name, value in os.environ.items() if not name.startswith("TMUX")}

    def run(*arguments: str) -> str:
        done = subprocess.run(["tmux", "-S", str(socket), *arguments], env=clean, capture_output=True, text=True)
        return done.stdout.strip()

    def start(*lines: str) -> dict[str, str]:
        conf = tmp_path / "tmux.conf"
        conf.write_text("\n".join([*lines, ""]))
        run("-f", str(conf), "new-session", "-d", "sleep 60")
        return {"TMUX": f"{socket},1,0", "TMUX_PANE": run("list-panes", "-F", "#{pane_id}")}

    yield start
    run("kill-server")


@needs_tmux
def test_a_plain_tmux_gets_a_line_for_each_option(server: Start) -> None:
    plain = ('set -g default-terminal "screen"', "set -s set-clipboard off", "set -sg escape-time 500")
    found = list(tmux_options(server(*plain, "set -g focus-events off", "set -g allow-passthrough off")))
    assert {finding.state for finding in found} == {RISKY}
    assert {finding.topic for finding in found} == {"tmux"}
    for line in BEST:
        [one] = [finding for finding in found if f"`{line}`" in finding.cure]
        assert one.value.count(".") == 0
    assert "esc waits" in next(finding.value for finding in found if "escape-time is 500" in finding.value)


@needs_tmux
def test_its_own_lines_make_it_well(server: Start) -> None:
    [found] = tmux_options(server(*BEST))
    assert found.state == FINE


def test_outside_tmux_nothing_is_said() -> None:
    assert not list(tmux_options({}))


def test_a_tmux_that_cannot_be_reached_is_a_sentence_with_all_lines(tmp_path: Path) -> None:
    [found] = tmux_options({"TMUX": f"{tmp_path}/none,1,0", "TMUX_PANE": "%0"})
    assert found.state == RISKY
    assert "does not answer" in found.value
    assert "set -g focus-events on" in found.cure


def test_a_tmux_that_hangs_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hanging = tmp_path / "tmux"
    hanging.write_text("#!/bin/sh\nexec sleep 30\n")
    hanging.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(tmux, "SECONDS", 0.2)
    began = time.monotonic()
    [found] = tmux_options({"TMUX": "/none,1,0", "TMUX_PANE": "%0"})
    assert "does not answer" in found.value
    assert time.monotonic() - began < 5
