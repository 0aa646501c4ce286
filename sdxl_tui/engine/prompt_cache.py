"""Prompts that were encoded before: typing a new seed costs no text encoder."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any
from weakref import WeakKeyDictionary

from sdxl_tui.core.request import GenerationRequest
from sdxl_tui.engine.loader import LoadedModel
from sdxl_tui.engine.prompts import Encoded, encode

MOST = 24
"""For each model; a short prompt of SDXL's takes 0.6 MiB."""

Texts = tuple[str, str, str]
"""Prompt, negative prompt, syntax."""


class PromptCache:
    """The latest prompts of each model, for as long as its pipeline is there."""

    def __init__(self) -> None:
        self._known: WeakKeyDictionary[Any, OrderedDict[Texts, Encoded]] = WeakKeyDictionary()

    def encoded(self, loaded: LoadedModel, request: GenerationRequest) -> Encoded:
        """Return both prompts of a request, encoded; nobody changes its tensors."""
        known = self._known.setdefault(loaded.pipe, OrderedDict())
        texts = (request.styled_prompt, request.styled_negative_prompt, request.prompt_syntax)
        if texts not in known:
            known[texts] = encode(loaded.pipe, *texts)
        known.move_to_end(texts)
        while len(known) > MOST:
            known.popitem(last=False)
        return known[texts]
