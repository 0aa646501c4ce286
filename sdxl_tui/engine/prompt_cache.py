"""Prompts that were encoded before: typing a new seed costs no text encoder."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any
from weakref import WeakKeyDictionary

from sdxl_tui.core.request import GenerationRequest
from sdxl_tui.engine.loader import LoadedModel
from sdxl_tui.engine.prompts import Encoded, encode

MOST = 24
"""For each model; a short prompt of SDXL's takes 0.6 MiB."""

Texts = tuple[str, str, str, Hashable]
"""Prompt, negative prompt, syntax, and what LoRAs do to the text encoders."""


class PromptCache:
    """The latest prompts of each model, for as long as its pipeline is there."""

    def __init__(self, loras: Callable[[], Hashable] = tuple) -> None:
        """``loras`` tells the LoRAs that are on the text encoders from others."""
        self._loras = loras
        self._known: WeakKeyDictionary[Any, OrderedDict[Texts, Encoded]] = WeakKeyDictionary()

    def encoded(self, loaded: LoadedModel, request: GenerationRequest) -> Encoded:
        """Return both prompts of a request, encoded; nobody changes its tensors."""
        known = self._known.setdefault(loaded.pipe, OrderedDict())
        texts = (request.styled_prompt, request.styled_negative_prompt, request.prompt_syntax)
        key = (*texts, self._loras())
        if key not in known:
            known[key] = encode(loaded.pipe, *texts)
        known.move_to_end(key)
        while len(known) > MOST:
            known.popitem(last=False)
        return known[key]
