"""The count at the prompt's right, by the tokenizer of the chosen model."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence

from sdxl_tui.core.cache import find_folder
from sdxl_tui.core.models import Model
from sdxl_tui.core.styles import PLACEHOLDER
from sdxl_tui.core.text import one_line
from sdxl_tui.core.tokens import CHUNK, Measure, TokenCounter, load_counters
from sdxl_tui.tui.widgets.words import Part

LONGEST_WORD = 12

log = logging.getLogger(__name__)


class TokenCounts:
    """The tokenizers that were read; a model whose folder is not there, or not whole, has none."""

    def __init__(self) -> None:
        self._counters: dict[str, tuple[TokenCounter, TokenCounter] | None] = {}

    def knows(self, model: Model) -> bool:
        """Whether it was looked for."""
        return model.id in self._counters

    def look_again(self) -> None:
        """Forget what was not found: a load may have built or completed it."""
        self._counters = {model_id: counter for model_id, counter in self._counters.items() if counter is not None}

    def expect(self, model: Model) -> None:
        """Note that it is looked for now."""
        self._counters[model.id] = None

    def load(self, model: Model) -> None:
        """Read a model's tokenizer: takes a moment, so it runs off the event loop."""
        try:
            if (folder := find_folder(model)) is not None:
                self._counters[model.id] = load_counters(folder.path)
        except Exception:
            log.info("the tokenizer of %s cannot be read", model.id, exc_info=True)

    def measures(self, model: Model, text: str, syntax: str) -> tuple[Measure, ...]:
        """How a prompt fits each text encoder; empty where that is not known."""
        return tuple(counter.measure(text, syntax) for counter in self._counters.get(model.id) or ())


def count_parts(measures: Sequence[Measure]) -> list[Part]:
    """``42/75``, or ``81 in 2`` where one pass does not hold it; both encoders where they differ."""
    counts = dict.fromkeys((measure.tokens, measure.chunks) for measure in measures)
    shown = [f"{tokens} in {chunks}" if chunks > 1 else f"{tokens}/{CHUNK}" for tokens, chunks in counts]
    return [(" and ".join(shown), "muted")] if shown else []


def borders_of(measures: Sequence[Measure]) -> list[int]:
    """Where in the text a further chunk begins, for any encoder."""
    return sorted({border for measure in measures for border in measure.borders})


def own_borders(borders: Sequence[int], style_words: str, prompt: str) -> list[int]:
    """Those borders of the effective prompt that lie in the user's own words, as places in these."""
    before = style_words.partition(PLACEHOLDER)[0] if PLACEHOLDER in style_words else ""
    return [border - len(before) for border in borders if 0 <= border - len(before) < len(prompt)]


def border_words(borders: Sequence[int], text: str) -> list[Part]:
    """The word with which the next chunk begins: ``from "grain"``."""
    words = [re.split(r"[\s,]", text[border:].lstrip(" ,"), maxsplit=1)[0] for border in borders[:1]]
    return [(f'from "{one_line(word[:LONGEST_WORD])}"  ', "muted") for word in words if word]
