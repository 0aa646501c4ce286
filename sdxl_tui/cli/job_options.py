"""What the command line sets for every line of a file of jobs, as keys of a log line."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sdxl_tui.cli.hires_options import NEED_FACTOR
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.lora_tags import parse_use
from sdxl_tui.core.prompt_syntax import PLAIN
from sdxl_tui.core.request import parse_guidance, parse_number, parse_seed, parse_size, parse_whole


def options_of(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the keys that the options set; raise UserError for a value that is none, or for hires without a factor."""
    options = {key: read(value) for key, (option, read) in KEYS.items() if (value := getattr(arguments, option))}
    if arguments.size is not None:
        options["width"], options["height"] = parse_size(arguments.size)
    if arguments.plain_prompt:
        options["prompt_syntax"] = PLAIN
    if arguments.hires is not None:
        options["hires"] = {
            "factor": parse_number("Hires factor", arguments.hires, "1.5"),
            "method": arguments.hires_method,
            "steps": arguments.hires_steps,
            "strength": arguments.hires_strength,
        }
    for option in NEED_FACTOR if arguments.hires is None else ():
        if getattr(arguments, option) is not None:
            raise UserError(f"--{option.replace('_', '-')} says nothing without --hires: add it.")
    return options


def _whole(name: str) -> Callable[[str], int]:
    return lambda text: parse_whole(name, text)


def _number(name: str) -> Callable[[str], float]:
    return lambda text: parse_number(name, text, "0.5")


def _seed(text: str) -> int:
    seed = parse_seed(text)
    return -1 if seed is None else seed


def _path(text: str) -> str:
    return str(Path(text).expanduser().absolute())


KEYS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "model": ("model", str),
    "negative_prompt": ("negative", str),
    "style": ("style", str),
    "scheduler_choice": ("scheduler", str),
    "steps": ("steps", _whole("Steps")),
    "guidance_scale": ("guidance", parse_guidance),
    "batch_size": ("batch", _whole("Batch")),
    "seed": ("seed", _seed),
    "speed": ("speed", str),
    "loras": ("lora", lambda uses: [parse_use(use).as_log() for use in uses]),
    "init_image": ("init_image", _path),
    "strength": ("strength", _number("Strength")),
    "mask_image": ("mask", _path),
    "mask_blur": ("mask_blur", _whole("Mask blur")),
    "frames": ("frames", _whole("Frames")),
    "motion": ("motion", str),
    "variation": ("variation", _number("Variation")),
    "easing": ("easing", str),
    "end_seeds": ("end_seed", lambda seeds: [_seed(seed) for seed in seeds]),
    "end_prompts": ("end_prompt", list),
}
"""Key of a log line -> the option that sets it, and what makes a value of its text."""
