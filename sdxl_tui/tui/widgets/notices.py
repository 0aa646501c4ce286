"""Sentences that wait until their cause is gone."""

from __future__ import annotations

from dataclasses import dataclass

from textual.content import Content

from sdxl_tui.core.text import one_line
from sdxl_tui.tui.widgets.words import Words

ERROR, WARNING, STOPPED, OK = "×", "▲", "–", "●"
KIND_OF_GLYPH = {ERROR: "error", WARNING: "busy", STOPPED: "soft", OK: "ok"}


@dataclass(frozen=True)
class Note:
    """One sentence and its glyph."""

    glyph: str
    text: str


class Notices(Words):
    """The sentences of now at the foot of the form: failures before warnings before the rest, newest first."""

    def __init__(self) -> None:
        super().__init__()
        self._notes: dict[str, Note] = {}

    def put(self, cause: str, glyph: str, text: str) -> None:
        """Say a sentence; it replaces the one of the same cause."""
        note = Note(glyph, one_line(text))
        if self._notes.get(cause) != note:
            self._notes.pop(cause, None)
            self._notes[cause] = note
            self.refresh()

    def clear(self, *causes: str) -> None:
        """Take back the sentences of causes that are gone."""
        for cause in causes:
            if self._notes.pop(cause, None):
                self.refresh()

    @property
    def notes(self) -> list[Note]:
        """In the order of reading, each sentence once."""
        urgency = list(KIND_OF_GLYPH)
        newest_first = list(self._notes.values())[::-1]
        newest_first.sort(key=lambda note: urgency.index(note.glyph))
        said: dict[str, Note] = {}
        for note in newest_first:
            said.setdefault(note.text, note)
        return list(said.values())

    def render(self) -> Content:
        """As many as fit, the most urgent at the top, standing on the last row."""
        width, height = self.size
        lines: list[Content] = []
        for note in self.notes:
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
