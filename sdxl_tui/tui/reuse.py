"""The settings of a picture, back into the form."""

from __future__ import annotations

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.lora_tags import read_log
from sdxl_tui.core.models import Model
from sdxl_tui.core.request import (
    check_side,
    check_whole,
    parse_guidance,
    parse_size,
    parse_whole,
)
from sdxl_tui.core.schedulers import SCHEDULERS
from sdxl_tui.core.speeds import EAGER, SPEEDS
from sdxl_tui.core.style_sets import style_of
from sdxl_tui.core.styles import NONE, Style
from sdxl_tui.tui import hires_fields, mode_fields
from sdxl_tui.tui.draft import Draft
from sdxl_tui.tui.mode_reuse import read_mode
from sdxl_tui.tui.pictured import Pictured
from sdxl_tui.tui.shelf import Shelf

FIELDS = (
    *("prompt", "negative", "style", "loras", "model", "scheduler", "steps", "guidance", "size", "batch", "speed"),
    *("threaded", "mode", *mode_fields.DEFAULTS, *hires_fields.FIELDS),
)
NAMES = (
    {name: name.replace("_", " ") for name in FIELDS}
    | {"prompt_syntax": "syntax", "loras": "LoRAs"}
    | hires_fields.NAMES
)


class Reuse:
    """What a picture's settings are in terms of this lab's form; what they cannot be is a sentence."""

    def __init__(self, pictured: Pictured, shelf: Shelf) -> None:
        self.problems: list[str] = []
        self.prompt = pictured.text("prompt")
        self.negative = pictured.text("negative_prompt")
        self.model: Model | None = self._find_model(pictured, shelf)
        self.style: Style = self._find_style(pictured, shelf)
        self.loras = tuple(use for use in read_log(pictured.record) if not use.in_prompt)
        self.values: dict[str, str] = {}
        self._take("scheduler", _scheduler_row(pictured), pictured.scheduler)
        for name, key in (("steps", "steps"), ("batch", "batch_size")):
            self._take(name, pictured.whole(key), pictured.text(key))
        self._take("speed", _speed(pictured), pictured.text("speed"))
        self._take("guidance", pictured.guidance, pictured.text("guidance_scale"))
        self._take("size", pictured.size, f"{pictured.text('width')}×{pictured.text('height')}".strip("×"))
        for own, problems in (read_mode(pictured.record), hires_fields.read(pictured.record)):
            self.values |= own
            self.problems += problems
        self.values["threaded"] = "on" if pictured.record.get("threaded") is True else "off"

    def differences(self, draft: Draft) -> list[str]:
        """The fields of the form that would change, in the order of FIELDS."""
        after = draft.as_it_is()
        self.put_into(after)
        differing = {name for name in self.values if not _is_same(draft.text(name), after.text(name))}
        differing |= {"prompt"} if draft.prompt != self.prompt else set()
        differing |= {"negative"} if draft.negative_prompt != self.negative else set()
        differing |= {"style"} if draft.style.id != self.style.id else set()
        differing |= {"loras"} if draft.loras != self.loras else set()
        differing |= {"model"} if self.model is not None and draft.model.id != self.model.id else set()
        return [NAMES[name] for name in FIELDS if name in differing]

    def put_into(self, draft: Draft) -> None:
        """Set the form's values; what model and style bring by themselves stays theirs to take back."""
        draft.prompt, draft.negative_prompt, draft.style = self.prompt, self.negative, self.style
        draft.loras = self.loras
        if self.model is not None:
            draft.model = self.model
        own = [name for name in self.values if name in mode_fields.DEFAULTS]
        for name in ("mode", *own, *(name for name in self.values if name != "mode" and name not in own)):
            if name in self.values:
                draft.edit(name, "")
                if not _is_same(draft.text(name), self.values[name]):
                    draft.edit(name, self.values[name])

    def _find_model(self, pictured: Pictured, shelf: Shelf) -> Model | None:
        model_id, name = pictured.text("model"), pictured.model
        for model in shelf.models.values():
            if model.id == model_id or name.casefold() in (model.name.casefold(), model.id.casefold()):
                return model
        if name:
            self.problems.append(f"The model {name} is not known here, so the form keeps its own.")
        return None

    def _find_style(self, pictured: Pictured, shelf: Shelf) -> Style:
        """The style, if it still says the same; else none, with its words as they were sent in the prompts."""
        wanted = pictured.text("style").casefold()
        found = style_of(wanted, shelf.styles)
        sent, sent_negative = pictured.text("styled_prompt"), pictured.text("styled_negative_prompt")
        none = shelf.styles[NONE]
        if found is None and not wanted:
            found = none
        if found is not None and (
            not sent
            or (found.styled_prompt(self.prompt), found.styled_negative_prompt(self.negative)) == (sent, sent_negative)
        ):
            return found
        if sent:
            self.prompt, self.negative = sent, sent_negative
        if wanted:
            why = "is not here any more" if found is None else "says something else by now"
            kept = ", so its words as they were sent are in the prompt" if sent else ""
            self.problems.append(f"The style {pictured.text('style')} {why}{kept}.")
        return none

    def _take(self, name: str, value: str, logged: str) -> None:
        if value and _is_in_range(name, value):
            self.values[name] = value
        elif logged:
            self.problems.append(f"Its {name} {logged} cannot be used here, so the form keeps its own.")


def _scheduler_row(pictured: Pictured) -> str:
    choice, name = pictured.text("scheduler_choice"), pictured.text("scheduler").casefold()
    if choice in SCHEDULERS:
        return choice
    return next((row for row, scheduler in SCHEDULERS.items() if name in (row, scheduler.name.casefold())), "")


def _speed(pictured: Pictured) -> str:
    """What was asked for; a job of a log without a word was eager, a picture of another program says nothing."""
    word = pictured.text("speed_choice") or pictured.text("speed") or (EAGER if pictured.job_id else "")
    return word if word in SPEEDS else ""


def _is_in_range(name: str, value: str) -> bool:
    try:
        if name == "size":
            for side in parse_size(value):
                check_side(name, side)
        elif name == "guidance":
            return 0 <= parse_guidance(value) <= 50
        elif name in ("steps", "batch"):
            check_whole(name, parse_whole(name, value), 1, 200 if name == "steps" else 64)
    except UserError:
        return False
    return True


def _is_same(shown: str, value: str) -> bool:
    """Whether two values mean the same: ``5`` and ``5.0``, ``512x512`` and ``512×512``."""
    if shown.replace("x", "×") == value.replace("x", "×"):
        return True
    try:
        return float(shown) == float(value)
    except ValueError:
        return False
