"""A setting that is a number, or a size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.events import Key

from sdxl_tui.tui.widgets.field import Field
from sdxl_tui.tui.widgets.words import Part

DIGITS = "0123456789"
LONGEST = 12


class NumberField(Field):
    """Digits type over the value, arrows step it; whether it is in range is said when the job is made."""

    KEYS: ClassVar[tuple[tuple[str, str], ...]] = (
        ("enter", "generate"),
        ("esc", "look"),
        ("←→", "change"),
        ("type", "a number"),
    )
    HELP = "A number: digits type, arrows or - and + step, enter generates with it. Emptied, it takes the default."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,down,minus", "step(-1)", "less", id="number.less", tooltip="One step less"),
        Binding("right,up,plus", "step(1)", "more", id="number.more", tooltip="One step more"),
        Binding("backspace", "shorten", "shorten", id="number.shorten", tooltip="Take back a digit"),
        Binding("delete", "empty", "default", id="number.empty", tooltip="Take the default again"),
    ]

    def __init__(
        self,
        name: str,
        label: str,
        step: Callable[[str, int], str],
        characters: str = DIGITS,
        *,
        longest: int = LONGEST,
    ) -> None:
        super().__init__(name, label)
        self._longest = longest
        self._step = step
        """Returns the value one step away from a text."""
        self._characters = characters
        self._after: tuple[Part, ...] = ()

    def show(self, value: str, *, added: bool = False, after: Sequence[Part] = ()) -> None:
        """Show this value from now on, and ``after``, which is said about it, behind it."""
        if tuple(after) != self._after:
            self._after = tuple(after)
            self.refresh()
        super().show(value, added=added)

    def action_step(self, direction: int) -> None:
        """Take the value one step away."""
        self._take(None, self._step(self.value, direction))

    def action_shorten(self) -> None:
        """Take back the last character."""
        typed = self.value if self.typed is None and self.value[-1:].isdigit() else self.typed or ""
        self._take(typed[:-1])

    def action_empty(self) -> None:
        """Give the field back to model and style."""
        self._take("")

    def on_key(self, event: Key) -> None:
        """Type over the value."""
        character = event.character
        if event.key == "enter":
            self.typed = None
            self.refresh()
        if event.key.startswith("alt+") or character is None or character not in self._characters:
            return
        event.stop()
        self._take(((self.typed or "") + character)[: self._longest])

    def value_parts(self, kind: str) -> list[Part]:
        """The value with a cursor behind it; the default is muted while the field is emptied."""
        after: list[Part] = [("  ", ""), *self._after] if self._after else []
        if not self.has_focus:
            return [(self.value, kind), *after]
        if self.typed == "":
            return [(" ", "cursor"), (self.value, "muted"), *after]
        return [(self.value if self.typed is None else self.typed, kind), (" ", "cursor"), *after]

    def _take(self, typed: str | None, value: str | None = None) -> None:
        self.typed = typed
        self.refresh()
        self.post_message(self.Changed(self, (typed or "") if value is None else value))
