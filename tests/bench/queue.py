"""Milliseconds from a key to its paint on the queue's screen, and bytes of a step, with many jobs that wait.

Run by hand: ``python -m tests.bench.queue [JOBS]`` (1,000 unless said otherwise). Keys go through the real screen with
an engine that only keeps its queue, at 120x40; bytes are read from a pseudo-terminal. ``python -m tests.bench.queue lab
FOLDER JOBS`` opens that lab in a terminal: each line on FOLDER/orders is a ``step N`` or a ``finish``.
"""

from __future__ import annotations

import logging
import os
import statistics
import sys
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from sdxl_tui.core import joblog
from sdxl_tui.core.check import ModelReport
from sdxl_tui.core.index import Index
from sdxl_tui.core.models import CATALOGUE, DEMO, Model
from sdxl_tui.core.request import GenerationRequest
from sdxl_tui.core.schedulers import DEFAULT
from sdxl_tui.core.settings import Settings
from sdxl_tui.core.styles import NONE, Style
from tests.bench.first_paint import environ
from tests.bench.pty_child import PtyChild, plain

KEY_GOAL, STEP_GOAL = 50, 500
"""Milliseconds of a key, and bytes of a step."""
REPEATS = 9
QUIET = 0.25
KEYS: dict[str, tuple[bytes, bytes]] = {
    "down": (b"j", b""),
    "page down": (b"\x1b[6~", b""),
    "+: one later": (b"+", b""),
    "-: one earlier": (b"-", b""),
    "d: double": (b"d", b""),
    "x: cancel": (b"x", b""),
    "a: run next": (b"a", b"\x1b[6~"),
    "u: use its settings": (b"u", b""),
    "space: pause, run": (b" ", b""),
    "end": (b"\x1b[F", b"\x1b[H"),
    "/fox: search, and back": (b"/", b"\x1b"),
}
"""What is typed, and what takes it back."""
MODELS = ("stabilityai/stable-diffusion-xl-base-1.0", "SG161222/RealVisXL_V5.0", "cagliostrolab/animagine-xl-4.0", DEMO)
PROMPTS = (
    "a jellyfish lantern adrift in the deep sea, bioluminescent",
    "portrait of a red fox, 85 mm, bokeh, golden hour",
    "castle on a cliff, thick fog, ravens, low sun",
    "a robot turns its head in neon rain",
    "torii gate, cherry blossom storm, ink",
    "glowing mushrooms in the moss, macro",
)
SIZES = ((1024, 1024), (832, 1216), (1344, 768), (768, 768))
STYLE = Style("fantasy", "Dark Fantasy", "", "grimdark, ominous atmosphere, gothic horror", "bright, cheerful, cartoon")


