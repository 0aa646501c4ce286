"""``<lora:name:0.8>`` in a prompt: A1111's grammar of LoRAs, read, written and taken out.

The rules are those of A1111's ``modules/extra_networks.py`` and ``extensions-builtin/Lora/extra_networks_lora.py``:
parts between colons; the first number weighs the text encoders, the second one the UNet, and one number both; ``te=``
and ``unet=`` say which; ``lyco`` is another word for ``lora``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.words import named

TAG = r"<(?:lora|lyco):[^<>]+>"
"""Of a LoRA in a prompt."""
MOST_WEIGHT = 10.0
"""Weights go from minus this to this: beyond, a picture is noise."""

_TAG = re.compile(TAG, re.IGNORECASE)


@dataclass(frozen=True)
class LoraUse:
    """A LoRA that a job is made with. Raises UserError when a weight is out of its range."""

    name: str
    """As it was typed; its id in the listing once it was found."""
    weight: float = 1.0
    """Times its change of the UNet; below 0 it works the other way round, and 0 leaves the model as it is."""
    text_weight: float | None = None
    """Times its change of the text encoders; None: as ``weight``."""
    in_prompt: bool = False
    """It stands in the prompt's text, and was not chosen beside it."""
    file: Path | None = None
    """None: it was not looked for yet."""

    def __post_init__(self) -> None:
        for weight in (self.weight, self.on_text):
            if not math.isfinite(weight) or abs(weight) > MOST_WEIGHT:
                most = f"{MOST_WEIGHT:g}"
                raise UserError(f"The weight of the LoRA {named(self.name)} goes from -{most} to {most}.")

    @property
    def on_text(self) -> float:
        """Times its change of the text encoders."""
        return self.weight if self.text_weight is None else self.text_weight

    @property
    def weights(self) -> str:
        """As they are written behind a name: ``0.8``, or ``0.5:0.8``, the text encoders' first."""
        if self.text_weight is None or self.text_weight == self.weight:
            return f"{self.weight:g}"
        return f"{self.text_weight:g}:{self.weight:g}"

    @property
    def short(self) -> str:
        """``neon 0.8``: its name without folders, and its weights."""
        return f"{self.name.rsplit('/', 1)[-1]} {self.weights}"

    @property
    def tag(self) -> str:
        """As it stands in a prompt; A1111 knows a file by its name without folders."""
        return f"<lora:{self.name.rsplit('/', 1)[-1]}:{self.weights}>"

    def as_log(self, **hashes: str) -> dict[str, object]:
        """As it stands in jobs.log; ``hashes`` are those of its file."""
        entry: dict[str, object] = {"name": self.name, **hashes, "weight": self.weight}
        if self.text_weight is not None:
            entry["text_weight"] = self.text_weight
        return entry | ({"in_prompt": True} if self.in_prompt else {})


def tags_of(text: str) -> tuple[LoraUse, ...]:
    """Return the LoRAs of a prompt in their order; raise UserError for a tag that cannot be read."""
    uses = []
    for match in _TAG.finditer(text):
        _, _, inside = match[0][1:-1].partition(":")
        uses.append(_read(inside, match[0], in_prompt=True))
    return tuple(uses)


def without_tags(text: str) -> str:
    """Return a prompt without its LoRAs."""
    return _TAG.sub("", text)


def parse_use(text: str) -> LoraUse:
    """Return what ``name``, ``name:0.8`` or ``name:0.5:0.8`` asks for; raise UserError otherwise."""
    return _read(text, text, in_prompt=False)


def read_log(record: Mapping[str, Any]) -> tuple[LoraUse, ...]:
    """Return the LoRAs of a line of jobs.log; entries that make no sense are left out."""
    entries = record.get("loras")
    uses = []
    for entry in entries if isinstance(entries, list) else []:
        with suppress(AttributeError, KeyError, TypeError, ValueError, UserError):
            weight, on_text = float(entry.get("weight", 1.0)), entry.get("text_weight")
            on_text = None if on_text is None else float(on_text)
            uses.append(LoraUse(str(entry["name"]), weight, on_text, entry.get("in_prompt") is True))
    return tuple(uses)


def tags_for(uses: Sequence[LoraUse]) -> str:
    """Return LoRAs as they are added to a prompt."""
    return " ".join(use.tag for use in uses)


def _read(inside: str, shown: str, *, in_prompt: bool) -> LoraUse:
    name, *parts = inside.split(":")
    named_parts = dict(part.split("=", 1) for part in parts if "=" in part)
    numbers = [part for part in parts if "=" not in part]
    try:
        on_text = float(named_parts.get("te", numbers[0] if numbers else 1))
        weight = float(named_parts.get("unet", numbers[1] if len(numbers) > 1 else on_text))
    except ValueError:
        name = ""
    if not name.strip():
        raise UserError(f"{named(shown)} names no LoRA with a weight: write <lora:name:0.8>, or --lora name:0.8.")
    return LoraUse(name.strip(), weight, None if on_text == weight else on_text, in_prompt)
