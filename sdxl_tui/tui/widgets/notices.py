"""The sentences of now at the foot of a screen."""

from __future__ import annotations

from textual.content import Content

from sdxl_tui.tui.notes import KIND_OF_GLYPH, Notes
from sdxl_tui.tui.widgets.words import Words


class Notices(Words):
    """As many sentences as fit, the most urgent at the top, standing on the last row."""

    def __init__(self, notes: Notes) -> None:
        super().__init__()
        self._notes = notes

    def on_mount(self) -> None:
        """Say what is new."""
        self._notes.watch(self.refresh)

    def render(self) -> Content:
        """The sentences, wrapped under themselves."""
        width, height = self.size
        lines: list[Content] = []
        for note in self._notes.in_order():
            wrapped = Content(note.text).wrap(max(1, width - 2))
            room = height - len(lines)
            if room <= 0 or (lines and len(wrapped) > room):
                break
            if len(wrapped) > room:
                rest = Content(" ").join(wrapped[room - 1 :])
                wrapped = [*wrapped[: room - 1], rest.truncate(max(1, width - 2), ellipsis=True)]
            glyph = self.say((note.glyph, KIND_OF_GLYPH[note.glyph]), (" ", ""))
            lines += [Content.assemble(glyph if row == 0 else "  ", line) for row, line in enumerate(wrapped)]
        blank = [Content("")] * (height - len(lines))
        return Content("\n").join([*blank, *lines])
