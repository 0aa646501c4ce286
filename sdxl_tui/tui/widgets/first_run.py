"""The picture's place before the first picture."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from sdxl_tui.tui.widgets.words import Part, Words


class FirstRun(Words):
    """Says what to press, and where models were looked for."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: tuple[tuple[Part, ...], ...] = ()

    def show(self, rows: Sequence[Sequence[Part]]) -> None:
        """Say this from now on, a row each."""
        said = tuple(tuple(row) for row in rows)
        if said != self._rows:
            self._rows = said
            self.refresh(layout=True)

    def render(self) -> Content:
        """All rows, without the empty ones where they do not fit; the style sheet wraps and centres them."""
        width, height = self.size
        whole = self._page(self._rows)
        fits = len(whole.wrap(max(1, width))) <= height
        return whole if fits else self._page([row for row in self._rows if row])

    def _page(self, rows: Sequence[Sequence[Part]]) -> Content:
        return Content("\n").join(self.say(*row) for row in rows)
