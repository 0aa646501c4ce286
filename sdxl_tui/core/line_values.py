"""The values of a line of a file of jobs: of the kind that each key has, or refused by name; nothing is rounded."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.hires import DEFAULT_FACTOR, DEFAULT_METHOD, default_strength
from sdxl_tui.core.lora_tags import LoraUse, parse_use
from sdxl_tui.core.plans import plan_of
from sdxl_tui.core.request import parse_number, parse_seed, parse_whole
from sdxl_tui.core.words import named

OTHERWISE_NAMED = {
    "negative": "negative_prompt",
    "guidance": "guidance_scale",
    "cfg": "guidance_scale",
    "cfg_scale": "guidance_scale",
    "sampler": "scheduler",
    "batch": "batch_size",
    "size": "width' and 'height",
    "mask": "mask_image",
    "image": "init_image",
    "lora": "loras",
    "end_seed": "end_seeds",
    "end_prompt": "end_prompts",
}
"""What other programs and the command line call a key -> what a log line calls it."""


def checked(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a line whose values have their kinds; raise UserError that names the key of one that cannot have it."""
    for key in record:
        if known := OTHERWISE_NAMED.get(key):
            raise UserError(f"'{key}' is called '{known}' in a log line: change it.")
    return {key: KINDS[key](key, value, record) if key in KINDS else value for key, value in record.items()}


def whole_hires(given: Mapping[str, Any], steps: int) -> dict[str, Any]:
    """Return what a line says under ``hires`` with what it leaves out; ``steps``: those of the first pass."""
    steps = steps if given.get("steps") is None else given["steps"]
    strength = given.get("strength")
    strength = default_strength(given["method"], steps) if strength is None else strength
    return {**given, "steps": steps, "strength": strength}


def _text(key: str, value: Any, record: Mapping[str, Any]) -> str:
    if not isinstance(value, str):
        raise UserError(f"'{key}' must be a text in quotes, not {named(value)}.")
    return value


def _whole(key: str, value: Any, record: Mapping[str, Any]) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return parse_whole(f"'{key}'", _written(value))


def _number(key: str, value: Any, record: Mapping[str, Any]) -> float:
    number = parse_number(f"'{key}'", _written(value), "0.5")
    if not math.isfinite(number):
        raise UserError(f"'{key}' must be a number such as 0.5, not '{named(value)}'.")
    return number


def _seed(key: str, value: Any, record: Mapping[str, Any]) -> int:
    seed = parse_seed(_written(value))
    return -1 if seed is None else seed


def _switch(key: str, value: Any, record: Mapping[str, Any]) -> bool:
    if not isinstance(value, bool):
        raise UserError(f"'{key}' must be true or false, not {named(value)}.")
    return value


def _end_seeds(key: str, value: Any, record: Mapping[str, Any]) -> list[int]:
    return [_seed(key, seed, record) for seed in _list(key, value)]


def _end_prompts(key: str, value: Any, record: Mapping[str, Any]) -> list[str]:
    return [_text(key, prompt, record) for prompt in _list(key, value)]


def _hires(key: str, value: Any, record: Mapping[str, Any]) -> dict[str, Any]:
    given = dict(value) if isinstance(value, Mapping) else {"factor": value}
    given["factor"] = _number("hires factor", given.get("factor", DEFAULT_FACTOR), record)
    given["method"] = _text("hires method", given.get("method") or DEFAULT_METHOD, record)
    if given.get("steps") is not None:
        given["steps"] = _whole("hires steps", given["steps"], record)
    if given.get("strength") is not None:
        given["strength"] = _number("hires strength", given["strength"], record)
    return given


def _loras(key: str, value: Any, record: Mapping[str, Any]) -> list[dict[str, object]]:
    return [_lora(entry) for entry in _list(key, value)]


def _lora(entry: Any) -> dict[str, object]:
    if isinstance(entry, str):
        return parse_use(entry).as_log()
    if not isinstance(entry, Mapping) or not isinstance(entry.get("name"), str):
        raise UserError(f'\'loras\' holds {named(entry)}: write "name:0.8", or {{"name": …, "weight": …}}.')
    weight = _number("weight", entry.get("weight", 1.0), entry)
    on_text = entry.get("text_weight")
    on_text = None if on_text is None else _number("text_weight", on_text, entry)
    return {**entry, **LoraUse(entry["name"], weight, on_text, entry.get("in_prompt") is True).as_log()}


def _plan(key: str, value: Any, record: Mapping[str, Any]) -> Any:
    try:
        plan_of(value)
    except (TypeError, ValueError) as error:
        raise UserError(f"'{key}' is {named(value)}: write an object as log lines have it.") from error
    return value


def _list(key: str, value: Any) -> Sequence[Any]:
    if not isinstance(value, list):
        raise UserError(f"'{key}' must be a list in […], not {named(value)}.")
    return value


def _written(value: Any) -> str:
    """A number as text; what is none stays visible in the sentence that refuses it."""
    return value if isinstance(value, str) else named(value)


KINDS: dict[str, Callable[[str, Any, Mapping[str, Any]], Any]] = {
    **dict.fromkeys(
        ("model", "mode", "prompt", "negative_prompt", "styled_prompt", "styled_negative_prompt", "style"), _text
    ),
    **dict.fromkeys(("scheduler", "scheduler_choice", "speed", "prompt_syntax", "motion", "easing"), _text),
    **dict.fromkeys(("init_image", "mask_image", "prompt_template", "negative_prompt_template"), _text),
    **dict.fromkeys(("steps", "width", "height", "batch_size", "mask_blur", "frames"), _whole),
    **dict.fromkeys(("guidance_scale", "strength", "variation"), _number),
    "seed": _seed,
    "threaded": _switch,
    "end_seeds": _end_seeds,
    "end_prompts": _end_prompts,
    "hires": _hires,
    "loras": _loras,
    "plan": _plan,
}
"""Key of a line -> what makes its value one of its kind."""
