"""Seconds from exec to the first paint of the lab, beside those of an empty Textual app, in turn.

Run by hand: ``python -m tests.bench.first_paint [RUNS]``. The aims: header, footer and a prompt that takes keys in 1.3
times the empty app, the whole form in 2.2 times; no key lost that was typed meanwhile; no torch before it.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
from contextlib import suppress

from tests.bench.pty_child import PtyChild, plain

EMPTY = "from textual.app import App\nfrom textual.widgets import Static\n\n\nclass Empty(App):\n"
EMPTY += "    def compose(self):\n        yield Static('ready')\n\n\nEmpty().run()\n"
LETTERS = "quick"

NOT_OURS = ("NO_COLOR", "PYTHONDONTWRITEBYTECODE", "COLUMNS", "LINES")
"""Variables of whoever runs this that would change what is measured; pytest-xdist sets the last two."""


def environ(home: str) -> dict[str, str]:
    """A terminal with 24 bit, folders of the run's own, and compiled modules, as an installed lab has them."""
    kept = {name: value for name, value in os.environ.items() if name not in NOT_OURS}
    return {**kept, "SDXL_TUI_HOME": home, "HF_HUB_CACHE": f"{home}/hub", "TERM": "xterm-256color"} | {
        "COLORTERM": "truecolor",
        "PYTHONPYCACHEPREFIX": f"{home}/compiled",
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }


def empty(home: str) -> float:
    """Seconds until the empty app has painted its one word."""
    child = PtyChild([sys.executable, "-c", EMPTY], environ(home))
    try:
        return child.read_until(lambda data: b"ready" in data)
    finally:
        child.end()


def lab(home: str) -> tuple[float, float, bool, bool]:
    """Seconds to header, footer and a prompt with what was typed, and to the whole form; keys kept; torch before it."""
    os.chdir(home)
    child = PtyChild([sys.executable, "-m", "sdxl_tui"], environ(home))
    try:
        child.read_for(0.1)
        child.type(LETTERS[:2].encode())
        child.read_until(lambda data: b"\x1b[?1049h" in data)
        child.type(LETTERS[2:4].encode())
        frame = child.read_until(lambda data: "sdxl·tui" in plain(data) and "help" in plain(data))
        child.type(LETTERS[4:].encode())
        whole = child.read_until(lambda data: "generate 1" in plain(data) and "Models are looked for" in plain(data))
        torch = child.has_mapped("libtorch")
        child.read_for(5, quiet=1)
        before = len(child.received)
        child.resize(90, 30)  # Another layout, so all of it is painted again.
        with suppress(TimeoutError):
            child.read_until(lambda data: f"{LETTERS} " in plain(data[before:]), 10)
        return frame, whole, f"{LETTERS} " in plain(child.received[before:]), torch
    finally:
        child.end()


def main() -> None:
    """Print medians and ratios."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    with tempfile.TemporaryDirectory() as home:
        empty(home)
        lab(home)
        empties, labs = [], []
        for _ in range(runs):
            empties.append(empty(home))
            labs.append(lab(home))
    base = statistics.median(empties)
    print(f"{runs} runs in turn, seconds from exec; load average {os.getloadavg()[0]:.1f}")
    print(f"empty Textual app      {base:.3f}   {min(empties):.3f} to {max(empties):.3f}")
    for name, index, aim in (("header, footer, prompt", 0, 1.3), ("whole form", 1, 2.2)):
        values = [run[index] for run in labs]
        median = statistics.median(values)
        print(f"{name:<22} {median:.3f}   {min(values):.3f} to {max(values):.3f}   {median / base:.2f}x, aim {aim}x")
    print(f"keys typed meanwhile: {sum(run[2] for run in labs)} of {runs} runs kept them all")
    print(f"torch before the form: {sum(run[3] for run in labs)} of {runs} runs")


if __name__ == "__main__":
    main()
