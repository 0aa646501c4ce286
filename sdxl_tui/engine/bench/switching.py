"""Sections: another model in place of the one in use, and many models in turn."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.models import Model
from sdxl_tui.core.settings import Settings
from sdxl_tui.core.speeds import FAST
from sdxl_tui.engine.bench.findings import Finding, figure
from sdxl_tui.engine.bench.workplace import Workplace

MODELS = 6
COPIES_SETTING = "vram_budget"
"""With 0 no copies of weights stay in VRAM, beside those in use."""
SETTLE_SECONDS = 3.0
"""Copies are made and pinned in the background: a switch that is measured waits for that."""
SWITCHES = 6


def switch(place: Workplace) -> Iterator[Finding]:
    """To a model that was in use before, from its copy in VRAM and in host RAM; to one never seen, from its files."""
    first, second = place.model, place.another(2)
    yield Finding("to one seen before, all room given", (figure("switch", "s", _switches(place, (first, second))),))
    with place.lab() as lab:
        lab.load(first)
        seconds = [lab.load(place.another(number)) for number in range(3, 3 + place.plan.repeats)]
    yield Finding("to one never seen, page cache warm", (figure("switch", "s", seconds),))
    if COPIES_SETTING not in {field.name for field in fields(Settings)}:
        raise UserError(f"From host RAM: not available, there is no setting {COPIES_SETTING}.")
    in_host_ram = _switches(place, (first, second), **{COPIES_SETTING: 0})
    yield Finding("to one seen before, no copies in VRAM", (figure("switch", "s", in_host_ram),))


def models(place: Workplace) -> Iterator[Finding]:
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
    yield Finding(
        f"{MODELS} models, {shape.shown}, {FAST}",
        (figure("in turn", "s", in_turn), figure("one model", "s", alone), figure("in turn / one", "x", [over])),
    )


def _switches(place: Workplace, pair: tuple[Model, Model], **changes: Any) -> list[float]:
    with place.lab(**changes) as lab:
        for model in (*pair, *pair):
            lab.load(model)
            time.sleep(SETTLE_SECONDS if place.device.kind != "cpu" else 0)
        return [lab.load(pair[number % 2]) for number in range(SWITCHES)]
