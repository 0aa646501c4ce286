"""The name of a card."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.content import Content

from sdxl_tui.tui.widgets.words import PRESSED, Part, Words

MARK = "&"


LONGEST_KEY = 4
"""Cells of a key that stands behind a label."""


def mnemonic_parts(label: str, in_force: Callable[[str], str]) -> list[Part]:
    """Return a label such as ``sche&duler`` as parts: the letter behind the mark jumps there.

    ``in_force`` gives the key that does so now; one that is no letter of the label stands behind it.
    """
    before, marked, after = label.partition(MARK)
    if not marked:
        return [(label, "label")]
    now = in_force(after[0])
    if now != after[0]:
        name = f"{before}{after}" if before.strip() == before else before.strip()
        before, marked, after = name.partition(now) if len(now) == 1 else (name, "", "")
        if not marked:
            return [(name, "label"), *([(f" {now}", PRESSED)] if 0 < len(now) <= LONGEST_KEY else [])]
        after = f"{marked}{after}"
    return [(before, "label"), (after[0], "mnemonic"), (after[1:], "label")]


class CardLabel(Words):
    """A card's name with its letter underlined, and at the right what is counted in it."""

    def __init__(self, label: str) -> None:
        super().__init__()
        self._label = label
        self._count: tuple[Part, ...] = ()

    def show_name(self, name: str) -> None:
        """Name this from now on."""
        self._label = name
        self.refresh()

    def show_count(self, count: Sequence[Part]) -> None:
        """Say this at the right from now on."""
        if tuple(count) != self._count:
            self._count = tuple(count)
            self.refresh()

    def render(self) -> Content:
        """The name and the count."""
        return self.between(self.say(*mnemonic_parts(self._label, self.mnemonic)), self.say(*self._count))
