"""A connection that drops at a bad moment, and a lab that is stopped and goes on."""

from __future__ import annotations

import json
import os
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from fcntl import ioctl
from itertools import cycle
from pathlib import Path

import pytest

from sdxl_tui.core import state
from sdxl_tui.core.folder_lock import NAME
from sdxl_tui.core.joblog import read
from sdxl_tui.core.queue_store import QueueStore
from tests.e2e.deaf import deaf_terminal, read_until
from tests.e2e.terminal import LAB, Terminal

ROOT = Path(__file__).parents[2]
GONE = 8.0
"""Seconds in which a lab without a terminal ends, whatever it does; on this machine others have the cores as well."""


@pytest.fixture(autouse=True)
def _from_here(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[str], Terminal]]:
    opened: list[Terminal] = []

    def start(command: str) -> Terminal:
        opened.append(Terminal(tmp_path, command))
        return opened[-1]

    yield start
    for terminal in opened:
        terminal.close()


def lab_of(folder: Path) -> int:
    return int(json.loads((folder / "output_images" / NAME).read_text())["pid"])


def until(condition: Callable[[], object], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.05)


def has_ended(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    return True


def fill(terminal: int, pid: int) -> None:
    """Have the lab paint its screen again and again, until the terminal that nobody reads takes nothing any more."""
    theirs = os.open(f"/proc/{pid}/fd/0", os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
    sizes = cycle((30, 31))

    def is_full() -> bool:
        ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", next(sizes), 100, 0, 0))
        return not select.select([], [theirs], [], 0)[1]

    try:
        until(is_full, 60)
    finally:
        os.close(theirs)


def test_while_torch_is_imported_what_was_queued_waits_for_the_next_start(
    start: Callable[[str], Terminal], tmp_path: Path
) -> None:
    terminal = start(f"{sys.executable} -m tests.e2e.odd_lab hangs-at-import")
    terminal.wait_for("type .* generate")
    terminal.press("Enter")
    terminal.wait_for("1 waiting")
    pid = lab_of(tmp_path)
    terminal.hang_up()
    until(lambda: has_ended(pid), GONE)
    assert not list(read(tmp_path / "output_images"))
    with closing(QueueStore(tmp_path / "output_images")) as store:
        assert len(store.read()) == 1


@pytest.mark.parametrize(
    ("why", "logged", "waiting"),
    [(signal.SIGHUP, ["cancelled"], []), (signal.SIGTERM, [], ["running"]), (None, ["cancelled"], [])],
    ids=["SIGHUP", "SIGTERM", "ctrl+q"],
)
def test_a_terminal_that_takes_nothing_any_more_holds_nobody_back(
    tmp_path: Path, why: signal.Signals | None, logged: list[str], waiting: list[str]
) -> None:
    """Whoever hangs up has seen the job go; the system, before a reboot, has not asked."""
    with deaf_terminal(tmp_path, [sys.executable, "-m", "sdxl_tui", "demo"]) as (process, terminal):
        read_until(terminal, b"loaded in")
        os.write(terminal, b"\x1be60\r")
        folder = tmp_path / "output_images"

        def runs() -> bool:
            with closing(QueueStore(folder)) as store:
                return [row.state for row in store.read()] == ["running"]

        until(runs, 30)
        fill(terminal, process.pid)
        if why is None:
            os.write(terminal, b"\x11\x11")  # a job runs: the lab asks once
        else:
            process.send_signal(why)
        assert process.wait(GONE) == (0 if why is None else 128 + why)
    assert [line["status"] for line in read(folder)] == logged
    with closing(QueueStore(folder)) as store:
        assert [row.state for row in store.read()] == waiting
    assert state.left_in(folder)["form"]["values"]["steps"] == "60"


@pytest.mark.parametrize("stop", [signal.SIGTSTP, signal.SIGSTOP])
def test_after_a_stop_the_shell_has_the_terminal_and_then_the_lab_again(
    start: Callable[[str], Terminal], tmp_path: Path, stop: signal.Signals
) -> None:
    terminal = start("bash --norc --noprofile")
    terminal.type(f"{LAB} demo")
    terminal.press("Enter")
    terminal.wait_for("Demo loaded in")
    os.kill(lab_of(tmp_path), stop)
    terminal.wait_for("Stopped")
    terminal.type("clear; stty -a | grep -c -w -e -icanon -e -echo")
    terminal.press("Enter")
    terminal.wait_for(r"(?m)^0$")
    terminal.type("fg")
    terminal.press("Enter")
    terminal.wait_for(r"1 generate[\s\S]*scheduler[\s\S]*F1 help")
    terminal.press("C-q")
    terminal.wait_for(r"demo\s+(\S*\$|\S*#)", seconds=20)
    terminal.type("clear; stty -a | grep -c -w -e -icanon -e -echo")
    terminal.press("Enter")
    terminal.wait_for(r"(?m)^0$")


def test_the_title_of_the_terminal_is_the_labs_and_then_its_own_again(start: Callable[[str], Terminal]) -> None:
    terminal = start(rf"printf '\033]2;mine\007'; {LAB} demo")
    terminal.wait_for("Demo loaded in")
    until(lambda: terminal.ask("pane_title") == "Demo · sdxl-tui", 20)
    terminal.press("C-q")
    terminal.wait_for("exit code 0", seconds=20)
    assert terminal.ask("pane_title") == "mine"
