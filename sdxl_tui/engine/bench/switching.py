"""Sections: another model in place of the one in use, and many models in turn."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

from sdxl_tui.core.models import Model
from sdxl_tui.core.speeds import FAST
from sdxl_tui.engine.bench.findings import Measured, figure, times_faster
from sdxl_tui.engine.bench.lab import Load
from sdxl_tui.engine.bench.workplace import Workplace

MODELS = 6
SETTLE_SECONDS = 2.0
"""Copies are made and pinned in the background: a switch that is measured waits for that."""
SWITCHES = 6


def switch(place: Workplace) -> Iterator[Measured]:
    """To a model that was in use before, from its copy in VRAM and in host RAM; to one never seen, from its files."""
    first, second = place.model, place.another(2)
    yield _finding(place, "to one seen before", _switches(place, (first, second)))
    with place.lab() as lab:
        lab.load(first)
        fresh = [lab.load(place.another(number)) for number in range(3, 3 + place.plan.repeats)]
    yield _finding(place, "to one never seen", fresh)
    yield _finding(place, "no copies in VRAM", _switches(place, (first, second), keep_vram="0"))


def models(place: Workplace) -> Iterator[Measured]:
    """One picture from each of several models, round and round, over as many from one."""
    shape, rounds = place.plan.queue, place.plan.rounds
    several = [place.model, *(place.another(number) for number in range(2, 1 + MODELS))]
    with place.lab() as lab:
        for model in several:
            lab.run(shape.request(model, FAST))
        time.sleep(SETTLE_SECONDS)
        in_turn = [lab.run(shape.request(model, FAST, seed)).seconds for seed in range(rounds) for model in several]
        lab.run(shape.request(place.model, FAST))
        alone = [lab.run(shape.request(place.model, FAST, seed)).seconds for seed in range(len(in_turn))]
    over = sum(in_turn) / sum(alone)
    yield Measured(
        f"{MODELS} models, {shape.shown}, {FAST}",
        (figure("in turn", "s", in_turn), figure("one model", "s", alone), figure("in turn / one", "x", [over])),
    )


def _switches(place: Workplace, pair: tuple[Model, Model], **changes: Any) -> list[Load]:
    with place.lab(**changes) as lab:
        for model in (*pair, *pair):
            lab.load(model)
            time.sleep(SETTLE_SECONDS if place.device.kind != "cpu" else 0)
        return [lab.load(pair[number % 2]) for number in range(SWITCHES)]


def _finding(place: Workplace, what: str, loads: Sequence[Load]) -> Measured:
    sources = " and ".join(dict.fromkeys(load.source for load in loads))
    switched = figure("switch", "s", [load.seconds for load in loads])
    over = [times_faster(figure("stock load", "s", place.stock_loads), switched)] if place.stock_loads else []
    return Measured(f"{what}, from {sources}", (switched, *over))
