"""The lab in a real terminal: a tmux of the test's own, typed into and read as a person would."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest
from rich._palettes import EIGHT_BIT_PALETTE

from sdxl_tui.tui.widgets.grains import QUADRANTS

Colour = tuple[int, int, int]

COLOURS = re.compile(r"(38|48);(?:2;(\d+);(\d+);(\d+)|5;(\d+))")
OWN = {(255, 175, 95), *((grey, grey, grey) for grey in (0, 8, 18, 28, 38, 48, 58, 108, 148, 178, 228))}
"""The lab's own colours."""


class Terminal:
    """A tmux server with one window that runs one command."""

    def __init__(self, folder: Path, command: str, columns: int = 120, rows: int = 40) -> None:
        if not shutil.which("tmux"):
            pytest.skip("needs tmux")
        self.folder = folder
        self._socket = f"sdxl-tui-test-{uuid.uuid4().hex[:8]}"
        environ = {key: value for key, value in os.environ.items() if key not in ("TMUX", "TMUX_PANE", "NO_COLOR")}
        environ |= {"COLORTERM": "truecolor", "TERM": "xterm-256color", "LANG": "C.UTF-8"}
        shell = f"{command}; echo exit code $?; exec cat"
        size = ["-x", str(columns), "-y", str(rows)]
        subprocess.run(
            ["tmux", "-L", self._socket, "-f", "/dev/null", "new-session", "-d", *size, "-c", str(folder), shell],
            env=environ,
            check=True,
        )

    def close(self) -> None:
        """End the server and what runs in it."""
        self._tmux("kill-server")

    def press(self, *keys: str) -> None:
        """Press keys by tmux's names."""
        self._tmux("send-keys", *keys)

    def type(self, text: str) -> None:
        """Type text as it is."""
        self._tmux("send-keys", "-l", text)

    def resize(self, columns: int, rows: int) -> None:
        """Change the window's size."""
        self._tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def screen(self) -> str:
        """What stands on the screen."""
        return self._tmux("capture-pane", "-p")

    def hang_up(self) -> None:
        """Take the terminal away, as a dropped connection does."""
        self._tmux("kill-pane")

    def ask(self, question: str) -> str:
        """What tmux says about the window, by the name of one of its format variables."""
        return self._tmux("display-message", "-p", f"#{{{question}}}").strip()

    def quadrants(self) -> list[Colour]:
        """The colours of the four parts of every cell on the screen that a picture has painted."""
        parts: list[Colour] = []
        colours = {"38": (0, 0, 0), "48": (0, 0, 0)}
        for part in re.finditer(r"\x1b\[([\d;]*)m|.", self._tmux("capture-pane", "-ep")):
            if part[1] is None:
                pattern = QUADRANTS.find(part[0])
                shown = (colours["48"],) if pattern == 0 else tuple(colours.values())
                if pattern >= 0 and not OWN.issuperset(shown):
                    parts += [colours["38" if pattern >> number & 1 else "48"] for number in range(4)]
                continue
            for ground, red, green, blue, number in COLOURS.findall(part[1]):
                colours[ground] = EIGHT_BIT_PALETTE[int(number)] if number else (int(red), int(green), int(blue))
        return parts

    def wait_for(self, pattern: str, seconds: float = 90) -> str:
        """The screen, once something on it matches."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            screen = self.screen()
            if re.search(pattern, screen):
                return screen
            time.sleep(0.1)
        raise AssertionError(f"{pattern!r} did not appear; the screen is:\n{self.screen()}")

    def _tmux(self, *arguments: str) -> str:
        command = ["tmux", "-L", self._socket, *arguments]
        return subprocess.run(command, capture_output=True, text=True, encoding="utf-8").stdout


LAB = f"{sys.executable} -m sdxl_tui"
