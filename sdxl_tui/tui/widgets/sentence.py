"""One sentence over the foot of a screen that has no room for notices."""

from __future__ import annotations

from textual.content import Content
from textual.geometry import Size

from sdxl_tui.core.text import one_line
from sdxl_tui.tui.notes import KIND_OF_GLYPH, Note
from sdxl_tui.tui.widgets.words import Words


class Sentence(Words):
    """Lies on its own layer, so that what is under it keeps its place and is painted only where it was covered."""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._note: Note | None = None
        self.visible = False

    @property
    def is_shown(self) -> bool:
        """Whether it says something."""
        return self.visible

    def show(self, glyph: str, text: str) -> None:
        """Say this until it is hidden."""
        self._note = Note(glyph, one_line(text))
        self.visible = True
        self.refresh(layout=True)

    def hide(self) -> None:
        """Say nothing."""
        if self.visible:
            self.visible = False

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many rows as the sentence takes."""
        return len(self._lines(width))

    def render(self) -> Content:
        """The sentence, wrapped under itself."""
        return Content("\n").join(self._lines(self.size.width))

    def _lines(self, width: int) -> list[Content]:
        if self._note is None:
            return [Content("")]
        glyph = self.say((f"{self._note.glyph} ", KIND_OF_GLYPH[self._note.glyph]))
        wrapped = self.say((self._note.text, "value")).wrap(max(1, width - 2))
        return [Content.assemble("  " if row else glyph, line) for row, line in enumerate(wrapped)]
