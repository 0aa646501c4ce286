"""How many more like the picture in view?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.events import Blur, Key
from textual.message import Message

from sdxl_tui.tui.widgets.words import Words

USUAL = "4"
LONGEST = 2


class MoreQuestion(Words, can_focus=True):
    """One row over the last row under the picture, where the eyes are."""

    HANDS = "more"
    KEYS = (("digits", "how many"), ("enter", "queue them"), ("esc", "none"))
    HELP = "How many more like the picture in view: its settings, other seeds. Enter alone makes four."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "answer", "queue them", id="more.answer", tooltip="Queue so many jobs"),
        Binding("escape", "leave", "none", id="more.leave", tooltip="Make none"),
        Binding("backspace", "shorten", "shorten", id="more.shorten", tooltip="Take back a digit"),
    ]

    @dataclass
    class Answered(Message):
        """So many more are wanted; 0: none."""

        count: int

    def __init__(self, what: str = "more like it", usual: str = USUAL) -> None:
        super().__init__(id="more")
        self._what, self._usual = what, usual
        self._typed = ""
        self.visible = False

    def ask(self) -> None:
        """Come up."""
        self._typed = ""
        self.visible = True
        self.refresh()
        self.focus()

    def go(self) -> None:
        """Go away."""
        self.visible = False

    def action_answer(self) -> None:
        """Take the number."""
        self.post_message(self.Answered(int(self._typed or self._usual)))

    def action_leave(self) -> None:
        """Make none."""
        self.post_message(self.Answered(0))

    def action_shorten(self) -> None:
        """Take back a digit."""
        self._typed = self._typed[:-1]
        self.refresh()

    def on_key(self, event: Key) -> None:
        """Take digits; other letters do nothing here."""
        if event.key.startswith("alt+") or not event.is_printable or event.character is None:
            return
        event.stop()
        if event.character in "0123456789":
            self._typed = (self._typed + event.character)[:LONGEST]
            self.refresh()

    def on_blur(self, event: Blur) -> None:
        """The hands went elsewhere."""
        if self.visible and self.screen.focused is not self:
            self.go()

    def render(self) -> Content:
        """The question and the number."""
        number = (self._typed, "strong") if self._typed else (self._usual, "muted")
        return self.say((self._what, "accent"), (": how many? ", "soft"), number, (" ", "cursor"))
