"""The fields of the form that say how pictures are made larger by a second pass: texts, and what they mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.hires import DEFAULT_FACTOR, DEFAULT_METHOD, METHODS, MOST_FACTOR, Hires, default_strength, hires_of
from sdxl_tui.core.modes import IMG2IMG, TXT2IMG
from sdxl_tui.core.request import parse_number, parse_whole

FACTOR, METHOD, STRENGTH, STEPS = FIELDS = ("hires", "hires_method", "hires_strength", "hires_steps")
OFF = "off"
MODES = (TXT2IMG, IMG2IMG)
"""The modes whose pictures can be made larger in the same job."""
NAMES = {FACTOR: "larger", METHOD: "larger by", STRENGTH: "larger strength", STEPS: "larger steps"}
LEAST, STEP = 1.5, 0.5
"""Where the arrows begin, and how far they go."""


def defaults(edited: Mapping[str, str], steps: str) -> dict[str, str]:
    """What each field shows that the user left alone; ``steps``: the first pass's."""
    own_steps = edited.get(STEPS, steps)
    number = int(own_steps) if own_steps.isdecimal() else 1
    method = edited.get(METHOD, DEFAULT_METHOD)
    strength = default_strength(method, min(200, number))
    return {FACTOR: OFF, METHOD: DEFAULT_METHOD, STRENGTH: f"{strength:g}", STEPS: steps}


def hires_from(text: Callable[[str], str]) -> Hires | None:
    """Return the second pass that the form means, None for none; raise UserError for the first text that is no value.

    ``text`` gives a field as the form shows it.
    """
    return None if text(FACTOR) == OFF else passed(text)


def passed(text: Callable[[str], str]) -> Hires:
    """Return the second pass that the form would mean if it were not off."""
    factor = DEFAULT_FACTOR if text(FACTOR) == OFF else parse_number("Hires factor", text(FACTOR), "1.5")
    strength = parse_number("Hires strength", text(STRENGTH), "0.4")
    return Hires(factor, text(METHOD), parse_whole("Hires steps", text(STEPS)), strength)


def read(record: Mapping[str, Any]) -> tuple[dict[str, str], list[str]]:
    """Return the fields as a line of the log has them, and a sentence where that cannot be used here."""
    try:
        hires = hires_of(record.get("hires"))
    except (TypeError, ValueError, OverflowError, UserError):
        return {FACTOR: OFF}, ["How it was made larger cannot be used here, so that is off."]
    if hires is None:
        return {FACTOR: OFF}, []
    values = {FACTOR: f"{hires.factor:g}", METHOD: hires.method}
    return {**values, STRENGTH: f"{hires.strength:g}", STEPS: str(hires.steps)}, []


def step_factor(text: str, direction: int) -> str:
    """A factor one step away; nothing, which is off, below the least."""
    try:
        factor = float(text)
    except ValueError:
        return f"{LEAST:g}" if direction > 0 else ""
    stepped = round(factor + direction * STEP, 2)
    return "" if stepped < LEAST else f"{min(MOST_FACTOR, stepped):g}"


METHOD_NAMES = {name: name for name in METHODS}
