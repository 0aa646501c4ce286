"""The README's picture, from a real kitty on a virtual screen: ``python -m tests.bench.readme_picture``.

A lab of its own paints two pictures on the demo model; the second is on the screen. Needs Xvfb, kitty, xdotool and
ImageMagick's import.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from PIL import Image

from tests.e2e.screen import ROOT, VirtualScreen, lab

SIZE = (120, 40)
FONT_SIZE = 12.0
"""Points: cells of about 10x20 pixels."""
COLOURS_OF_WORDS = 50
REST = 2.0
"""Seconds until all is painted."""


def main() -> None:
    """Take the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, default=ROOT / ".readme" / "generate.png")
    parser.add_argument("--images", default="quad", help="how the lab shows pictures (default: quad, as everywhere)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="readme-picture-") as folder:
        take(Path(folder), arguments.images).save(arguments.file, optimize=True)
    print(arguments.file)


def take(folder: Path, images: str) -> Image.Image:
    """Let the lab paint, and return its window."""
    screen = VirtualScreen(folder)
    try:
        screen.kitty(lab(folder, "--images", images), *SIZE, font_size=FONT_SIZE)
        screen.until(lambda seen: _colours(seen) > COLOURS_OF_WORDS)
        for count in (1, 2):
            screen.press("Return")
            screen.until(lambda _, count=count: _done(folder) >= count, 120)
        screen.press("Tab")
        time.sleep(REST)
        return screen.window()
    finally:
        screen.close()


def _colours(seen: Image.Image) -> int:
    return len(seen.resize((seen.width // 4, seen.height // 4)).getcolors(1 << 24) or ())


def _done(folder: Path) -> int:
    log = folder / "out" / "jobs.log"
    return len(log.read_text(encoding="utf-8").splitlines()) if log.exists() else 0


if __name__ == "__main__":
    main()
