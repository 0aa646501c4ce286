"""Bytes and seconds from a key to its paint, through a pseudo-terminal, beside the design's figures.

Run by hand: ``python -m tests.bench.keys``. The lab runs with an engine that does nothing but what is asked of it here,
at 120x40, in 24 bit, with one picture on the screen.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
import zlib
from pathlib import Path

from tests.bench.first_paint import environ
from tests.bench.pty_child import PtyChild, plain

DESIGN = {
    "a typed letter": (437, 180),
    "tab to the picture": (571, 203),
    "a step (number and bar)": (488, 141),
    "help over the form, and back": (337_000, 65_000),
    "back from models": (200_000, 42_000),
    "idle for 5 s": (0, 0),
}
"""Bytes, and bytes deflated, measured on the drawn screens with stock Textual (tab: with the focus mended)."""

QUIET = 0.25
REPEATS = 9


def lab() -> None:
    """Run the lab on the fake engine; a line on the file that is named last is a step."""
    import threading

    from PIL import Image

    from sdxl_tui.core.models import CATALOGUE, DEMO
    from sdxl_tui.core.settings import Settings
    from sdxl_tui.tui.app import LabApp
    from tests.tui.fake_engine import FakeEngine

    class Painter(FakeEngine):
        def picture(self, size: tuple[int, int], index: int) -> Image.Image:
            """A smooth picture in which every cell differs from the next."""
            round_, rising = Image.radial_gradient("L"), Image.linear_gradient("L")
            return Image.merge("RGB", (round_, rising, rising.rotate(90))).resize(size)

    folder = Path(sys.argv[2])
    app = LabApp(Settings(output_dir=folder), CATALOGUE[DEMO], "a red fox", engine_factory=Painter)  # type: ignore[arg-type]

    def orders() -> None:
        with (folder / "orders").open(encoding="utf-8") as pipe:
            for order in pipe:
                assert app.rooms is not None
                engine = app.rooms.desk.engine
                assert isinstance(engine, FakeEngine)
                job = engine.jobs[-1]
                match order.split():
                    case ["finish"]:
                        engine.let_load(CATALOGUE[DEMO])
                        engine.let_start(job)
                        engine.let_finish(job)
                    case ["start"]:
                        engine.let_start(job)
                    case ["step", step]:
                        engine.let_step(job, int(step))

    threading.Thread(target=orders, daemon=True).start()
    app.run()


class Bench:
    """The lab on its terminal, and the way to its engine."""

    def __init__(self, folder: Path) -> None:
        os.mkfifo(folder / "orders")
        self.child = PtyChild([sys.executable, "-m", "tests.bench.keys", "lab", str(folder)], environ(str(folder)))
        self._orders = (folder / "orders").open("w", buffering=1, encoding="utf-8")

    def order(self, what: str) -> None:
        """Let the engine do something."""
        self._orders.write(what + "\n")

    def settle(self) -> None:
        """Wait until nothing more is painted."""
        self.child.read_for(10, quiet=2 * QUIET)

    def measure(self, *acts: str | bytes) -> tuple[int, int, float]:
        """Bytes, bytes deflated and seconds to the first paint after an act: keys, or an order as a text."""
        total, first = b"", 0.0
        for act in acts:
            before, began = len(self.child.received), time.perf_counter()
            if isinstance(act, str):
                self.order(act)
            else:
                self.child.type(act)
            self.child.read_until(lambda data, before=before: len(data) > before, 5)  # type: ignore[misc]
            first = first or time.perf_counter() - began
            self.child.read_for(5, quiet=QUIET)
            total += self.child.received[before:]
        return len(total), len(zlib.compress(total)), first


def main() -> None:
    """Print a row for each act."""
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(Path(name))
        bench.child.read_until(lambda data: "generate 1" in plain(data))
        bench.settle()
        bench.child.type(b"\r")
        bench.settle()
        bench.order("finish")
        bench.child.read_until(lambda data: "▀▀▀▀" in plain(data))
        bench.settle()
        rows = {"a typed letter": [bench.measure(b"x") for _ in range(REPEATS)], "tab to the picture": []}
        for _ in range(REPEATS):
            rows["tab to the picture"].append(bench.measure(b"\t"))
            bench.measure(b"\x1b[Z")
        bench.child.type(b"\r")
        bench.settle()
        bench.order("start")
        bench.settle()
        rows["a step (number and bar)"] = [bench.measure(f"step {step}") for step in range(1, REPEATS + 1)]
        rows["help over the form, and back"] = [bench.measure(b"\x1bOP", b"\x1b[27u") for _ in range(3)]
        rows["models"], rows["back from models"] = [], []
        for _ in range(4):
            rows["models"].append(bench.measure(b"\x1b6"))
            rows["back from models"].append(bench.measure(b"\x1b1"))
        bench.settle()
        idle = bench.child.read_for(5)
        rows["idle for 5 s"] = [(len(idle), len(zlib.compress(idle)) if idle else 0, 0.0)]
        bench.child.end()
    print(f"{'':<30}{'bytes':>9}{'deflated':>10}{'ms':>7}     design: bytes, deflated")
    for what, values in rows.items():
        size, small, seconds = (statistics.median(column) for column in zip(*values, strict=True))
        drawn = "{:,} / {:,}".format(*DESIGN[what]) if what in DESIGN else "not measured"
        print(f"{what:<30}{size:>9,.0f}{small:>10,.0f}{1000 * seconds:>7.0f}     {drawn}")


if __name__ == "__main__":
    lab() if sys.argv[1:2] == ["lab"] else main()
