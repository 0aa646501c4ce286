"""Rows of a list that are taken together, and the rows that hold a text."""

from __future__ import annotations

from collections.abc import Sequence

from sdxl_tui.tui.choices import Choice, Question


class Together:
    """Values that were set down, in their order; the one under the cursor comes to them."""

    def __init__(self, question: Question) -> None:
        self._question = question
        self._values = list(question.chosen_parts) if len(question.chosen_parts) > 1 else []

    @property
    def last(self) -> str | None:
        """The value that was set down last."""
        return self._values[-1] if self._values else None

    def turn(self, value: str) -> None:
        """Set a value down, or take it out again; raise UserError when it does not go with the others."""
        if value in self._values:
            self._values.remove(value)
        elif self._question.joined is not None and value != self._question.alone:
            self._question.joined([*self._values, value])
            self._values.append(value)

    def with_(self, value: str) -> str:
        """What taking a value means: with those that were set down, where there are any. Raises UserError."""
        if self._question.joined is None or not self._values or value == self._question.alone:
            return value
        return self._question.joined(self._values if value in self._values else [*self._values, value])

    def place(self, value: str) -> str:
        """A value's number among those that were set down, from 1; empty: it is none of them."""
        return str(self._values.index(value) + 1) if value in self._values else ""

    @property
    def names(self) -> str:
        """The names of what was set down, in their order."""
        names = {choice.value: choice.name for choice in self._question.choices}
        return " + ".join(names[value] for value in self._values)


def matches(choices: Sequence[Choice], typed: str) -> tuple[Choice, ...]:
    """The choices that hold a text: those that begin with it, then those a word of which does, then the rest."""
    wanted = typed.casefold().strip().replace("x", "×") if typed[:1].isdigit() else typed.casefold().strip()
    names = {choice: choice.name.casefold() for choice in choices}
    at_start = [choice for choice, name in names.items() if name.startswith(wanted)]
    of_a_word = [choice for choice, name in names.items() if f" {wanted}" in name]
    anywhere = [choice for choice, name in names.items() if wanted in name]
    about = [choice for choice in choices if wanted in f"{choice.aside} {choice.about}".casefold()]
    words = wanted.split()
    all_words = [choice for choice, name in names.items() if all(word in name for word in words)]
    return tuple(dict.fromkeys([*at_start, *of_a_word, *anywhere, *all_words, *about]))
