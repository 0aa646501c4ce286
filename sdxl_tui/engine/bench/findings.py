"""What a run of the bench tells, as it goes on: frozen values."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Figure:
    """One thing, measured once or more often."""

    name: str
    """Of its column: ``stock``, ``fast``."""
    unit: str
    median: float
    lowest: float
    highest: float
    count: int
    """How often it was measured."""


@dataclass(frozen=True)
class Measured:
    """A row: what was measured, and its figures."""

    what: str
    figures: tuple[Figure, ...] = ()
    note: str = ""
    """One sentence, where a figure needs one."""


@dataclass(frozen=True)
class Machine:
    """What the figures hold for; the first that is told."""

    facts: Mapping[str, Any]
    """``device``, ``memory_gib`` (None on a CPU), ``model``, ``quick`` and ``versions``."""
    notes: tuple[str, ...]
    """Sentences on what is not measured here."""


@dataclass(frozen=True)
class SectionBegan:
    """A section is measured now."""

    name: str
    title: str


@dataclass(frozen=True)
class SectionEnded:
    """A section is over."""

    name: str
    seconds: float
    problem: str
    """One sentence on what of it could not be measured, or is not as it should be; empty: all is well."""


BenchEvent = Machine | SectionBegan | Measured | SectionEnded


def figure(name: str, unit: str, samples: Sequence[float]) -> Figure:
    """Return the figure of one or more measurements."""
    return Figure(name, unit, statistics.median(samples), min(samples), max(samples), len(samples))


def times_faster(stock: Figure, ours: Figure) -> Figure:
    """Return how many times as fast as stock ours is: a quotient of medians, and of the spread's ends."""
    return Figure(
        f"{stock.name} / {ours.name}",
        "x",
        stock.median / ours.median,
        stock.lowest / ours.highest,
        stock.highest / ours.lowest,
        min(stock.count, ours.count),
    )
