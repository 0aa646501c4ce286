"""How the card's meter is put into words: pure functions from what was read to parts of rows."""

from __future__ import annotations

import re

from sdxl_tui.core.text import one_line
from sdxl_tui.core.vram import GIB, gib
from sdxl_tui.engine import CardRead
from sdxl_tui.tui.lab_state import LabState
from sdxl_tui.tui.widgets.words import Part

MAKERS = re.compile(r"^(NVIDIA|Tesla|Quadro|GeForce)\s+", re.IGNORECASE)
DETAILS = re.compile(r"[\s-](?:\d+\s?GB|SXM\d*|PCIe|HBM\d\w*|NVL|Generation|Laptop|GPU).*?(?= MIG|$)", re.IGNORECASE)
LONGEST_NAME = 14
MOST_BAR, LEAST_BAR = 20, 6
FREE_CELLS = len("123 GiB free ")
SENSOR_CELLS = len("  100% 100° 1000W ")
GROWTH = 4 * GIB
"""What others must have taken since the last job for it to be said."""


def few_gib(size: int) -> str:
    """A number of GiB in three cells: `` 54``, ``9.6``."""
    return gib(size) if size < 9.95 * GIB else f"{size / GIB:3.0f}"


def short_name(name: str) -> str:
    """A card's name as people say it: ``H100`` of ``NVIDIA H100 80GB HBM3``."""
    short = one_line(name).strip()
    while (without := MAKERS.sub("", short)) != short:
        short = without
    short = DETAILS.sub("", short).strip() or one_line(name).strip()
    return short if len(short) <= LONGEST_NAME else short[: LONGEST_NAME - 1] + "…"


def card_parts(state: LabState, room: int) -> list[Part]:
    """The card with its bar, ours before the others', and what is free; the processor where there is no card.

    How many cells that takes depends on the window and the card's name alone: nothing shifts when a figure changes.
    """
    read = state.meter
    if read is None:
        device = one_line(state.device)
        wanted = [f"no GPU: {device} ", f"{device} "] if device.startswith("CPU") else [f"{device} "] if device else []
        return next(([(text, "soft")] for text in wanted if len(text) <= room), [])
    free: list[Part] = [(few_gib(read.card.free), "strong"), (" GiB free ", "muted")]
    name = short_name(state.device) or "GPU"
    bar = min(MOST_BAR, room - FREE_CELLS - len(name) - 2)
    if bar >= LEAST_BAR:
        return [(f"{name} ", "soft"), *bar_parts(read, bar), (" ", ""), *free]
    return free if room >= FREE_CELLS else []


def bar_parts(read: CardRead, width: int) -> list[Part]:
    """The card's memory as a bar; whoever has any of it has a cell at least."""
    card = read.card
    ours = _cells(card.ours, card.total, width)
    others = min(_cells(card.others, card.total, width), width - ours)
    parts = [("━" * ours, "accent"), ("╍" * others, "muted"), ("─" * (width - ours - others), "track")]
    return [(text, kind) for text, kind in parts if text]


def folded_parts(read: CardRead | None) -> tuple[list[Part], list[Part]] | None:
    """What is free, for a header of one row: in full, and in five cells."""
    if read is None:
        return None
    number: Part = (few_gib(read.card.free), "strong")
    return [("  ", ""), number, (" GiB free", "muted")], [(" ", ""), number, ("G", "muted")]


def sensor_parts(read: CardRead | None) -> list[Part]:
    """Load, heat and power, each in its own cells; what the driver does not say is blank."""
    if read is None or read.load is read.temperature is read.watts is None:
        return []
    figures = ((read.load, "%", 5), (read.temperature, "°", 4), (read.watts, "W", 5))
    shown = "".join(f"{'' if value is None else f'{value}{unit}':>{cells}}" for value, unit, cells in figures)
    return [(f"{shown:>{SENSOR_CELLS - 1}} ", "soft")]


def others_sentence(before: int, read: CardRead) -> str:
    """What to know when others took much of the card; empty: they did not."""
    took = read.card.others - before
    if took < GROWTH:
        return ""
    return f"Others took {took / GIB:.0f} GiB since the last job; {read.card.free / GIB:.0f} GiB are free now."


def _cells(size: int, total: int, width: int) -> int:
    """A share of the bar, rounded; more than nothing is more than no cell."""
    if total <= 0 or size < total / 1000:
        return 0
    return min(width, max(1, round(size * width / total)))
