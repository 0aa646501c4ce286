"""The name of a card."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from sdxl_tui.tui.widgets.words import Part, Words

MARK = "&"


def mnemonic_parts(label: str) -> list[Part]:
    """Return a label such as ``sche&duler`` as parts: the letter behind the mark jumps there."""
    before, marked, after = label.partition(MARK)
    if not marked:
        return [(label, "label")]
    return [(before, "label"), (after[0], "mnemonic"), (after[1:], "label")]


class CardLabel(Words):
    """A card's name with its letter underlined, and at the right what is counted in it."""

    def __init__(self, label: str) -> None:
        super().__init__()
        self._parts = mnemonic_parts(label)
        self._count: tuple[Part, ...] = ()

    def show_name(self, name: str) -> None:
        """Name this from now on."""
        self._parts = mnemonic_parts(name)
        self.refresh()

    def show_count(self, count: Sequence[Part]) -> None:
        """Say this at the right from now on."""
        if tuple(count) != self._count:
            self._count = tuple(count)
            self.refresh()

    def render(self) -> Content:
        """The name and the count."""
        return self.between(self.say(*self._parts), self.say(*self._count))
