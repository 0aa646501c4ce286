"""A virtual screen with a real terminal on it: typed into as a person would, seen by screenshots."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy
import pytest
from PIL import Image

KITTY = shlex.split(os.environ.get("SDXL_TUI_TEST_KITTY", "kitty"))
"""A newer kitty than the one in the path may stand elsewhere."""
PLACEHOLDERS_SINCE = (0, 28)
FONT = "DejaVu Sans Mono"
SCREEN = (1400, 1000)
ROOT = Path(__file__).parents[2]


def needs(*programs: str) -> None:
    """Skip where one of these is missing."""
    for program in programs:
        if not shutil.which(program):
            pytest.skip(f"there is no {program} here")


def needs_kitty() -> None:
    """Skip where kitty is missing, or older than the cells that stand for a picture."""
    needs(KITTY[0])
    version = subprocess.run([*KITTY, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"(\d+)\.(\d+)", version)
    if found is None or (int(found[1]), int(found[2])) < PLACEHOLDERS_SINCE:
        pytest.skip(f"its cells came with kitty 0.28, and this is {version.strip()}; SDXL_TUI_TEST_KITTY names another")


class VirtualScreen:
    """An Xvfb of the test's own, and what runs on it."""

    def __init__(self, folder: Path) -> None:
        needs("Xvfb", "import", "xdotool")
        self.folder = folder
        self._programs: list[subprocess.Popen[Any]] = []
        reading, writing = os.pipe()
        size = "x".join(map(str, SCREEN))
        command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", f"{size}x24", "-nolisten", "tcp"]
        self._start(command, pass_fds=[writing])
        os.close(writing)
        with os.fdopen(reading) as answer:
            self.display = f":{answer.readline().strip()}"

    def close(self) -> None:
        """End all that runs, the last one first."""
        for program in reversed(self._programs):
            self.end(program)

    def end(self, program: subprocess.Popen[Any]) -> None:
        """End a program with what it started."""
        if program.poll() is None:
            os.killpg(program.pid, signal.SIGTERM)
            try:
                program.wait(5)
            except subprocess.TimeoutExpired:
                os.killpg(program.pid, signal.SIGKILL)
                program.wait()

    def kitty(self, script: str, columns: int = 120, rows: int = 40, font_size: float = 10) -> subprocess.Popen[Any]:
        """Open a kitty in which a shell script runs."""
        options = {
            "allow_remote_control": "no",
            "remember_window_size": "no",
            "initial_window_width": f"{columns}c",
            "initial_window_height": f"{rows}c",
            "font_family": FONT,
            "font_size": str(font_size),
            "cursor_blink_interval": "0",
            "window_padding_width": "0",
            "update_check_interval": "0",
            "confirm_os_window_close": "0",
        }
        flags = [part for name, value in options.items() for part in ("-o", f"{name}={value}")]
        return self._start([*KITTY, "--config", "NONE", *flags, "sh", self._written(script)])

    def xterm(self, script: str, columns: int = 120, rows: int = 40) -> subprocess.Popen[Any]:
        """Open an xterm that has sixel, in which a shell script runs."""
        size = ["-geometry", f"{columns}x{rows}+0+0", "-fa", FONT, "-fs", "9"]
        return self._start(["xterm", "-ti", "vt340", *size, "-e", "sh", self._written(script)])

    def press(self, *keys: str) -> None:
        """Press keys by X's names, in the window that is there."""
        self._xdotool("windowfocus", self._window())
        self._xdotool("key", *keys)
        time.sleep(0.3)  # An escape that is followed at once is another key.

    def picture(self) -> Image.Image:
        """What is to be seen on the whole screen."""
        file = self.folder / "screen.png"
        subprocess.run(["import", "-display", self.display, "-window", "root", str(file)], check=True)
        with Image.open(file) as opened:
            return opened.convert("RGB")

    def window(self) -> Image.Image:
        """What is to be seen in the window alone."""
        rows = self._xdotool("getwindowgeometry", "--shell", self._window()).splitlines()
        found = {name: int(value) for name, _, value in (row.partition("=") for row in rows)}
        left, top = found["X"], found["Y"]
        return self.picture().crop((left, top, left + found["WIDTH"], top + found["HEIGHT"]))

    def _window(self) -> str:
        return self._xdotool("search", "--onlyvisible", "--name", ".").split()[-1]

    def until(self, condition: Callable[[Image.Image], object], seconds: float = 60) -> Image.Image:
        """Wait until a screenshot is so, and return it."""
        end = time.monotonic() + seconds
        while True:
            picture = self.picture()
            if condition(picture):
                return picture
            if time.monotonic() > end:
                raise AssertionError(f"never came true; the screen is {self.folder / 'screen.png'}")
            time.sleep(0.3)

    def _written(self, script: str) -> str:
        file = self.folder / f"run{len(self._programs)}.sh"
        file.write_text(f"unset TMUX TMUX_PANE COLUMNS LINES NO_COLOR\nexport COLORTERM=truecolor\n{script}\n")
        return str(file)

    def _xdotool(self, *arguments: str) -> str:
        command = ["xdotool", *arguments]
        return subprocess.run(command, env=self._environ(), capture_output=True, text=True, check=True).stdout

    def _environ(self) -> Mapping[str, str]:
        ours = {"LIBGL_ALWAYS_SOFTWARE": "1", "COLORTERM": "truecolor", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("TMUX", "KITTY_", "SSH_"))}
        return {**kept, **ours, "DISPLAY": getattr(self, "display", ""), "PYTHONPATH": str(ROOT)}

    def _start(self, command: list[str], **options: Any) -> subprocess.Popen[Any]:
        log = (self.folder / f"{Path(command[0]).name}.log").open("a")
        with log:
            program = subprocess.Popen(
                command, env=self._environ(), stdout=log, stderr=log, start_new_session=True, **options
            )
        self._programs.append(program)
        return program


