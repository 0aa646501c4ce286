"""The name of a card."""

from __future__ import annotations

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
    """A card's name with its letter underlined."""

    def __init__(self, label: str) -> None:
        super().__init__()
        self._parts = mnemonic_parts(label)

    def render(self) -> Content:
        """The name."""
        return self.say(*self._parts)
