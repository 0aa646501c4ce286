"""A prompt with what the style adds to it."""

from __future__ import annotations

from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import TextArea

from sdxl_tui.tui.widgets.label import CardLabel
from sdxl_tui.tui.widgets.prompt_area import PromptArea
from sdxl_tui.tui.widgets.style_words import StyleWords


class PromptCard(Vertical):
    """The effective prompt as one card: the user's words, and under them the style's."""

    @dataclass
    class Changed(Message):
        """The user's words are others now."""

        card: PromptCard
        text: str

        @property
        def control(self) -> PromptCard:
            """The card it comes from."""
            return self.card

    def __init__(self, id: str, label: str, placeholder: str, nothing: str) -> None:
        super().__init__(id=id, classes="card")
        self.label = CardLabel(label)
        self.area = PromptArea(placeholder, id=f"{id}-area")
        self.words = StyleWords(nothing)

    def compose(self) -> ComposeResult:
        """Label, text, style."""
        yield self.label
        yield self.area
        yield self.words

    @on(TextArea.Changed)
    def pass_on(self, event: TextArea.Changed) -> None:
        """Tell in the form's own words."""
        event.stop()
        self.post_message(self.Changed(self, self.area.text))

    def rows(self) -> int:
        """Rows the card takes when nothing is cut."""
        label = 1 if self.label.display else 0
        return label + max(1, self.area.wrapped_document.height) + self.words.rows(self.content_size.width)


def home_prompt() -> PromptCard:
    """The card of the prompt, as it stands at the start and on the home screen."""
    return PromptCard("prompt", "&prompt", "what you want to see", "no style: nothing is added")
