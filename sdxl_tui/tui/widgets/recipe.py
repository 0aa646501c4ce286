"""What the picture in view was made with, where there is room to say it whole."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from sdxl_tui.tui.widgets.words import Part, Words

LABEL = 11

Row = tuple[str, tuple[Part, ...]]
"""A label and what stands behind it."""


class Recipe(Words):
    """A title and rows that wrap behind their label."""

    def __init__(self) -> None:
        super().__init__(id="recipe")
        self._said: tuple[int, tuple[Row, ...]] = (0, ())

    def show(self, differs: int, rows: Sequence[Row]) -> None:
        """Say this from now on; ``differs``: how many settings of the form are others."""
        said = (differs, tuple(rows))
        if said != self._said:
            self._said = said
            self.refresh()

    def render(self) -> Content:
        """All that fits."""
        differs, rows = self._said
        if not rows:
            return Content("")
        right: list[Part] = [("the form differs in ", "muted"), (str(differs), "accent")] if differs else []
        lines = [self.between(self.say(("this picture was made with", "label")), self.say(*right))]
        for label, parts in rows:
            lead = self.say((f"{label:<{LABEL}}", "label"))
            wrapped = self.say(*parts).wrap(max(1, self.size.width - LABEL))
            lines += [
                Content.assemble(lead if number == 0 else " " * LABEL, line) for number, line in enumerate(wrapped)
            ]
        return Content("\n").join(lines[: self.size.height])
