"""How making pictures larger is put into words: pure functions from the draft and a job to parts of rows."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.hires import checked_size, hires_of
from sdxl_tui.core.request import GenerationRequest, check_strength, parse_size
from sdxl_tui.tui import hires_fields
from sdxl_tui.tui.draft import Draft, shown_size
from sdxl_tui.tui.widgets.words import Part


def size_parts(draft: Draft) -> list[Part]:
    """From which size to which; what is wrong where there is none."""
    try:
        hires = hires_fields.hires_from(draft.text)
        if hires is None:
            return []
        width, height = parse_size(draft.text("size"))
        size = checked_size(width, height, hires.factor)
    except UserError as error:
        return [(str(error), "error")]
    return [(shown_size(width, height), "soft"), (" becomes ", "muted"), (shown_size(*size), "value")]


def steps_parts(draft: Draft) -> list[Part]:
    """How many steps of the second pass run for a picture, and how many of both in all."""
    try:
        hires, first = hires_fields.hires_from(draft.text), draft.running_steps()
        if hires is None or first is None:
            return []
        check_strength("Hires strength", hires.strength, hires.steps)
    except UserError:
        return [("none runs", "error")]
    batch = draft.text("batch")
    count = int(batch) if batch.isdecimal() else 1
    second = hires.denoising_steps
    each = f"{second} run" if count == 1 else f"{second} run for each"
    return [(each, "muted"), (f", {first + second * count} in all", "muted")]


def larger_words(record: Mapping[str, Any]) -> str:
    """How a logged job's pictures were made larger: ``2x by lanczos, 12 steps``; empty where they were not."""
    with suppress(TypeError, ValueError, OverflowError, UserError):
        if (hires := hires_of(record.get("hires"))) is not None:
            return f"{hires.factor:g}x by {hires.method}, {hires.denoising_steps} steps"
    return ""


def enlarging_sentence(request: GenerationRequest, size: tuple[int, int], own_words: bool) -> str:
    """What making a picture larger does; ``own_words``: it is painted with what it was made with."""
    words = "with its own words" if own_words else "with the form's words: it holds none"
    steps = f"{request.denoising_steps} of {request.steps} steps at strength {request.strength:g}"
    return f"{shown_size(*size)} becomes {shown_size(request.width, request.height)} {words}, in {steps}."
