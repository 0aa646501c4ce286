"""One row of words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.content import Content

from sdxl_tui.tui.widgets.words import Part, Words


class Line(Words):
    """One row with a left and a right end; it is painted only when what it says changes."""

    KEEP: ClassVar[str] = "right"
    """The end that stays whole where both do not fit."""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._left: tuple[Part, ...] = ()
        self._right: tuple[Part, ...] = ()

    def show(self, left: Sequence[Part], right: Sequence[Part] = ()) -> None:
        """Say this from now on."""
        said = (tuple(left), tuple(right))
        if said != (self._left, self._right):
            self._left, self._right = said
            self.refresh()

    def render(self) -> Content:
        """Both ends, with the space between them."""
        return self.between(self.say(*self._left), self.say(*self._right), keep=self.KEEP)

    @property
    def text(self) -> str:
        """What it says, the way a reader hears it."""
        return " ".join("".join(text for text, _ in end) for end in (self._left, self._right) if end)
