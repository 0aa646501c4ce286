"""One setting of the form: a name and a value that changes under the keys."""

from __future__ import annotations

from dataclasses import dataclass

from textual.content import Content
from textual.events import Blur
from textual.message import Message
from textual.reactive import reactive

from sdxl_tui.tui.widgets.label import MARK, mnemonic_parts
from sdxl_tui.tui.widgets.words import Part, Words


class Field(Words, can_focus=True):
    """Base of the settings. The value shown is always the form's; a field only tells what the user wants."""

    label_width: reactive[int] = reactive(0)
    """Cells of the label's column; 0: the value follows the label."""

    @dataclass
    class Changed(Message):
        """The user wants another value; an empty one is the default."""

        field: Field
        value: str

        @property
        def control(self) -> Field:
            """The field it comes from."""
            return self.field

    def __init__(self, name: str, label: str) -> None:
        super().__init__(id=name)
        self._label = label
        self.hands = label.partition(" &")[0].replace(MARK, "")
        self.typed: str | None = None
        """What was typed since the field got the focus."""
        self.value = ""
        self._added = False

    @property
    def HANDS(self) -> str:  # noqa: N802
        """Where the hands are."""
        return self.hands

    def show(self, value: str, *, added: bool = False) -> None:
        """Show this value from now on; ``added``: a style brought it."""
        if (value, added) != (self.value, self._added):
            self.value, self._added = value, added
            self.refresh()

    def on_blur(self, event: Blur) -> None:
        """Begin anew next time."""
        self.typed = None

    def render(self) -> Content:
        """Label and value, the value cut where it does not fit."""
        label = self.say(*mnemonic_parts(self._label, self.mnemonic))
        label = Content.assemble(label, " " * max(1, self.label_width - label.cell_length))
        value = self.say(*self.value_parts("brought" if self._added else "value"))
        room = self.size.width - label.cell_length
        return Content.assemble(label, value.truncate(max(0, room), ellipsis=True))

    def value_parts(self, kind: str) -> list[Part]:
        """How the value is written."""
        return [(self.value, kind)]
