"""``sdxl-tui show``: the settings inside a picture, of this lab or of another program."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sdxl_tui.cli.printing import padded, print_line, print_record
from sdxl_tui.core.lora_tags import read_log
from sdxl_tui.core.picture_settings import settings_of
from sdxl_tui.core.text import harmless, one_line

LABEL_CELLS = 16

ROWS = (
    ("mode", ("mode",), ""),
    ("prompt", ("prompt",), ""),
    ("negative", ("negative_prompt",), ""),
    ("style", ("style",), ""),
    ("prompt sent", ("styled_prompt",), ""),
    ("negative sent", ("styled_negative_prompt",), ""),
    ("model", ("model_name", "model", "model_revision"), " · "),
    ("scheduler", ("scheduler",), ""),
    ("steps", ("steps",), ""),
    ("guidance", ("guidance_scale",), ""),
    ("size", ("width", "height"), "×"),
    ("larger", ("hires",), ""),
    ("seed", ("seed",), ""),
    ("LoRAs", ("loras",), ""),
    ("picture", ("image_index", "batch_size"), " of "),
    ("speed", ("speed",), ""),
    ("init image", ("init_image",), ""),
    ("init sha256", ("init_image_sha256",), ""),
    ("mask image", ("mask_image",), ""),
    ("mask sha256", ("mask_sha256",), ""),
    ("job", ("job_id", "timestamp"), " · "),
)
"""What it is called, the keys it is made of, and what stands between their values."""

TYPED = {"styled_prompt": "prompt", "styled_negative_prompt": "negative_prompt"}
"""What was sent, and what was typed: told once when they are the same."""

LEFT_TO_JSON = ("schema", "scheduler_choice", "speed_choice", "seeds", "prompt_syntax", "frames", "frame_prompts")
"""Keys that tell a reader nothing more."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "file", metavar="FILE", type=Path, help="a picture of this lab, A1111, ComfyUI, InvokeAI, Fooocus"
    )
    parser.add_argument("--json", action="store_true", help="print the job as a line of jobs.log")


def run(arguments: argparse.Namespace) -> int:
    """Print the settings of a picture."""
    settings = settings_of(arguments.file)
    for note in settings.notes:
        print(f"sdxl-tui: {one_line(note)}", file=sys.stderr)
    if arguments.json:
        print_record(settings.record)
    else:
        for line in settings_lines(settings.record):
            print_line(line)
    return 0


def settings_lines(record: Mapping[str, Any]) -> list[str]:
    """Return the settings of one picture, a label and a value a line; further lines of a value are indented."""
    lines = []
    for label, value in _rows(_of_this_picture(record)):
        first, *further = harmless(value).split("\n")
        lines.append(padded(harmless(label), LABEL_CELLS) + first)
        lines += [" " * LABEL_CELLS + line for line in further]
    return lines


def _of_this_picture(record: Mapping[str, Any]) -> dict[str, Any]:
    """The job's record with this picture's own seed and words, its number counted from 1, and no text told twice."""
    index, seeds, prompts = (record.get(key) for key in ("image_index", "seeds", "frame_prompts"))
    if isinstance(index, int) and isinstance(prompts, list) and 0 <= index < len(prompts):
        record = {**record, "styled_prompt": prompts[index], "batch_size": record.get("frames")}
    shown = {key: value for key, value in record.items() if key not in TYPED or value != record.get(TYPED[key])}
    if uses := read_log(record):
        shown["loras"] = ", ".join(f"{use.name} {use.weights}" for use in uses)
    if isinstance(index, int):
        shown["image_index"] = index + 1
        if isinstance(seeds, list) and 0 <= index < len(seeds):
            shown["seed"] = seeds[index]
    return shown


def _rows(record: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for label, keys, between in ROWS:
        values = [_shown(record.get(key)) for key in keys]
        if any(values):
            yield label, between.join(value for value in values if value)
    told = {key for _, keys, _ in ROWS for key in keys}.union(LEFT_TO_JSON)
    for key, value in record.items():
        if key not in told and _shown(value):
            yield key.replace("_", " "), _shown(value)


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_shown(item)}" for key, item in value.items() if item is not None)
    if isinstance(value, str):
        return value
    return "" if value is None or value == [] else json.dumps(value, ensure_ascii=False)
