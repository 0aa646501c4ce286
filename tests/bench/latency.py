"""Milliseconds from a key to its paint, through a pseudo-terminal: at rest, at work, in the gallery, at the start.

Run by hand: ``python -m tests.bench.latency [fake|demo]``. ``fake``: the lab's own time, on an engine that reports ten
steps a second and previews but computes nothing. ``demo``: the demo model paints on this machine's processor in the
same process, and torch is imported at the start. The aims: p99 at most 50 ms, and 400 ms during the import.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path
from time import perf_counter

from tests.bench.fake_lab import FakeLab
from tests.bench.first_paint import environ
from tests.bench.pty_child import PtyChild, plain
from tests.tui.log_lines import log_jobs

LETTERS = "QZXJQVXZ"
"""Letters that hardly stand anywhere else on the screen."""
PAUSE = 0.11
"""Seconds between two keys: a quick typist's."""
COUNT = 200


def typed(child: PtyChild, letters: Iterator[str]) -> float:
    """Seconds from a letter to its paint."""
    letter = next(letters)
    before, began = len(child.received), perf_counter()
    child.type(letter.encode())
    child.read_until(lambda data: letter in plain(data[before:]), 10)
    return perf_counter() - began


def walked(child: PtyChild, key: bytes) -> float:
    """Seconds from a key to whatever it paints."""
    before, began = len(child.received), perf_counter()
    child.type(key)
    child.read_until(lambda data: len(data) > before, 10)
    return perf_counter() - began


def many(child: PtyChild, once: Callable[[int], float], count: int = COUNT) -> list[float]:
    """Press keys at a typist's pace."""
    seconds = []
    for index in range(count):
        seconds.append(once(index))
        child.read_for(max(0.01, PAUSE - seconds[-1] + index % 7 / 100))
    return seconds


def tell(what: str, seconds: list[float]) -> None:
    """Print a row."""
    ordered = sorted(1000 * value for value in seconds)
    p50, p99 = ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, int(0.99 * len(ordered)))]
    print(f"{what:<44}{len(ordered):>5} keys  p50 {p50:6.1f}  p99 {p99:6.1f}  max {ordered[-1]:6.1f} ms", flush=True)


def fake() -> None:
    """The lab's own time."""
    letters = cycle(LETTERS)
    with tempfile.TemporaryDirectory() as name:
        log_jobs(Path(name), *[{"prompt": f"a red fox {number}"} for number in range(40)])
        lab = FakeLab(Path(name), "colours=truecolor")
        child = lab.child
        child.read_until(lambda data: "generate 1" in plain(data))
        child.read_for(5, quiet=0.5)
        for _ in range(12):
            child.type(b"\r")
            child.read_until(lambda data: "waiting" in plain(data))
            child.read_for(2, quiet=0.2)
            lab.order("finish")
            child.read_for(5, quiet=0.3)
        tell("fake: typing at rest", many(child, lambda _: typed(child, letters)))
        child.type(b"\r")
        child.read_for(2, quiet=0.3)
        lab.order("start")

        def while_it_works(index: int) -> float:
            lab.order(f"step {index % 12 + 1}")
            if index % 10 == 0:
                lab.order(f"preview {index // 10}")
            return typed(child, letters)

        tell("fake: typing, steps and previews come", many(child, while_it_works))
        child.type(b"\x1b2")
        child.read_for(3, quiet=0.5)
        keys = (b"\x1b[B", b"\x1b[B", b"\x1b[A", b"\x1b[B", b"\x1b[A", b"\x1b[A")
        tell("fake: walking in the gallery", many(child, lambda index: walked(child, keys[index % len(keys)])))
        child.end()


def demo() -> None:
    """With torch in the same process."""
    letters = cycle(LETTERS)
    with tempfile.TemporaryDirectory() as name:
        os.chdir(name)
        child = PtyChild([sys.executable, "-m", "sdxl_tui", "demo"], {**environ(name), "OMP_NUM_THREADS": "1"})
        child.read_until(lambda data: "generate 1" in plain(data), 120)
        tell("demo: typing while torch is imported", many(child, lambda _: typed(child, letters), 60))
        child.read_until(lambda data: "loaded in" in plain(data), 600)
        child.read_for(10, quiet=1)
        child.type(b"\x1be200\r\x1bp")
        before = len(child.received)
        child.read_until(lambda data: "/200" in plain(data[before:]), 60)
        tell("demo: typing while it paints", many(child, lambda _: typed(child, letters)))
        child.end()


def main() -> None:
    """Measure what is asked for."""
    print(f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}")
    for way in sys.argv[1:] or ["fake", "demo"]:
        {"fake": fake, "demo": demo}[way]()


if __name__ == "__main__":
    main()
