"""The kept marks: what the lab must not lose between two starts and no log line can hold."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from datetime import datetime
from pathlib import Path

from sdxl_tui.core import paths
from sdxl_tui.core.lab_db import LabDb, as_text, is_damage, resolved

_ONLY_HERE = "{}; marks are kept until you leave."


class Marks:
    """Which pictures are kept. Every call opens the file for itself, so any thread and any process may ask.

    No trouble with the file ever reaches the caller: marks then live in memory, and ``problem`` says so.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._db = LabDb(file)
        self._unwritten: dict[tuple[str, str], bool] = {}
        self._lock = threading.RLock()
        self._problem = ""

    @property
    def problem(self) -> str:
        """One sentence on why the file is not in use, or was begun anew."""
        return self._problem or self._db.problem

    def is_kept(self, path: Path) -> bool:
        """Whether this picture is kept."""
        return as_text(path.name) in self.kept_in(path.parent)

    def keep(self, path: Path, kept: bool) -> None:
        """Keep a picture, or no longer."""
        row = (resolved(path.parent), as_text(path.name))
        add, remove = "INSERT OR IGNORE INTO kept VALUES (?, ?, ?)", "DELETE FROM kept WHERE folder = ? AND name = ?"
        with self._lock:
            answer = self._ask(add, (*row, _now())) if kept else self._ask(remove, row)
            if answer is None:
                self._unwritten[row] = kept
            else:
                self._unwritten.pop(row, None)

    def kept_in(self, folder: Path) -> set[str]:
        """The names of the kept pictures of a folder."""
        place = resolved(folder)
        with self._lock:
            rows = self._ask("SELECT name FROM kept WHERE folder = ?", (place,)) or []
            names = {str(name) for (name,) in rows}
            for (where, name), kept in self._unwritten.items():
                if where == place:
                    (names.add if kept else names.discard)(name)
        return names

    def _ask(self, statement: str, values: tuple[str, ...]) -> list[tuple[str, ...]] | None:
        """Return the rows of a statement; None when the file cannot be used."""
        try:
            try:
                return self._answer(statement, values)
            except sqlite3.DatabaseError as error:
                if not is_damage(error):
                    raise
                self._db.renew()
                return self._answer(statement, values)
        except (sqlite3.Error, OSError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else error
            self._problem = _ONLY_HERE.format(f"{paths.shown(self._db.file)} cannot be used ({reason})")
        return None

    def _answer(self, statement: str, values: tuple[str, ...]) -> list[tuple[str, ...]]:
        with closing(self._db.connect()) as connection, connection:
            return connection.execute(statement, values).fetchall()


def _now() -> str:
    return datetime.now().astimezone().isoformat(timespec="seconds")
