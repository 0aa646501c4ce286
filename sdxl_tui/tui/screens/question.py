"""A question over the form, with a key for each answer."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.events import Key
from textual.screen import ModalScreen

from sdxl_tui.tui.quiet import QuietFocus
from sdxl_tui.tui.widgets.page import Page
from sdxl_tui.tui.widgets.words import Part

Choice = tuple[str, str, str]
"""A key, what it does, and the answer it gives."""

SHORT = {"escape": "esc"}


class Question(QuietFocus, ModalScreen[str]):
    """Asked once; every other key is no answer."""

    def __init__(self, sentence: str, choices: Sequence[Choice]) -> None:
        super().__init__()
        self._sentence = sentence
        self._choices = choices

    def compose(self) -> ComposeResult:
        """The sentence and its keys."""
        keys: list[list[Part]] = [
            [("  ", ""), (f"{SHORT.get(key, key):<6}", "key"), (label, "soft")] for key, label, _ in self._choices
        ]
        yield Page([[("▲ ", "busy"), (self._sentence, "value")], *keys])

    def on_key(self, event: Key) -> None:
        """Take the answer."""
        for key, _, answer in self._choices:
            if event.key == key:
                event.stop()
                self.dismiss(answer)
