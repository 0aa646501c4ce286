"""``lab.db``: what the lab must not lose between two starts and no log line can hold."""

from __future__ import annotations

import errno
import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path

from sdxl_tui.core import paths

NAME = "lab.db"

STEPS = (
    """
    CREATE TABLE kept (
        folder TEXT NOT NULL,
        name TEXT NOT NULL,
        since TEXT NOT NULL,
        PRIMARY KEY (folder, name)
    ) WITHOUT ROWID
    """,
)
"""What makes an empty file the current schema; its version is the number of steps taken. New ones come last."""

PATIENCE = 5.0
"""Seconds to wait while another process writes."""

_BESIDE = ("-wal", "-shm", "-journal")
_ONLY_HERE = "{}; marks are kept until you leave."


class Marks:
    """Which pictures are kept. Every call opens the file for itself, so any thread and any process may ask.

    No trouble with the file ever reaches the caller: marks then live in memory, and ``problem`` says so.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = paths.state_dir() / NAME if file is None else file
        self._unwritten: dict[tuple[str, str], bool] = {}
        self._lock = threading.RLock()
        self.problem = ""
        """One sentence on why the file is not in use, or was begun anew."""

    def is_kept(self, path: Path) -> bool:
        """Whether this picture is kept."""
        return _as_text(path.name) in self.kept_in(path.parent)

    def keep(self, path: Path, kept: bool) -> None:
        """Keep a picture, or no longer."""
        row = (_resolved(path.parent), _as_text(path.name))
        add, remove = "INSERT OR IGNORE INTO kept VALUES (?, ?, ?)", "DELETE FROM kept WHERE folder = ? AND name = ?"
        with self._lock:
            answer = self._ask(add, (*row, _now())) if kept else self._ask(remove, row)
            if answer is None:
                self._unwritten[row] = kept
            else:
                self._unwritten.pop(row, None)

    def kept_in(self, folder: Path) -> set[str]:
        """The names of the kept pictures of a folder."""
        place = _resolved(folder)
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
                if not _is_damage(error):
                    raise
                self._begin_anew()
                return self._answer(statement, values)
        except (sqlite3.Error, OSError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else error
            self.problem = _ONLY_HERE.format(f"{paths.shown(self._file)} cannot be used ({reason})")
        return None

    def _answer(self, statement: str, values: tuple[str, ...]) -> list[tuple[str, ...]]:
        with closing(self._opened()) as connection, connection:
            return connection.execute(statement, values).fetchall()

    def _opened(self) -> sqlite3.Connection:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self._file, timeout=PATIENCE)
        try:
            if _version(connection) < len(STEPS):
                _prepare(connection)
            elif _version(connection) > len(STEPS):
                raise sqlite3.NotSupportedError("a newer lab wrote it")
        except BaseException:
            connection.close()
            raise
        return connection

    def _begin_anew(self) -> None:
        """Put a damaged file aside; of several processes that see the damage only one does."""
        with _locked(self._file.parent):
            try:
                with closing(self._opened()) as connection:
                    intact = connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)
            except sqlite3.DatabaseError as error:
                if not _is_damage(error):
                    raise
                intact = False
            if intact:
                return
            aside = self._file.with_name(f"{NAME}.damaged-{datetime.now():%Y%m%d-%H%M%S-%f}")
            self._file.rename(aside)
            for ending in _BESIDE:
                with suppress(FileNotFoundError):
                    self._file.with_name(self._file.name + ending).rename(aside.with_name(aside.name + ending))
            self.problem = f"{NAME} was damaged: it is now {aside.name}, and marks begin anew."


def _prepare(connection: sqlite3.Connection) -> None:
    # Write-ahead logging lets readers go on while another process writes; some network file systems cannot do it.
    with suppress(sqlite3.OperationalError):
        connection.execute("PRAGMA journal_mode = WAL")
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        for number in range(_version(connection), len(STEPS)):
            connection.execute(STEPS[number])
        connection.execute(f"PRAGMA user_version = {len(STEPS)}")


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    """Whether the file itself is no database any more; what is only locked, full or forbidden has its own classes."""
    return type(error) is sqlite3.DatabaseError


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except OSError as error:
            if error.errno not in (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP):
                raise
        yield
    finally:
        os.close(descriptor)


def _resolved(folder: Path) -> str:
    return _as_text(os.path.realpath(folder))


def _as_text(name: str) -> str:
    """A file name as SQLite takes it: it may hold bytes that are no UTF-8."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _now() -> str:
    return datetime.now().astimezone().isoformat(timespec="seconds")
