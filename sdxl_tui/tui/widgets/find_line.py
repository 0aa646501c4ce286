"""The row above a list in which it is searched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.events import Click, Key, Paste
from textual.message import Message

from sdxl_tui.core.text import one_line
from sdxl_tui.tui.widgets.words import Part, Words


class FindLine(Words, can_focus=True):
    """What is typed here is looked for at once; a click brings the hands here."""

    HANDS = "find"
    KEYS = (("type", "to find"), ("↑↓", "choose"), ("enter", "use it"), ("esc", "clear"))
    HELP = "Type to find; the arrows walk through what was found."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("backspace", "shorten", "shorten", id="find.shorten", tooltip="Take back a letter"),
        Binding("ctrl+u", "clear", "clear", id="find.clear", tooltip="Take back all letters"),
    ]

    @dataclass
    class Changed(Message):
        """Something else is looked for."""

        text: str

    def __init__(self, nothing: str) -> None:
        super().__init__()
        self._nothing = nothing
        """What stands here while nothing is typed."""
        self._count = ""
        self.text = ""

    def count(self, count: str) -> None:
        """Say how many there are."""
        if count != self._count:
            self._count = count
            self.refresh()

    def take(self, text: str) -> None:
        """Look for this from now on."""
        if text != self.text:
            self.text = text
            self.post_message(self.Changed(text))
            self.refresh()

    def action_shorten(self) -> None:
        """Take back a letter."""
        self.take(self.text[:-1])

    def action_clear(self) -> None:
        """Take back all letters."""
        self.take("")

    def on_click(self, event: Click) -> None:
        """Bring the hands here."""
        self.focus()

    def on_key(self, event: Key) -> None:
        """Type; chords with alt are commands."""
        if event.is_printable and event.character and not event.key.startswith("alt+"):
            event.stop()
            self.take(self.text + event.character)

    def on_paste(self, event: Paste) -> None:
        """Take pasted text in one line."""
        event.stop()
        self.take(self.text + one_line(event.text.strip()))

    def render(self) -> Content:
        """The key, what was typed, and how many there are."""
        left: list[Part] = [("/ ", "key"), (self.text, "value")]
        if self.has_focus:
            left.append((" ", "cursor"))
        elif not self.text:
            left.append((self._nothing, "muted"))
        return self.between(self.say(*left), self.say((self._count, "muted")))
