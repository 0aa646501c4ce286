"""The fields of the form that not every mode has: their defaults as text, and the request's fields made of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from sdxl_tui.core import animation
from sdxl_tui.core.modes import ANIMATE_STEPS, MODES
from sdxl_tui.core.prompt_syntax import A1111
from sdxl_tui.core.request import DEFAULT_MASK_BLUR, DEFAULT_STRENGTH, parse_number, parse_seed, parse_whole

DEFAULTS = {
    "init_image": "",
    "strength": f"{DEFAULT_STRENGTH:g}",
    "mask_image": "",
    "mask_blur": str(DEFAULT_MASK_BLUR),
    "frames": str(animation.DEFAULT_FRAMES),
    "motion": animation.LIGHT,
    "variation": f"{animation.DEFAULT_VARIATION:g}",
    "easing": "linear",
    "end_seeds": "",
    "end_prompts": "",
    "prompt_syntax": A1111,
}
PATHS = ("init_image", "mask_image")
SYNTAX_NAMES = {"a1111": "weights", "plain": "plain"}
EASING_NAMES = {name: name.replace("_", " ") for name in animation.EASINGS}
SEED_GAP = ", "


def request_fields(mode: str, text: Callable[[str], str]) -> dict[str, Any]:
    """Return a mode's own fields of the request; raise UserError for the first text that is no value.

    ``text`` gives a field as the form shows it. What the form does not show for a motion is not sent.
    """
    fields = {name: _READERS[name](text(name)) for name in MODES[mode].fields}
    if mode == ANIMATE_STEPS:
        shown = motion_fields(fields["motion"])
        fields |= {name: () for name in ("end_seeds", "end_prompts") if name not in shown}
    return fields


def motion_fields(motion: str) -> tuple[str, ...]:
    """The fields that have a meaning for a motion."""
    if motion == animation.LIGHT:
        return ("variation",)
    return ("easing", "end_seeds", "end_prompts") if motion == animation.LATENT else ("easing", "end_prompts")


def read_path(text: str) -> Path | None:
    """The file that a text names; None for no text."""
    if not text.strip():
        return None
    try:
        return Path(text).expanduser()
    except RuntimeError:  # a user that is not there
        return Path(text)


def pasted_path(text: str) -> str:
    """A path as it is pasted or dropped into a terminal, without its quotes, its escapes and its ``file://``."""
    text = text.strip("\r\n ")
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1]
    if text.startswith("file://"):
        return unquote(urlsplit(text).path)
    return re.sub(r"\\([ ()'&\[\]])", r"\1", text)


def read_seeds(text: str) -> tuple[int | None, ...]:
    """The seeds of ``7, random``; raise UserError when one is none."""
    return tuple(parse_seed(seed) for seed in text.split(",") if seed.strip())


def read_lines(text: str) -> tuple[str, ...]:
    """The prompts of a text that has one in each line."""
    return tuple(line.strip() for line in text.split("\n") if line.strip())


_READERS: dict[str, Callable[[str], Any]] = {
    "init_image": read_path,
    "strength": lambda text: parse_number("Strength", text, "0.6"),
    "mask_image": read_path,
    "mask_blur": lambda text: parse_whole("Mask blur", text),
    "frames": lambda text: parse_whole("Frames", text),
    "motion": str,
    "variation": lambda text: parse_number("Variation", text, "0.3"),
    "easing": str,
    "end_seeds": read_seeds,
    "end_prompts": read_lines,
}
