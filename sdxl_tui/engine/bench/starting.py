"""Sections: a process from nothing to its pictures, and a load from the page cache."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.speeds import EXACT, FAST
from sdxl_tui.engine.bench.findings import Measured, figure, times_faster
from sdxl_tui.engine.bench.timing import give_back_memory, seconds_of
from sdxl_tui.engine.bench.workplace import Workplace


def start(place: Workplace) -> Iterator[Measured]:
    """From the start of a process to its second picture: with no kernels compiled yet, with all of them, and exact."""
    command = [sys.executable, "-m", "sdxl_tui", "--version"]
    shown = [seconds_of(lambda: subprocess.run(command, capture_output=True, check=True)) for _ in range(5)]
    yield Measured("the command itself", (figure("start", "s", shown),))
    kernels = place.folder / "kernels"
    kernels.mkdir(exist_ok=True)
    for what, speed in ((f"{FAST}, no kernels yet", FAST), (f"{FAST}, kernels cached", FAST), (EXACT, EXACT)):
        measured = [_fresh(place, speed, kernels) for _ in range(place.plan.starts)]
        first_over_later = [one["first"] - one["later"] for one in measured]
        yield Measured(
            f"{what}, {place.plan.one.shown}",
            (
                figure("start", "s", [one["started"] for one in measured]),
                figure("load", "s", [one["loaded"] for one in measured]),
                figure("first picture", "s", [one["first"] for one in measured]),
                figure("later picture", "s", [one["later"] for one in measured]),
                figure("first beyond later", "s", first_over_later),
            ),
        )


def load(place: Workplace) -> Iterator[Measured]:
    """From the page cache to a model that can paint, beside stock's ``from_pretrained(...).to(...)``."""
    for files in place.report.weights.values():
        for file in files:
            _read(file)
    stock_seconds, ours = [], []
    with place.stock():
        pass  # What its libraries import at first use is imported now.
    for _ in range(place.plan.repeats):
        stock = place.stock()
        stock_seconds.append(seconds_of(stock.load))
        stock.pipe = None
        give_back_memory()
        with place.lab() as lab:
            lab.wake()
            ours.append(lab.load(place.model).seconds)
    place.stock_loads.extend(stock_seconds)
    stock_figure, our_figure = figure("stock", "s", stock_seconds), figure("lab", "s", ours)
    size = place.report.size_bytes / 2**30
    yield Measured(
        f"{size:.1f} GiB, page cache warm", (stock_figure, our_figure, times_faster(stock_figure, our_figure))
    )
    yield Measured("read", (figure("lab", "GiB/s", [size / seconds for seconds in ours]),))


def _fresh(place: Workplace, speed: str, kernels: Path) -> dict[str, float]:
    told: dict[str, Any] = {
        "model": place.model.id,
        "name": place.model.name,
        "folder": str(place.report.folder),
        "output_dir": str(place.settings.output_dir),
        "device": place.settings.device,
        "shape": asdict(place.plan.one),
        "speed": speed,
        "began": time.time(),
    }
    environ = {**os.environ, "TRITON_CACHE_DIR": str(kernels / "triton"), "SDXL_TUI_HOME": str(kernels)}
    command = [sys.executable, "-m", "sdxl_tui.engine.bench.fresh_process", json.dumps(told)]
    answer = subprocess.run(command, capture_output=True, text=True, env=environ)
    if answer.returncode:
        last = (answer.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise UserError(f"A process of its own ended before its pictures: {last}")
    measured: dict[str, float] = json.loads(answer.stdout.splitlines()[-1])
    return measured


def _read(file: Path) -> None:
    with file.open("rb") as opened:
        while opened.read(2**26):
            pass
