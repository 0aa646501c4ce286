"""LoRAs as the form and its list say them, and what a key does to those that are on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.lora_tags import MOST_WEIGHT, LoraUse, tags_of
from sdxl_tui.core.loras import LoraFile, LoraLibrary, refusal, widths_of
from sdxl_tui.core.prompt_syntax import PLAIN
from sdxl_tui.core.text import one_line
from sdxl_tui.core.words import shown_size
from sdxl_tui.tui.choices import Choice, Question
from sdxl_tui.tui.draft import Draft
from sdxl_tui.tui.widgets.words import Part

STEP = 0.1
"""What one press of - or + changes a weight by."""
FIELD = "loras"


def row_parts(draft: Draft) -> list[Part]:
    """Those that are on, compact: how many, those of the form, then those in the prompt's text."""
    uses = (*draft.loras, *in_prompt(draft))
    parts: list[Part] = [(f"{len(uses)}: ", "muted")] if len(uses) > 1 else []
    for number, use in enumerate(uses):
        parts += [(" · ", "muted")] if number else []
        parts.append((one_line(use.short), "soft" if use.in_prompt else "value"))
    return parts or [("none", "muted")]


def in_prompt(draft: Draft) -> tuple[LoraUse, ...]:
    """Those in the prompt's text, as far as they can be read."""
    if draft.text("prompt_syntax") == PLAIN:
        return ()
    try:
        return tags_of(draft.style.styled_prompt(draft.prompt))
    except UserError:
        return ()


def lora_question(draft: Draft, library: LoraLibrary) -> Question:
    """Return the list of all files, with those that are on and how much of each."""
    weights = {use.name: use.weights for use in draft.loras}
    model, has = draft.model, widths_of(draft.model)
    choices = tuple(_choice(lora, weights.get(lora.id), refusal(lora, model, has)) for lora in library.listed.values())
    first = next((choice.value for choice in choices if choice.value in weights), "")
    return Question(FIELD, "LoRAs", choices, first, weighed=True)


def turned(uses: Sequence[LoraUse], lora: LoraFile, steps: int) -> tuple[LoraUse, ...]:
    """Return what is on after a key: 0 steps turn one on or off; others weigh it, and turn it on if it is off."""
    if not any(use.name == lora.id for use in uses):
        return (*uses, LoraUse(lora.id, lora.weight))
    if not steps:
        return tuple(use for use in uses if use.name != lora.id)
    return tuple(weighed(use, steps) if use.name == lora.id else use for use in uses)


def weighed(use: LoraUse, steps: int) -> LoraUse:
    """Return one with so many steps more of it, on UNet and text encoders alike."""
    on_text = None if use.text_weight is None else _stepped(use.text_weight, steps)
    return replace(use, weight=_stepped(use.weight, steps), text_weight=on_text)


def _stepped(weight: float, steps: int) -> float:
    return max(-MOST_WEIGHT, min(MOST_WEIGHT, round(weight + steps * STEP, 2)))


def _choice(lora: LoraFile, weights: str | None, reason: str) -> Choice:
    glyph: Part = ("●", "ok") if weights is not None else ("×", "error") if reason else (" ", "muted")
    aside = weights if weights is not None else lora.header.family if reason else ""
    return Choice(lora.id, one_line(lora.id), aside, one_line(reason or _about(lora)), glyph, lora.preview)


def _about(lora: LoraFile) -> str:
    """What calls it up, and what it is."""
    header = lora.header
    facts = [header.family, f"rank {header.rank}" if header.rank else "", shown_size(lora.size_bytes)]
    facts.append("with text encoders" if header.touches_text else "")
    words = f"{', '.join(lora.words)} — " if lora.words else ""
    return words + ", ".join(fact for fact in facts if fact)
