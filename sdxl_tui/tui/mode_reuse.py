"""What a line of the log says about its mode, in the texts of the form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sdxl_tui.core.animation import EASINGS, FEWEST_FRAMES, MOST_FRAMES, MOTIONS
from sdxl_tui.core.modes import MODES, TXT2IMG
from sdxl_tui.core.prompt_syntax import A1111, SYNTAXES
from sdxl_tui.core.request import MAX_SEED, MOST_MASK_BLUR
from sdxl_tui.core.text import one_line
from sdxl_tui.tui.mode_fields import DEFAULTS, SEED_GAP

Record = Mapping[str, Any]


def read_mode(record: Record) -> tuple[dict[str, str], list[str]]:
    """Return the mode and its fields as the form writes them, and a sentence for each that cannot be used here.

    A line without a mode is text to image, as the old lab's are, and one without a syntax is of ours. A picture that is
    not there any more is still named: the form says so.
    """
    mode = str(record.get("mode") or TXT2IMG)
    if mode not in MODES:
        return {"mode": TXT2IMG}, [f"The mode {one_line(mode)} is not known here, so it is text to image."]
    syntax = str(record.get("prompt_syntax") or A1111)
    values = {"mode": mode, "prompt_syntax": syntax if syntax in SYNTAXES else A1111}
    problems = []
    for name in MODES[mode].fields:
        logged = record.get(name)
        value = DEFAULTS[name] if logged is None else _READERS[name](logged)
        if value is None:
            problems.append(f"Its {name.replace('_', ' ')} {one_line(str(logged))} cannot be used here.")
        else:
            values[name] = value
    return values, problems


def _path(value: object) -> str | None:
    return value if isinstance(value, str) and "\0" not in value and Path(value).is_absolute() else None


def _number(lowest: float, highest: float) -> Callable[[object], str | None]:
    def read(value: object) -> str | None:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not lowest <= value <= highest:
            return None
        return f"{value:g}"

    return read


def _one_of(names: Mapping[str, object]) -> Callable[[object], str | None]:
    return lambda value: value if isinstance(value, str) and value in names else None


def _seeds(value: object) -> str | None:
    if not isinstance(value, list):
        return None
    seeds = [seed for seed in value if isinstance(seed, int) and not isinstance(seed, bool) and 0 <= seed <= MAX_SEED]
    return SEED_GAP.join(map(str, seeds)) if len(seeds) == len(value) else None


def _prompts(value: object) -> str | None:
    if not isinstance(value, list) or not all(isinstance(prompt, str) for prompt in value):
        return None
    return "\n".join(one_line(prompt).strip() for prompt in value)


_READERS: dict[str, Callable[[Any], str | None]] = {
    "init_image": _path,
    "strength": _number(0.0001, 1),
    "mask_image": _path,
    "mask_blur": _number(0, MOST_MASK_BLUR),
    "frames": _number(FEWEST_FRAMES, MOST_FRAMES),
    "motion": _one_of(MOTIONS),
    "variation": _number(0, 1),
    "easing": _one_of(EASINGS),
    "end_seeds": _seeds,
    "end_prompts": _prompts,
}
