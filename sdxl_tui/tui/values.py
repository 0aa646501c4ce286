"""What is typed into the palette as a name and a value: ``steps 40``, ``size 16:9``, ``model turbo``."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sdxl_tui.core.animation import FEWEST_FRAMES, MOST_FRAMES
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.hires import check_factor
from sdxl_tui.core.modes import MODES
from sdxl_tui.core.names import find_one
from sdxl_tui.core.request import (
    check_side,
    check_whole,
    parse_guidance,
    parse_number,
    parse_seed,
    parse_size,
    parse_whole,
)
from sdxl_tui.core.schedulers import SCHEDULERS
from sdxl_tui.core.speeds import SPEEDS
from sdxl_tui.core.style_sets import find_style
from sdxl_tui.tui import hires_fields
from sdxl_tui.tui.draft import Draft, shown_number, shown_size
from sdxl_tui.tui.shelf import Shelf

NAMES = (
    "steps",
    "guidance",
    "size",
    "batch",
    "seed",
    "strength",
    "larger",
    "frames",
    "variation",
    "mode",
    "style",
    "scheduler",
    "speed",
    "threaded",
    "check",
    "model",
)


@dataclass(frozen=True)
class Asked:
    """A field of the form, and the value it is to take."""

    field: str
    value: str
    shown: str


def read(query: str, draft: Draft, shelf: Shelf) -> Asked | None:
    """Return what a query asks for; None when it does not name a value; raise UserError with what is wrong with it."""
    field, _, text = query.strip().partition(" ")
    field, text = field.casefold(), text.strip()
    if field not in NAMES or not text:
        return None
    match field:
        case "steps":
            return _whole(field, "Steps", text, 1, 200)
        case "batch":
            return _whole(field, "Batch", text, 1, 64)
        case "frames":
            return _whole(field, "Frames", text, FEWEST_FRAMES, MOST_FRAMES)
        case "guidance":
            return _guidance(text)
        case "larger":
            return _factor(text)
        case "strength" | "variation":
            return _share(field, text)
        case "size":
            return _size(text, draft)
        case "seed":
            seed = parse_seed(text.casefold())
            if seed is not None:
                check_whole("Seed", seed, 0, 2**32 - 1)
            return Asked(field, "" if seed is None else str(seed), "random" if seed is None else str(seed))
        case "mode":
            names = {key: mode.name for key, mode in MODES.items()}
        case "style":
            style = find_style(text, shelf.styles)
            return Asked(field, style.id, style.name)
        case "speed":
            names = {word: word for word in SPEEDS}
        case "threaded":
            names = {word: word for word in ("off", "on")}
        case "check":
            check = find_one(text, {word: word for word in ("off", "on")}, "memory check")
            return Asked("vram_check", check, check)
        case "scheduler":
            names = {key: row.name for key, row in SCHEDULERS.items()}
        case _:
            names = {model.id: model.name for model in shelf.models.values()}
    chosen = find_one(text, names, field)
    return Asked(field, chosen, names[chosen])


def _whole(field: str, name: str, text: str, lowest: int, highest: int) -> Asked:
    number = parse_whole(name, text)
    check_whole(name, number, lowest, highest)
    return Asked(field, str(number), str(number))


def _guidance(text: str) -> Asked:
    number = parse_guidance(text.replace(",", "."))
    if not 0 <= number <= 50:
        raise UserError("Guidance goes from 0 to 50.")
    return Asked("guidance", shown_number(number), shown_number(number))


def _factor(text: str) -> Asked:
    if text.casefold() == hires_fields.OFF:
        return Asked(hires_fields.FACTOR, "", hires_fields.OFF)
    factor = parse_number("Hires factor", text.casefold().rstrip("x×").replace(",", "."), "1.5")
    check_factor(factor)
    return Asked(hires_fields.FACTOR, f"{factor:g}", f"{factor:g}x")


def _share(field: str, text: str) -> Asked:
    name = field.capitalize()
    share = parse_number(name, text.replace(",", "."), "0.6")
    if not 0 <= share <= 1 or (field == "strength" and share == 0):
        raise UserError(f"{name} goes from {'above 0' if field == 'strength' else '0'} to 1.")
    return Asked(field, f"{share:g}", f"{share:g}")


def _size(text: str, draft: Draft) -> Asked:
    """A size in pixels, or the model's own size that is nearest to an aspect."""
    if aspect := re.fullmatch(r"(\d{1,4}(?:\.\d+)?)\s*:\s*(\d{1,4}(?:\.\d+)?)", text):
        across, down = float(aspect[1]), float(aspect[2])
        if not across or not down:
            raise UserError(f"'{text}' is no aspect; 16:9 is one.")
        sizes = [parse_size(size) for size in draft.sizes()]
        width, height = min(sizes, key=lambda size: abs(size[0] * down / (size[1] * across) - 1))
    else:
        width, height = parse_size(text)
        check_side("Width", width)
        check_side("Height", height)
    return Asked("size", shown_size(width, height), shown_size(width, height))
