"""Section: how late the main thread's event loop is while the engine's thread works."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Callable, Iterator

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.models import Model
from sdxl_tui.core.speeds import FAST
from sdxl_tui.engine.bench.findings import Figure, Measured, figure
from sdxl_tui.engine.bench.lab import BenchLab
from sdxl_tui.engine.bench.workplace import Workplace
from sdxl_tui.engine.events import JobDone, JobFailed, ModelFailed, ModelLoaded

TICK_SECONDS = 0.005
SWITCHES = 20


def screen(place: Workplace) -> Iterator[Measured]:
    """How much later than asked for a timer of 5 ms fires: while nothing runs, while it generates, loads, switches."""
    first, second = place.model, place.another(2)
    request = place.plan.one.request(first, FAST)
    with place.lab() as lab:
        lab.load(first)
        lab.run(request)
        yield _finding("idle", asyncio.run(_lags(_ticks(100))))
        lab.engine.submit(request)
        yield _finding("generating", asyncio.run(_lags(_told(lab, 1))))
        lab.engine.load(second)
        yield _finding("loading", asyncio.run(_lags(_told(lab, 1))))
        pair: tuple[Model, Model] = (first, second)
        for number in range(SWITCHES):
            lab.engine.load(pair[number % 2])
        yield _finding("switching", asyncio.run(_lags(_told(lab, SWITCHES))))


async def _lags(over: Callable[[], bool]) -> list[float]:
    """Milliseconds by which each tick comes too late, until it is over."""
    lags = []
    while not over():
        began = time.perf_counter()
        await asyncio.sleep(TICK_SECONDS)
        lags.append(1000 * (time.perf_counter() - began - TICK_SECONDS))
    return lags


def _ticks(count: int) -> Callable[[], bool]:
    left = iter(range(count))
    return lambda: next(left, None) is None


def _told(lab: BenchLab, count: int) -> Callable[[], bool]:
    """Whether that many jobs or loads have ended by now; raises UserError when one failed."""
    ended = 0

    def over() -> bool:
        nonlocal ended
        while (event := lab.next_report()) is not None:
            if isinstance(event, (JobFailed, ModelFailed)):
                raise UserError(event.reason)
            ended += isinstance(event, (JobDone, ModelLoaded))
        return ended >= count

    return over


def _finding(what: str, lags: list[float]) -> Measured:
    lags = lags or [0.0]
    ordered = sorted(lags)
    p99 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    return Measured(what, (_value("p50", statistics.median(lags)), _value("p99", p99), _value("most", ordered[-1])))


def _value(name: str, milliseconds: float) -> Figure:
    return figure(name, "ms", [milliseconds])
