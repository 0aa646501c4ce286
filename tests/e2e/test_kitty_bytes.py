"""What a real lab sends to a kitty, byte by byte: the picture arrives whole, and nothing stays behind."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sdxl_tui.tui import kitty
from tests.tui.kitty_model import KittyModel


class Pty:
    """A lab in a pseudo-terminal, and the kitty that reads it."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.kitty, self.text, self._rest = KittyModel(), "", ""
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(self._ours, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 960, 640))
        hidden = ("TMUX", "NO_COLOR", "KITTY_", "SSH_", "TERM_PROGRAM", "COLUMNS", "LINES")
        environ = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
        environ |= {"TERM": "xterm-kitty", "COLORTERM": "truecolor", "OMP_NUM_THREADS": "1", "LANG": "C.UTF-8"}
        command = [sys.executable, "-m", "sdxl_tui", "demo", "--images", "kitty", *options]
        streams = {"stdin": theirs, "stdout": theirs, "stderr": theirs}
        self.lab = subprocess.Popen(command, cwd=folder, env=environ, start_new_session=True, **streams)  # type: ignore[call-overload]
        os.close(theirs)

    def type(self, text: str) -> None:
        """Press keys."""
        os.write(self._ours, text.encode())

    def until(self, condition: Callable[[], object], seconds: float = 90) -> None:
        """Read until something is so."""
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, self.text[-2000:]
            self._read()

    def close(self) -> None:
        """End the lab."""
        if self.lab.poll() is None:
            os.killpg(self.lab.pid, signal.SIGKILL)
            self.lab.wait()
        os.close(self._ours)

    def _read(self) -> None:
        if not select.select([self._ours], [], [], 0.2)[0]:
            return
        try:
            new = os.read(self._ours, 65536).decode(errors="replace")
        except OSError:  # The lab has closed its end.
            return
        self.text += new
        whole, begun, self._rest = (self._rest + new).rpartition("\x1b_G")
        if begun and "\x1b\\" in self._rest:
            whole, self._rest = whole + begun + self._rest, ""
        elif begun:
            self._rest = begun + self._rest
        self.kitty.read(whole)


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Pty]:
    """A lab that ends with the test."""
    opened = Pty(tmp_path)
    yield opened
    opened.close()


def test_the_picture_arrives_and_nothing_stays_behind(lab: Pty) -> None:
    lab.until(lambda: "Demo loaded in" in lab.text)
    lab.type("\r")
    lab.until(lambda: lab.kitty.images and kitty.PLACEHOLDER in lab.text)
    assert lab.kitty.images
    [data] = lab.kitty.images.values()
    assert data.startswith(b"\x89PNG")
    assert not re.search(r"\x1b\[c|\x1b_G[^;\x1b]*a=q", lab.text), "it asked the terminal something"
    lab.type("\x11")
    lab.until(lambda: lab.lab.poll() is not None)
    lab.until(lambda: not lab.kitty.images, 5)
    assert lab.lab.returncode == 0
