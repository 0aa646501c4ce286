"""Seconds from a key to the gallery's rows, over a long jobs.log, through the real screen.

Run by hand: ``python -m tests.bench.gallery [JOBS]`` (100,000 unless said otherwise). The log is indexed before, as it
is from the second start on; each figure is the median of a few, at 120x40 with an engine that does nothing. A figure
includes the painting; ``all`` is when everything that fits is counted, and the last row can be walked to.
"""

from __future__ import annotations

import asyncio
import logging
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from sdxl_tui.core import joblog
from sdxl_tui.core.index import Index
from sdxl_tui.core.models import CATALOGUE, DEMO
from sdxl_tui.core.settings import Settings
from tests.bench.index import FILTER, OPEN, row, write_log

PATIENCE = 50
"""Milliseconds after which a letter is taken for one that looks for the same as before."""
SETTLED = 4
"""Seconds after which the lab's own start is over."""
TYPED = ("fox", "-fox", "unusual", "model:real", "status:failed snow", "kept:no", "since:2026-11-01", "seed:77")


def sort_by_day(log: Path) -> None:
    """Bring the lines into the order in which a lab would have written them."""
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join(sorted(lines, key=lambda line: str((joblog.as_record(line) or {})["timestamp"]))))


async def measure(folder: Path) -> None:
    """Open the gallery, type into it, walk to its ends."""
    from sdxl_tui.tui.app import LabApp
    from tests.tui.fake_engine import FakeEngine

    app = LabApp(Settings(output_dir=folder, log_dir=folder), CATALOGUE[DEMO], engine_factory=FakeEngine)  # type: ignore[arg-type]
    async with app.run_test(size=(120, 40)) as pilot:

        async def until(condition: Callable[[], object]) -> float:
            began = time.perf_counter()
            while not condition():
                await asyncio.sleep(0.001)
            return time.perf_counter() - began

        await until(lambda: app.rooms is not None)
        rooms = app.rooms
        assert rooms is not None
        await asyncio.sleep(SETTLED)
        began = time.perf_counter()
        rooms.open("gallery")
        screen = rooms.screens["gallery"]
        await until(lambda: screen.is_mounted and screen.in_view())  # type: ignore[attr-defined]
        row("opened: the first rows", time.perf_counter() - began, OPEN)
        await until(lambda: screen.roll.is_whole)  # type: ignore[attr-defined]
        row("        all", time.perf_counter() - began)
        await pilot.press("slash")
        for text in TYPED:
            firsts, alls = [], []
            for end in range(1, len(text) + 1):
                line = screen.search_row.input  # type: ignore[attr-defined]
                before, question = screen.roll, screen.finder._question  # type: ignore[attr-defined]
                began = time.perf_counter()
                line.value, line.cursor_position = text[:end], end
                for _ in range(PATIENCE):
                    await asyncio.sleep(0.001)
                    if screen.finder._question != question:  # type: ignore[attr-defined]
                        break
                if screen.finder._question == question:  # type: ignore[attr-defined]
                    continue
                await until(lambda before=before: screen.roll is not before)  # type: ignore[attr-defined]
                firsts.append(time.perf_counter() - began)
                await until(lambda: screen.roll.is_whole)  # type: ignore[attr-defined]
                alls.append(time.perf_counter() - began)
            row(f"filtered: {text}, median / longest of its letters", statistics.median(firsts), FILTER)
            row("", max(firsts), FILTER)
            row("        all, longest", max(alls))
            screen.action_clear_search()  # type: ignore[attr-defined]
            await until(lambda: screen.roll.is_whole and not screen.search_row.input.value)  # type: ignore[attr-defined]
            await pilot.pause(0.3)
        for key in ("end", "home", "comma", "pagedown"):
            began = time.perf_counter()
            await pilot.press(key)
            await until(screen.in_view)  # type: ignore[attr-defined]
            row(f"key {key}", time.perf_counter() - began, FILTER)


def main(jobs: int) -> None:
    """Print all figures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "pictures"
        folder.mkdir()
        os.environ["SDXL_TUI_HOME"] = str(Path(name) / "home")
        write_log(folder, jobs)
        sort_by_day(folder / joblog.NAME)
        logging.disable()
        Index(folder).follow()
        print(f"{jobs:,} jobs")
        asyncio.run(measure(folder))


if __name__ == "__main__":
    main(int(sys.argv[1].replace(",", "")) if len(sys.argv) > 1 else 100_000)
