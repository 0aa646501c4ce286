"""The picture in a real kitty and a real xterm with sixel, as a screenshot shows it, beside its file."""

from __future__ import annotations

import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.e2e.screen import SCREEN, VirtualScreen, lab, needs, needs_kitty, place_of

LIMIT = 8.0
"""Of 255: how far the mean colours of 16x16 parts may be off. Shown rightly it is 1 to 5, beside it 30 and more."""
LEAST_SIDE = 300
MANY = 50
"""Colours of a screen with words on it; a bare window has a few."""
PLACEHOLDER = "\U0010eeee"


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[VirtualScreen]:
    """A screen that ends with the test."""
    opened = VirtualScreen(tmp_path)
    yield opened
    opened.close()


class Tmux:
    """A tmux server of the test's own, which passes kitty graphics on."""

    def __init__(self, folder: Path) -> None:
        needs("tmux")
        self._name = f"sdxl-tui-test-{uuid.uuid4().hex[:8]}"
        config = folder / "tmux.conf"
        lines = ("default-terminal tmux-256color", "allow-passthrough on", "focus-events on", "escape-time 10")
        lines += ('terminal-features "xterm*:RGB"',)
        config.write_text("".join(f"set -g {line}\n" for line in lines))
        self.attach = f"exec tmux -L {self._name} -f {config} new-session -A -s lab"
        self._folder = folder

    def ask(self, *arguments: str) -> str:
        """What tmux says."""
        command = ["tmux", "-L", self._name, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout


@pytest.fixture
def tmux(tmp_path: Path) -> Iterator[Tmux]:
    """A server that ends with the test."""
    server = Tmux(tmp_path)
    yield server
    server.ask("kill-server")


def the_picture(folder: Path) -> Path | None:
    """The file, once it is there."""
    return next(iter((folder / "out").glob("*.png")), None)


def shows(folder: Path, limit: float = LIMIT) -> object:
    """Return the condition that the screen shows the file in a place of its own size."""

    def condition(seen: Image.Image) -> bool:
        path = the_picture(folder)
        if path is None:
            return False
        with Image.open(path) as picture:
            error, place = place_of(seen, picture)
        print(f"error {error:.2f} at {place}")
        return error < limit and place[2] - place[0] >= LEAST_SIDE and place[0] > SCREEN[0] // 5

    return condition


def paint(screen: VirtualScreen, folder: Path) -> None:
    """Press enter when the lab stands there, and wait for the picture's file."""
    log = folder / "logs" / "app_events.log"
    screen.until(lambda seen: log.exists() and len(seen.resize((350, 250)).getcolors(1 << 24) or ()) > MANY, 60)
    screen.press("Return")
    screen.until(lambda _: the_picture(folder), 90)


def test_kitty_shows_the_file(screen: VirtualScreen, tmp_path: Path) -> None:
    needs_kitty()
    screen.kitty(lab(tmp_path, "--images", "kitty"))
    paint(screen, tmp_path)
    screen.until(shows(tmp_path))
    screen.press("F1")
    screen.until(shows(tmp_path))
    screen.press("Escape")
    screen.press("F3")
    screen.until(lambda seen: not shows(tmp_path)(seen))


def test_xterm_shows_the_file_in_sixel(screen: VirtualScreen, tmp_path: Path) -> None:
    needs("xterm")
    screen.xterm(lab(tmp_path, "--images", "sixel"))
    paint(screen, tmp_path)
    screen.until(shows(tmp_path))
    screen.press("F1")
    screen.until(shows(tmp_path))
    for key in ("Escape", "Tab", "3"):
        screen.press(key)
    screen.until(lambda seen: not shows(tmp_path)(seen))
    screen.press("1")
    screen.until(shows(tmp_path))


def test_from_kitty_in_tmux_to_xterm_and_back(screen: VirtualScreen, tmux: Tmux, tmp_path: Path) -> None:
    needs_kitty()
    needs("xterm")
    script = tmp_path / "lab.sh"
    script.write_text(lab(tmp_path))
    kitty = screen.kitty(f"{tmux.attach} sh {script}")
    paint(screen, tmp_path)
    screen.until(lambda _: PLACEHOLDER in tmux.ask("capture-pane", "-p"))
    screen.until(shows(tmp_path))

    tmux.ask("detach-client")
    kitty.wait(20)
    xterm = screen.xterm(tmux.attach)
    screen.until(shows(tmp_path))
    assert PLACEHOLDER not in tmux.ask("capture-pane", "-p")

    tmux.ask("detach-client")
    xterm.wait(20)
    screen.kitty(tmux.attach)
    screen.until(lambda _: PLACEHOLDER in tmux.ask("capture-pane", "-p"))
    screen.until(shows(tmp_path))
