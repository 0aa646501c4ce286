"""A setting that is one of several."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.events import Key

from sdxl_tui.tui.widgets.field import Field
from sdxl_tui.tui.widgets.words import Part


class ChoiceField(Field):
    """Arrows walk through the choices, letters find one by its name."""

    KEYS: ClassVar[tuple[tuple[str, str], ...]] = (
        ("enter", "generate"),
        ("esc", "look"),
        ("←→", "change"),
        ("type", "to find"),
    )
    HELP = "A choice: arrows or - and + walk, letters find one by its name, enter generates with it."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,up,minus", "walk(-1)", "choice before", id="choice.before", tooltip="Take the choice before"),
        Binding("right,down,plus", "walk(1)", "next choice", id="choice.next", tooltip="Take the next choice"),
        Binding("backspace", "shorten", "shorten", id="choice.shorten", tooltip="Take back a letter"),
    ]

    def __init__(self, name: str, label: str, choices: Mapping[str, str]) -> None:
        super().__init__(name, label)
        self.choices = dict(choices)
        """Value -> shown name."""
        self.chosen = ""

    def show_choice(self, value: str, name: str = "", *, added: bool = False) -> None:
        """Show the choice with this value from now on; a value that is no choice of its own comes with its name."""
        self.chosen = value
        self.show(name or self.choices[value], added=added)

    def action_walk(self, distance: int) -> None:
        """Take the choice that many places away."""
        values = list(self.choices)
        self.typed = None
        place = values.index(self.chosen) if self.chosen in values else 0
        self._take(values[(place + distance) % len(values)])

    def action_shorten(self) -> None:
        """Take back a letter; the choice stays."""
        if self.typed:
            self.typed = self.typed[:-1]
            self.refresh()

    def on_key(self, event: Key) -> None:
        """Find a choice by letters; a letter that does not go on with the ones before it begins anew."""
        letter = event.character
        if event.key == "enter":
            self.typed = None
        if event.key.startswith("alt+") or not event.is_printable or letter is None or letter in "-+":
            return
        event.stop()
        for typed in ((self.typed or "") + letter, letter):
            if typed.strip() and (found := self._find(typed)) is not None:
                self.typed = typed
                self._take(found)
                return

    def value_parts(self, kind: str) -> list[Part]:
        """The name, with what was typed to find it lit in it."""
        start = self.value.casefold().find(self.typed.casefold()) if self.has_focus and self.typed else -1
        if start < 0 or self.typed is None:
            return [(self.value, kind)]
        end = start + len(self.typed)
        return [(self.value[:start], kind), (self.value[start:end], "mnemonic"), (self.value[end:], kind)]

    def _find(self, typed: str) -> str | None:
        wanted = typed.casefold()
        names = {value: name.casefold() for value, name in self.choices.items()}
        at_start = [value for value, name in names.items() if name.startswith(wanted)]
        of_a_word = [value for value, name in names.items() if f" {wanted}" in name]
        anywhere = [value for value, name in names.items() if wanted in name]
        return next(iter([*at_start, *of_a_word, *anywhere]), None)

    def _take(self, value: str) -> None:
        self.refresh()
        if value != self.chosen:
            self.post_message(self.Changed(self, value))
