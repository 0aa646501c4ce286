"""What a real tmux answers, and one that is not there."""

from __future__ import annotations

import os
import pty
import select
import shlex
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sdxl_tui.core import tmux

GONE = tmux.Pane("/srv/no such socket", "%0")


@pytest.fixture
def pane(tmp_path: Path) -> Iterator[tmux.Pane]:
    if not shutil.which("tmux"):
        pytest.skip("needs tmux")
    server = tmux.tmux_command(str(tmp_path / "so cket"))
    subprocess.run([*server, "-f", "/dev/null", "new-session", "-d", "-s", "my lab", "exec cat"], check=True)
    yield tmux.Pane(str(tmp_path / "so cket"), "%0")
    subprocess.run([*server, "kill-server"], check=True)


def test_a_pane_is_found_and_the_way_there_is_told(pane: tmux.Pane) -> None:
    place = tmux.place_of(pane)
    assert place is not None
    assert (place.session, place.window) == ("my lab", "0")
    assert place.way({}) == ["tmux", "-S", pane.socket, "attach-session", "-t", place.session_id]
    inside = {"TMUX": f"{pane.socket},123,0", "TMUX_PANE": "%1"}
    assert place.way(inside)[3] == "switch-client"
    assert tmux.place_of(tmux.Pane(pane.socket, "%99")) is None
    assert shlex.split(place.shown_way({})) == ["tmux", "-S", pane.socket, "attach", "-t", "my lab"]


def test_a_command_to_paste_runs_nothing_else() -> None:
    place = tmux.Place(tmux.Pane("/srv/tmux/default", "%0"), "my lab; touch x", "$0", "0")
    assert shlex.split(place.shown_way({})) == ["tmux", "attach", "-t", "my lab; touch x"]


def test_the_server_of_another_user_is_not_asked(pane: tmux.Pane, monkeypatch: pytest.MonkeyPatch) -> None:
    user = os.geteuid()
    monkeypatch.setattr(tmux.os, "geteuid", lambda: user + 1)
    monkeypatch.setattr(tmux, "ask", lambda *_: pytest.fail("it was asked"))
    assert tmux.place_of(pane) is None


def test_a_tmux_that_is_not_there_says_nothing() -> None:
    assert tmux.place_of(GONE) is None
    assert not tmux.lets_through(GONE)
    assert not tmux.to_clipboard(GONE, "text")
    assert tmux.pane_here({}) is None


@contextmanager
def attached(pane: tmux.Pane) -> Iterator[None]:
    """A terminal that shows the pane's session."""
    ours, theirs = pty.openpty()
    environ = {**os.environ, "TERM": "xterm-256color", "TMUX": ""}
    command = [*tmux.tmux_command(pane.socket), "attach-session"]
    client = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environ, start_new_session=True)
    os.close(theirs)
    try:
        end = time.monotonic() + 20
        while not tmux.ask(pane.socket, "list-clients"):
            assert time.monotonic() < end
            if select.select([ours], [], [], 0.05)[0]:
                os.read(ours, 65536)
        yield
    finally:
        client.kill()
        client.wait()
        os.close(ours)


def test_passthrough_counts_where_the_pane_is_shown(pane: tmux.Pane) -> None:
    version = tmux.ask(pane.socket, "display-message", "-p", "#{version}") or ""
    if version < "3.3":
        pytest.skip(f"tmux {version.strip()} passes everything on")
    assert not tmux.lets_through(pane)
    tmux.ask(pane.socket, "set-option", "-g", "allow-passthrough", "on")
    assert not tmux.lets_through(pane)
    with attached(pane):
        assert tmux.lets_through(pane)
        tmux.ask(pane.socket, "split-window", "-Z", "-t", pane.id, "exec cat")
        assert not tmux.lets_through(pane)
        tmux.ask(pane.socket, "select-pane", "-t", pane.id)
        assert tmux.lets_through(pane)
        tmux.ask(pane.socket, "new-window", "exec cat")
        assert not tmux.lets_through(pane)


def test_the_clipboard_takes_any_text(pane: tmux.Pane) -> None:
    text = "/srv/ü [/] $(x) `y`\n; kill-server " + "x" * 100_000
    assert tmux.to_clipboard(pane, text)
    assert tmux.ask(pane.socket, "show-buffer") == text
