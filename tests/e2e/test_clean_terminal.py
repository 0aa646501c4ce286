"""The terminal stays the lab's while it runs, and is the user's again when it ends, whatever the engine does."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sdxl_tui.core.queue_store import QueueStore
from tests.e2e.terminal import LAB, Terminal

ROOT = Path(__file__).parents[2]
QUICK = 2.0
"""Seconds until the shell is back."""
LOOKING = 1.0
"""Seconds that pressing and looking through tmux may take on a machine with much to do."""


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Terminal]]:
    """Start a command in a terminal that ends with the test; the shell then says how it finds the terminal."""
    opened: list[Terminal] = []
    monkeypatch.setenv("PYTHONPATH", str(ROOT))

    def start(command: str) -> Terminal:
        opened.append(Terminal(tmp_path, f"({command}; code=$?; stty -a; exit $code)"))
        return opened[-1]

    yield start
    for terminal in opened:
        terminal.close()


def odd_lab(what: str) -> str:
    return f"{sys.executable} -m tests.e2e.odd_lab {what}"


def is_the_users_again(terminal: Terminal) -> None:
    """Echo and line editing are on, the normal screen is back, the mouse is free."""
    said = terminal.screen().split()
    assert "echo" in said
    assert "icanon" in said
    assert (terminal.ask("alternate_on"), terminal.ask("cursor_flag"), terminal.ask("mouse_any_flag")) == (
        "0",
        "1",
        "0",
    )


def log_of(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "output_images" / "jobs.log").read_text().splitlines()]


def test_what_c_code_and_children_print_goes_to_the_log(start: Callable[[str], Terminal], tmp_path: Path) -> None:
    terminal = start(odd_lab("noisy"))
    assert "NOISE" not in terminal.wait_for("Demo loaded in")
    log = (tmp_path / "logs" / "app_events.log").read_text()
    for number in range(40):
        for source in ("on 1", "on 2", "from C"):
            assert f"NOISE {source}, {number}\n" in log
    for source in ("from a child", "from a child, on 2"):
        assert f"NOISE {source}\n" in log
    terminal.press("C-q")
    assert "NOISE" not in terminal.wait_for("exit code 0", seconds=10)


def test_an_error_in_the_lab_itself_is_one_sentence_and_the_log_has_the_rest(
    start: Callable[[str], Terminal], tmp_path: Path
) -> None:
    terminal = start(odd_lab("breaks"))
    terminal.wait_for("Demo loaded in")
    terminal.press("Enter")
    said = terminal.wait_for("exit code 1", seconds=10)
    assert "ended on an error in itself; app_events.log has the details." in said
    assert "Traceback" not in said
    is_the_users_again(terminal)
    assert "ZeroDivisionError" in (tmp_path / "logs" / "app_events.log").read_text()


@pytest.mark.parametrize("what", ["hangs-at-import", "hangs-in-a-step"])
def test_the_shell_is_back_within_two_seconds(start: Callable[[str], Terminal], tmp_path: Path, what: str) -> None:
    terminal = start(odd_lab(what))
    terminal.wait_for("type .* generate" if what == "hangs-at-import" else "Demo loaded in")
    terminal.press("Enter")
    terminal.wait_for("starting|waiting" if what == "hangs-in-a-step" else "1 waiting")
    terminal.press("C-q")
    terminal.wait_for("enter (stop and )?quit")
    began = time.monotonic()
    terminal.press("C-q")
    terminal.wait_for("exit code 0", seconds=10)
    assert time.monotonic() - began < QUICK + LOOKING
    is_the_users_again(terminal)
    with closing(QueueStore(tmp_path / "output_images")) as store:
        waiting = store.read()
    if what == "hangs-at-import":
        assert len(waiting) == 1
    else:
        assert not waiting
        assert [line["status"] for line in log_of(tmp_path)] == ["cancelled"]


def test_what_is_typed_while_the_lab_starts_is_kept(start: Callable[[str], Terminal]) -> None:
    terminal = start(LAB)
    terminal.type("a quick ")
    time.sleep(0.5)
    terminal.type("brown fox")
    terminal.wait_for("generate 1")
    terminal.wait_for("▌ a quick brown fox", seconds=10)


def test_quitting_while_torch_is_imported(start: Callable[[str], Terminal]) -> None:
    terminal = start(f"{LAB} demo")
    terminal.wait_for("type .* generate")
    began = time.monotonic()
    terminal.press("C-q")
    terminal.wait_for("exit code 0", seconds=10)
    assert time.monotonic() - began < QUICK + LOOKING
    is_the_users_again(terminal)


def test_the_terminal_says_its_size_whatever_is_exported(start: Callable[[str], Terminal]) -> None:
    terminal = start(f"COLUMNS=80 LINES=24 {LAB}")
    terminal.wait_for(r"commands\s*$")
    assert len(terminal.screen().splitlines()) == 40
    terminal.resize(90, 30)
    terminal.wait_for(r"(?m)^ type .* F1 help")
    assert max(len(line) for line in terminal.screen().splitlines()) <= 90


def test_a_dropped_connection_cancels_and_logs_the_job(start: Callable[[str], Terminal], tmp_path: Path) -> None:
    terminal = start(odd_lab("hangs-in-a-step"))
    terminal.wait_for("Demo loaded in")
    terminal.press("Enter")
    terminal.wait_for("starting")
    terminal.hang_up()
    end = time.monotonic() + 10
    while not (tmp_path / "output_images" / "jobs.log").exists():
        assert time.monotonic() < end
        time.sleep(0.1)
    assert [line["status"] for line in log_of(tmp_path)] == ["cancelled"]


def test_sigterm_leaves_in_order(start: Callable[[str], Terminal]) -> None:
    """`exec` within `sh -c` gives the lab the number that the shell wrote down."""
    terminal = start(f"sh -c 'echo $$ > pid; exec {LAB} demo'")
    terminal.wait_for("Demo loaded in")
    os.kill(int((terminal.folder / "pid").read_text()), signal.SIGTERM)
    terminal.wait_for("exit code 143", seconds=10)
    is_the_users_again(terminal)
