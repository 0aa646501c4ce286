"""The form as it is left at the end and taken up at the next start; what is gone by then is left out, and said."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from sdxl_tui.core import animation
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.hires import METHODS
from sdxl_tui.core.lora_tags import read_log
from sdxl_tui.core.loras import LoraLibrary
from sdxl_tui.core.modes import MODES
from sdxl_tui.core.prompt_syntax import SYNTAXES
from sdxl_tui.core.schedulers import SCHEDULERS
from sdxl_tui.core.settings import Settings
from sdxl_tui.core.speeds import SPEEDS
from sdxl_tui.core.words import named
from sdxl_tui.tui.draft import FROM_SETTINGS, Draft
from sdxl_tui.tui.mode_fields import PATHS
from sdxl_tui.tui.shelf import Shelf

CHOICES: Mapping[str, Collection[str]] = {
    "mode": MODES,
    "scheduler": SCHEDULERS,
    "speed": SPEEDS,
    "motion": animation.MOTIONS,
    "easing": animation.EASINGS,
    "prompt_syntax": SYNTAXES,
    "hires_method": METHODS,
    "threaded": ("on", "off"),
    "vram_check": ("on", "off"),
}
"""The fields that are one of several."""


def written(draft: Draft, settings: Settings) -> dict[str, Any]:
    """The form as JSON; ``settings``: those in force, for a value that one of them has is the user's only beside it."""
    return {
        "prompt": draft.prompt,
        "negative": draft.negative_prompt,
        "model": draft.model.id,
        "style": draft.style.id,
        "loras": [use.as_log() for use in draft.loras],
        "values": dict(draft.edited),
        "beside": {name: getattr(settings, name) for name in FROM_SETTINGS},
    }


def take_up(draft: Draft, form: Mapping[str, Any], shelf: Shelf, settings: Settings, *, with_model: bool) -> list[str]:
    """Let the form say what it said when it was left; return a sentence for each thing that is gone since.

    ``with_model``: the model too; nobody named another one. Where a setting has changed since, it counts.
    """
    problems = []
    draft.prompt, draft.negative_prompt = (_text(form.get(name)) for name in ("prompt", "negative"))
    if with_model and (model_id := _text(form.get("model"))):
        if model_id in shelf.models:
            draft.model = shelf.models[model_id]
        else:
            problems.append(f"The model {named(model_id)} is not in the catalogue any more.")
    if style_id := _text(form.get("style")):
        style = shelf.style(style_id)
        if style is None:
            problems.append(f"The style {named(style_id)} is not here any more: the form has none.")
        draft.style = style or draft.style
    with suppress(TypeError, ValueError):
        draft.loras = tuple(use for use in read_log(form) if not use.in_prompt)
    beside = form.get("beside")
    for field, value in _values(form.get("values"), draft).items():
        if field in FROM_SETTINGS and (not isinstance(beside, dict) or beside.get(field) != getattr(settings, field)):
            continue
        if field in CHOICES and value not in CHOICES[field]:
            problems.append(f"The {field.replace('_', ' ')} {named(value)} is not known here: the form has its own.")
        else:
            draft.edit(field, value)
    return problems


def gone(draft: Draft, loras: LoraLibrary) -> tuple[list[str], list[str], list[str]]:
    """Look for the files that the form names: the fields and the LoRAs whose file is gone, and a sentence for each.

    Takes its time.
    """
    fields, names, sentences = [], [], []
    for field in PATHS:
        path = draft.edited.get(field, "")
        with suppress(OSError, ValueError, RuntimeError):
            if path and not Path(path).expanduser().exists():
                fields.append(field)
                what = "init image" if field == "init_image" else "mask"
                sentences.append(f"{named(Path(path).name)} is not there any more: the form has no {what}.")
    if draft.loras:
        loras.refresh()
    for use in draft.loras:
        try:
            loras.find(use.name)
        except UserError:
            names.append(use.name)
            sentences.append(f"The LoRA {named(use.name)} is not there any more: the form is without it.")
    return fields, names, sentences


def _values(values: object, draft: Draft) -> dict[str, str]:
    known = draft.fields
    found = values if isinstance(values, dict) else {}
    return {name: value for name, value in found.items() if name in known and isinstance(value, str)}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