def lab(folder: Path, *options: str) -> str:
    """The line of a script that opens the lab on the demo model."""
    home = folder / "home"
    words = [sys.executable, "-m", "sdxl_tui", "demo", "--output-dir", str(folder / "out"), *options]
    return f"cd {folder} && SDXL_TUI_HOME={home} OMP_NUM_THREADS=1 exec {shlex.join(words)}"


def place_of(screen: Image.Image, picture: Image.Image, blocks: int = 16) -> tuple[float, tuple[int, int, int, int]]:
    """Where on the screen a square picture stands, and how far its colours are off there: the mean over ``blocks`` by
    ``blocks`` parts, of 255. Looked for at every size and place, first roughly and then finely."""
    whole = numpy.asarray(screen, numpy.float32)
    best: tuple[float, tuple[int, int, int, int]] = (999.0, (0, 0, 0, 0))
    sums = numpy.zeros((whole.shape[0] + 1, whole.shape[1] + 1, 3))
    sums[1:, 1:] = whole.cumsum(0).cumsum(1)
    wanted = numpy.asarray(picture.convert("RGB").resize((blocks, blocks), Image.Resampling.BOX), numpy.float32)

    def error(left: int, top: int, side: int) -> float:
        across = left + numpy.arange(blocks + 1) * side // blocks
        down = top + numpy.arange(blocks + 1) * side // blocks
        corners = sums[down][:, across]
        blocks_seen = corners[1:, 1:] - corners[:-1, 1:] - corners[1:, :-1] + corners[:-1, :-1]
        areas = (numpy.diff(down)[:, None] * numpy.diff(across)[None, :])[..., None]
        return float(numpy.abs(blocks_seen / areas - wanted).mean())

    for step, near in ((16, None), (4, 24), (1, 6)):
        (_, (left, top, right, _bottom)), span = best, near
        sides = range(300, 640, step) if span is None else range(right - left - span, right - left + span + 1, step)
        for side in sides:
            lefts = range(0, whole.shape[1] - side, step) if span is None else range(left - span, left + span + 1, step)
            tops = range(0, whole.shape[0] - side, step) if span is None else range(top - span, top + span + 1, step)
            for x in lefts:
                for y in tops:
                    if x >= 0 and y >= 0 and x + side <= whole.shape[1] and y + side <= whole.shape[0]:
                        found = error(x, y, side)
                        if found < best[0]:
                            best = (found, (x, y, x + side, y + side))
    return best
