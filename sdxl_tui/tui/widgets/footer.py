"""The last row: where the hands are, and what the keys do there."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.dom import DOMNode

from sdxl_tui.tui.keys_in_force import in_force
from sdxl_tui.tui.widgets.words import PRESSED, Part, Words

KeyHint = tuple[str, str]
"""A key, and what it does."""

KEYS_FROM = 11
"""The column in which the keys begin, where there is room: what two places have in common then stays as it is."""
ROOMY = 100


class LabFooter(Words):
    """A pill with the place of the hands, its keys in order of use (cut from the right), and the keys of everywhere."""

    def __init__(self) -> None:
        super().__init__()
        self._said: tuple[str, tuple[KeyHint, ...], tuple[Part, ...]] = ("", (), ())

    def show(self, hands: str, keys: Sequence[KeyHint], right: Sequence[Part]) -> None:
        """Say this from now on."""
        said = (hands, tuple(keys), tuple(right))
        if said != self._said:
            self._said = said
            self.refresh()

    def key_places(self) -> list[DOMNode]:
        """The keys are those of the focus first."""
        focused = self.screen.focused if self.is_attached else None
        return [*([focused] if focused else []), *super().key_places()]

    def render(self) -> Content:
        """As many keys as fit, of the first as much as fits; what has no key is left out."""
        hands, keys, right = self._said
        left = self.say((f" {hands} ", "pill"))
        if self.size.width >= ROOMY:
            left = left.pad_right(max(0, KEYS_FROM - left.cell_length))
        end = self.say(*right)
        room = self.size.width - end.cell_length - 2
        is_said = False
        for shipped, label in keys:
            if not (key := in_force().hint(shipped, self.key_places())):
                continue
            longer = Content.assemble(left, self.say((f" {key}", PRESSED), (f" {label} ", "soft")))
            if longer.cell_length > room:
                return self.between(left if is_said else longer.truncate(room, ellipsis=True), end)
            left, is_said = longer, True
        return self.between(left, end)
