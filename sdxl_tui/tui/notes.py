"""Sentences that wait until their cause is gone; all screens say the same ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sdxl_tui.core.text import one_line

ERROR, WARNING, PAUSED, STOPPED, OK, ABSENT = "×", "▲", "■", "–", "●", "□"
KIND_OF_GLYPH = {ERROR: "error", WARNING: "busy", PAUSED: "busy", STOPPED: "soft", OK: "ok", ABSENT: "soft"}

STOPPING = "stopping"
"""The cause of what is said of a job that is about to stop; it is over with the job."""


@dataclass(frozen=True)
class Note:
    """One sentence and its glyph."""

    glyph: str
    text: str


class Notes:
    """The sentences of now, by cause."""

    def __init__(self) -> None:
        self._by_cause: dict[str, Note] = {}
        self._watchers: list[Callable[[], object]] = []

    def watch(self, changed: Callable[[], object]) -> None:
        """Call ``changed`` whenever there is another sentence, or one less."""
        self._watchers.append(changed)

    def put(self, cause: str, glyph: str, text: str) -> None:
        """Say a sentence; it replaces the one of the same cause."""
        note = Note(glyph, one_line(text))
        if self._by_cause.get(cause) != note:
            self._by_cause.pop(cause, None)
            self._by_cause[cause] = note
            self._tell()

    def clear(self, *causes: str) -> None:
        """Take back the sentences of causes that are gone."""
        gone = [self._by_cause.pop(cause) for cause in causes if cause in self._by_cause]
        if gone:
            self._tell()

    def in_order(self) -> list[Note]:
        """In the order of reading, failures before warnings before the rest, newest first, each sentence once."""
        urgency = list(KIND_OF_GLYPH)
        newest_first = list(self._by_cause.values())[::-1]
        newest_first.sort(key=lambda note: urgency.index(note.glyph))
        said: dict[str, Note] = {}
        for note in newest_first:
            said.setdefault(note.text, note)
        return list(said.values())

    def _tell(self) -> None:
        for changed in self._watchers:
            changed()