def request(number: int) -> GenerationRequest:
    """One of many different jobs."""
    width, height = SIZES[number % len(SIZES)]
    return GenerationRequest(
        model=CATALOGUE[MODELS[number // 3 % len(MODELS)]],
        prompt=PROMPTS[number % len(PROMPTS)],
        negative_prompt="people, text",
        style=STYLE,
        scheduler=DEFAULT,
        steps=28 + number % 8,
        guidance_scale=6.0,
        width=width,
        height=height,
        batch_size=(1, 4, 8)[number % 3],
    )


def ready(model: Model) -> ModelReport:
    """Every model can be used."""
    return ModelReport(model, "ready", (), None, "", 0, {})


def make_app(folder: Path) -> Any:
    """A lab whose engine does nothing but keep its queue."""
    from sdxl_tui.tui.app import LabApp
    from sdxl_tui.tui.shelf import Shelf
    from tests.tui.fake_engine import FakeEngine

    settings = Settings(output_dir=folder, log_dir=folder)
    shelf = Shelf(dict(CATALOGUE), {NONE: Style(NONE, "None / Raw")}, [], ready)
    return LabApp(settings, CATALOGUE[DEMO], "a red fox", shelf=shelf, engine_factory=FakeEngine)  # type: ignore[arg-type]


def fill(app: Any, jobs: int) -> Any:
    """Let one job run and so many wait; return the one that runs."""
    engine = app.rooms.desk.engine
    app.rooms.state.pace.learn((MODELS[0], 1024, 1024), 0.04)
    for number in range(jobs + 1):
        job = engine.new_job(request(number))
        engine.let_restore(replace(job, id=f"{job.id[:16]}{number:06x}"))
    first = engine.waiting[0]
    engine.let_start(first)
    engine.let_step(first, 3)
    return first


def write_today(folder: Path, jobs: int) -> None:
    """Log jobs that ended today."""
    from datetime import datetime

    from sdxl_tui.core.job import queued

    now = datetime.now().astimezone().isoformat(timespec="milliseconds")
    for number in range(jobs):
        status = "failed" if number % 9 == 4 else "cancelled" if number % 9 == 7 else "done"
        error = "Out of memory, also as 4 + 4: 1152×1152 would fit; the next job runs." if status == "failed" else None
        ended = {"status": status, "finished": now, "seconds": 5.61, "error": error, "outputs": []}
        joblog.append(folder, {**queued(request(number), folder).as_log(), **ended})


def lab(folder: Path, jobs: int) -> None:
    """Run it in this terminal."""
    app = make_app(folder)

    def orders() -> None:
        first = None
        with (folder / "orders").open(encoding="utf-8") as pipe:
            for order in pipe:
                engine = app.rooms.desk.engine
                match order.split():
                    case ["fill"]:
                        first = fill(app, jobs)
                    case ["step", step]:
                        engine.let_step(first, int(step))
                    case ["finish"]:
                        engine.let_finish(first)
                        first = engine.waiting[0]
                        engine.let_start(first)

    threading.Thread(target=orders, daemon=True).start()
    app.run()


class Bench:
    """The lab on its terminal, with its queue's screen open, and the way to its engine."""

    def __init__(self, folder: Path, jobs: int) -> None:
        os.mkfifo(folder / "orders")
        command = [sys.executable, "-m", "tests.bench.queue", "lab", str(folder), str(jobs)]
        self.child = PtyChild(command, environ(str(folder)))
        self._orders = (folder / "orders").open("w", buffering=1, encoding="utf-8")
        self.child.read_until(lambda data: "generate 1" in plain(data))
        self.child.read_for(10, quiet=1.0)
        self.order("fill")
        self.child.read_for(30, quiet=1.0)
        self.child.type(b"\x1b3")
        self.child.read_until(lambda data: "waiting" in plain(data))
        self.child.read_for(10, quiet=2.5)

    def order(self, what: str) -> None:
        """Let the engine do something."""
        self._orders.write(what + "\n")

    def key(self, key: bytes) -> tuple[float, int]:
        """Seconds from a key to the first bytes of its paint, and how many bytes there are of it."""
        before, began = len(self.child.received), time.perf_counter()
        self.child.type(key)
        self.child.read_until(lambda data: len(data) > before, 5)
        first = time.perf_counter() - began
        self.child.read_for(5, quiet=QUIET)
        return first, len(self.child.received) - before

    def step(self, number: int) -> int:
        """Bytes of a step."""
        before = len(self.child.received)
        self.order(f"step {number}")
        self.child.read_until(lambda data: len(data) > before, 5)
        self.child.read_for(2, quiet=QUIET)
        return len(self.child.received) - before


def main(jobs: int) -> None:
    """Print all figures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "pictures"
        folder.mkdir()
        os.environ["SDXL_TUI_HOME"] = str(Path(name) / "home")
        write_today(folder, jobs)
        logging.disable()
        Index(folder).follow()
        print(f"{jobs:,} jobs wait, {jobs:,} ended today")
        bench = Bench(folder, jobs)
        bench.key(b"g")
        for key, (typed, back) in KEYS.items():
            seconds, sizes = [], []
            for _ in range(REPEATS):
                first, size = bench.key(typed)
                seconds.append(1000 * first)
                sizes.append(size)
                if back:
                    bench.key(back)
            middle, longest = statistics.median(seconds), max(seconds)
            bytes_ = statistics.median(sizes)
            print(f"{key:<26}{middle:>6.1f} ms, longest {longest:>6.1f} (goal {KEY_GOAL}){bytes_:>9,.0f} bytes")
        bench.key(b"g")
        steps = [bench.step(number) for number in range(4, 24)]
        print(f"a step: {statistics.median(steps):.0f} bytes, most {max(steps)} (goal {STEP_GOAL})")
        bench.child.read_for(5, quiet=1.0)
        print(f"idle for 5 s: {len(bench.child.read_for(5))} bytes (goal 0)")
        bench.child.end()


if __name__ == "__main__":
    if sys.argv[1:2] == ["lab"]:
        lab(Path(sys.argv[2]), int(sys.argv[3]))
    else:
        main(int(sys.argv[1].replace(",", "")) if len(sys.argv) > 1 else 1000)
