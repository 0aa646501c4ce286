"""The count at the prompt's right, by the tokenizer of the chosen model."""

from __future__ import annotations

import logging

from sdxl_tui.core.cache import find_folder
from sdxl_tui.core.models import Model
from sdxl_tui.core.tokens import CHUNK, TokenCounter, chunks_of, load_counter
from sdxl_tui.tui.widgets.words import Part

log = logging.getLogger(__name__)


class TokenCounts:
    """The tokenizers that were read; a model whose folder is not there, or not whole, has none."""

    def __init__(self) -> None:
        self._counters: dict[str, TokenCounter | None] = {}

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
                self._counters[model.id] = load_counter(folder.path)
        except Exception:
            log.info("the tokenizer of %s cannot be read", model.id, exc_info=True)

    def parts(self, model: Model, text: str) -> list[Part]:
        """``42/75``, or ``81 in 2`` where one pass of the text encoder does not hold it."""
        counter = self._counters.get(model.id)
        if counter is None:
            return []
        count = counter.count(text)
        chunks = chunks_of(count)
        return [(f"{count} in {chunks}" if chunks > 1 else f"{count}/{CHUNK}", "muted")]
