"""The lab as it is lived in: over ssh, in tmux, with links that drop. A real sshd, a real tmux, the demo model."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from sdxl_tui.core.folder_lock import NAME
from sdxl_tui.core.joblog import read
from sdxl_tui.core.queue_store import QueueStore
from tests.e2e.sshd import Sshd
from tests.e2e.terminal import LAB, Terminal

ROOT = Path(__file__).parents[2]
PATIENCE = 90.0
"""Seconds: two slow cores, of which tests may have half a one."""


class House:
    """The machine at the other end: its folder, its tmux, and the terminals that people sit at."""

    def __init__(self, folder: Path) -> None:
        self.work = folder / "work"
        self.work.mkdir()
        self.pictures = self.work / "output_images"
        self.socket = f"sdxl-tui-test-{uuid.uuid4().hex[:8]}"
        self.sshd = Sshd(folder / "ssh", self.work)
        self._terminals: list[Terminal] = []

    @property
    def tmux(self) -> str:
        return f"tmux -L {self.socket} -f /dev/null"

    def sit_down(self, command: str, columns: int = 120, rows: int = 40, term: str = "xterm-256color") -> Terminal:
        """Open a terminal, and from there a link on which a command runs."""
        command = f"TERM={term} {self.sshd.client(command)}"
        self._terminals.append(Terminal(self.work.parent, command, columns, rows))
        return self._terminals[-1]

    def kill_client(self, terminal: Terminal) -> None:
        """Take the power off the computer at this end."""
        for pid in _below(int(terminal.ask("pane_pid"))):
            if Path(f"/proc/{pid}/comm").read_text().strip() == "ssh":
                os.kill(pid, signal.SIGKILL)
                until(lambda pid=pid: not alive(pid))

    def signed(self) -> dict[str, Any]:
        """What the lab says of itself in its lock."""
        return dict(json.loads((self.pictures / NAME).read_text()))

    def logged(self) -> list[str]:
        return [str(line["status"]) for line in read(self.pictures)]

    def close(self) -> None:
        for terminal in self._terminals:
            terminal.close()
        subprocess.run([*self.tmux.split(), "kill-server"], capture_output=True)
        with suppress(OSError, ValueError, KeyError):
            until(lambda: not alive(int(self.signed()["pid"])), seconds=20)
        self.sshd.close()


@pytest.fixture
def house(tmp_path: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    if not shutil.which("tmux"):
        pytest.skip("needs tmux")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    house = House(tmp_path)
    yield house
    house.close()


def until(condition: Callable[[], object], seconds: float = PATIENCE) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.1)


def alive(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def _below(pid: int) -> list[int]:
    with suppress(OSError):
        children = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        return [*children, *(below for child in children for below in _below(child))]
    return []


def take_long(terminal: Terminal) -> None:
    """Begin a job that goes on while links are cut."""
    terminal.press("M-e")
    terminal.type("60")
    terminal.press("Enter")
    terminal.wait_for(r"\d+/60")


def test_in_tmux_the_lab_outlives_every_link(house: House) -> None:
    start = f"{house.tmux} new-session -A -s lab '{LAB} demo'"
    first = house.sit_down(start)
    first.wait_for("Demo loaded in")
    first.press("Enter")
    first.wait_for("done in")
    first.press("C-b", "d")
    first.wait_for("detached")

    # Another size and another kind of terminal: the same picture, at the new size.
    attach = f"{house.tmux} attach -t lab"
    second = house.sit_down(attach, 80, 24, "screen-256color")
    screen = second.wait_for(r"1 generate  2 gal[\s\S]*[▀▄█▘▝▖▗▚▞▌▐▙▟▛▜]{4}[\s\S]*done in")
    assert max(map(len, screen.splitlines())) <= 80

    # The computer at this end dies in the middle of a job, and the job does not.
    take_long(second)
    house.kill_client(second)
    until(lambda: house.logged() == ["done", "done"])

    third = house.sit_down(attach, 100, 30)
    third.wait_for(r"[▀▄█▘▝▖▗▚▞▌▐▙▟▛▜]{4}[\s\S]*done in")
    third.press("Enter")
    third.wait_for(r"\d+/60")
    house.sshd.drop()
    third.wait_for("exit code 255")
    until(lambda: house.logged() == ["done", "done", "done"])

    # Two at once, of different sizes.
    fourth, fifth = house.sit_down(attach), house.sit_down(attach, 60, 20)
    for terminal in (fourth, fifth):
        terminal.wait_for("done in")
    fifth.press("C-q")
    fourth.wait_for(r"\[exited\][\s\S]*exit code 0", seconds=20)
    assert len(list(house.pictures.glob("*.png"))) == 3


def test_outside_of_tmux_a_dropped_link_cancels_the_job_and_keeps_what_waits(house: House) -> None:
    terminal = house.sit_down(f"exec {LAB} demo")
    terminal.wait_for("Demo loaded in")
    take_long(terminal)
    terminal.press("Enter", "Enter")
    terminal.wait_for(r"\+2")
    terminal.press("F1")
    terminal.wait_for("esc goes back")
    lab = int(house.signed()["pid"])
    house.kill_client(terminal)
    until(lambda: not alive(lab), seconds=20)
    assert house.logged() == ["cancelled"]
    with closing(QueueStore(house.pictures)) as store:
        assert len(store.read()) == 2

    # The next one offers them; and it is as it was left.
    again = house.sit_down(f"exec {LAB} demo")
    screen = again.wait_for(r"2 jobs wait[\s\S]*paused|paused[\s\S]*2 jobs wait")
    assert re.search(r"steps +60", screen)
    again.press("C-q")
    again.wait_for("enter quit|exit code 0")
    again.press("C-q")
    again.wait_for("exit code 0", seconds=20)


def test_a_second_start_leads_to_the_lab_or_shows_its_pictures(house: House) -> None:
    first = house.sit_down(f"{house.tmux} new-session -A -s lab '{LAB} demo'")
    first.wait_for("Demo loaded in")
    first.press("Enter")
    first.wait_for("done in")
    house.kill_client(first)
    pid = house.signed()["pid"]

    second = house.sit_down(LAB, 100, 30)
    asked = second.wait_for("q quit")
    assert re.search(rf"A lab runs in this folder since \d\d:\d\d: pid {pid} .*tmux lab:0", " ".join(asked.split()))
    second.type("a")
    second.wait_for("done in")
    second.press("C-b", "d")
    second.wait_for("exit code 0")

    third = house.sit_down(LAB)
    third.wait_for("q quit")
    third.type("r")
    third.wait_for(r"read only[\s\S]*1 picture[\s\S]*[▀▄█▘▝▖▗▚▞▌▐▙▟▛▜]{4}")
    third.press("Space")
    third.wait_for("This view is read only")
    third.press("C-q")
    third.wait_for("exit code 0", seconds=20)

    fourth = house.sit_down(f"TERM=dumb {LAB}")
    fourth.wait_for(r"r, q\?")
    fourth.type("q")
    fourth.press("Enter")
    fourth.wait_for("exit code 0")
    assert alive(pid)
