"""Bytes and seconds from a key to its paint, through a pseudo-terminal: the README's table.

Run by hand: ``python -m tests.bench.keys [WAY …]``, with ways of showing pictures as the ``images`` setting has them.
The lab runs with an engine that does nothing but what is asked of it here, at 120x40, in 24 bit, with one picture on
the screen that has no two cells alike.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

from tests.bench.fake_lab import FakeLab
from tests.bench.pty_child import plain

GOALS = {
    "first paint, with a picture": 120_000,
    "a typed letter": 150,
    "tab to the next field": 200,
    "a live preview": 30_000,
    "an idle minute, meter on": 2_000,
}
"""Raw bytes at most, with pictures as half cells."""
STOCK = {
    "first paint, with a picture": 400_000,
    "a typed letter": 437,
    "tab to the picture": 99_862,
    "a step (number and bar)": 488,
    "help over the form, and back": 337_000,
    "back from models": 200_000,
}
"""Raw bytes of Textual's own painting, on the drawn screens."""
METER = [(31.2 + 0.02 * n, 97 - n % 2, 61 + n // 25, 412 + n % 3) for n in range(60)]
"""A busy card, each second of a minute: GiB, load, degrees, watts."""

QUIET = 0.25
REPEATS = 7


class Bench:
    """Measures one lab."""

    def __init__(self, folder: Path, *settings: str) -> None:
        self.lab = FakeLab(folder, "colours=truecolor", *settings)
        self.child = self.lab.child
        self.rows: dict[str, list[tuple[int, int, float]]] = {}

    def settle(self) -> None:
        """Wait until nothing more is painted."""
        self.child.read_for(10, quiet=2 * QUIET)

    def measure(self, what: str, *acts: str | bytes) -> None:
        """Note bytes, bytes deflated, and seconds to the first paint after an act: keys, or an order as a text."""
        total, first = b"", 0.0
        for act in acts:
            before, began = len(self.child.received), perf_counter()
            if isinstance(act, str):
                self.lab.order(act)
            else:
                self.child.type(act)
            self.child.read_until(lambda data, before=before: len(data) > before, 5)  # type: ignore[misc]
            first = first or perf_counter() - began
            self.child.read_for(5, quiet=QUIET)
            total += self.child.received[before:]
        self.note(what, total, first)

    def note(self, what: str, data: bytes, seconds: float = 0.0) -> None:
        """Note what was measured."""
        self.rows.setdefault(what, []).append((len(data), len(zlib.compress(data)) if data else 0, seconds))

    def make(self) -> None:
        """Have a first picture on the screen."""
        self.child.read_until(lambda data: "generate 1" in plain(data))
        self.settle()
        self.child.type(b"\r")
        self.child.read_until(lambda data: "1 waiting" in plain(data))
        before = len(self.child.received)
        self.lab.order("finish")
        self.child.read_until(lambda data: "done in" in plain(data[before:]))
        self.settle()

    def first_paint(self) -> None:
        """All of a screen that stands, as a terminal needs it that has nothing: what ctrl+l sends."""
        self.measure("first paint, with a picture", b"\x0c")

    def run(self) -> None:
        """Measure all acts."""
        self.make()
        self.first_paint()
        for _ in range(REPEATS):
            self.measure("a typed letter", b"x")
        for _ in range(REPEATS):
            self.measure("tab to the picture", b"\t")
            self.child.type(b"\x1b[Z")
            self.settle()
        self.child.type(b"\t\t\t")
        self.settle()
        for _ in range(REPEATS):
            self.measure("tab to the next field", b"\t")
        self.child.type(b"\x1bp")
        self.settle()
        self.child.type(b"\r")
        self.settle()
        self.lab.order("start")
        self.settle()
        for step in range(1, REPEATS + 1):
            self.measure("a step (number and bar)", f"step {step}")
        for turn in range(1, 4):
            self.measure("a live preview", f"preview {turn}")
        self.measure("the final picture", "end")
        for _ in range(3):
            self.measure("help over the form, and back", b"\x1bOP", b"\x1b[27u")
        for _ in range(3):
            self.measure("to models", b"\x1b6")
            self.measure("back from models", b"\x1b1")
        for _ in range(2):
            self.measure("to the gallery", b"\x1b2")
            self.measure("back from the gallery", b"\x1b1")
        self.settle()
        self.note("idle for 5 s", self.child.read_for(5))
        self.idle_minute()
        self.child.end()

    def idle_minute(self) -> None:
        """A minute of a meter that moves as a busy card's does: each reading as soon as the one before is painted."""
        self.lab.order("meter 31.2 97 61 412")
        self.settle()
        before = len(self.child.received)
        for figures in METER:
            self.lab.order("meter {:.2f} {} {} {}".format(*figures))
            self.child.read_for(1, quiet=0.06)
        self.settle()
        self.note("an idle minute, meter on", self.child.received[before:])


def table(way: str, note: Callable[[str], None] = print) -> dict[str, float]:
    """Measure one way of showing pictures; return raw bytes by act."""
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(Path(name), f"images={way}")
        bench.run()
    note(f"{way:<30}{'bytes':>9}{'deflated':>10}{'ms':>7}{'goal':>10}{'stock':>10}")
    medians: dict[str, float] = {}
    for what, values in bench.rows.items():
        size, small, seconds = (statistics.median(column) for column in zip(*values, strict=True))
        medians[what] = size
        goal, stock = (f"{figures[what]:,}" if what in figures else "" for figures in (GOALS, STOCK))
        shown = f"{1000 * seconds:.0f}" if seconds else ""
        note(f"{what:<30}{size:>9,.0f}{small:>10,.0f}{shown:>7}{goal:>10}{stock:>10}")
    return medians


def main() -> None:
    """Print a table for each way."""
    for way in sys.argv[1:] or ["half"]:
        table(way)


if __name__ == "__main__":
    main()
