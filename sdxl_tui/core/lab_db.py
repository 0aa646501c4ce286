"""``lab.db``: one SQLite file in the state folder; what it holds is for ``store``, ``queue_store`` and ``index``."""

from __future__ import annotations

import errno
import fcntl
import os
import sqlite3
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
    """
    CREATE TABLE queue (
        folder TEXT NOT NULL,
        job_id TEXT NOT NULL,
        position REAL NOT NULL,
        state TEXT NOT NULL,
        repeats INTEGER NOT NULL,
        job TEXT NOT NULL,
        PRIMARY KEY (folder, job_id)
    )
    """,
)
"""What makes an empty file the current schema; its version is the number of steps taken. New ones come last.

The index is not among them: it has a version of its own, so that it can be made anew without touching these.
"""

PATIENCE = 5.0
"""Seconds to wait while another process writes."""

_BESIDE = ("-wal", "-shm", "-journal")


class LabDb:
    """The file, opened anew for every use: any thread and any process may do so."""

    def __init__(self, file: Path | None = None) -> None:
        self.file = paths.state_dir() / NAME if file is None else file
        self.problem = ""
        """One sentence on a damaged file that was put aside."""

    def connect(self, patience: float = PATIENCE, *, one_thread: bool = True) -> sqlite3.Connection:
        """Return a connection to the file, its schema current; raises what SQLite or the disk raise.

        ``one_thread``: only the thread that asked may use it; who shares one takes care that one at a time does.
        """
        self.file.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self.file, timeout=patience, check_same_thread=one_thread)
        try:
            if _version(connection) < len(STEPS):
                _prepare(connection)
            elif _version(connection) > len(STEPS):
                raise sqlite3.NotSupportedError("a newer lab wrote it")
        except BaseException:
            connection.close()
            raise
        return connection

    def renew(self) -> None:
        """Put a damaged file aside and begin a new one with the marks and waiting jobs that can still be read.

        Of several processes that see the damage only one does.
        """
        with _locked(self.file.parent):
            if self._is_intact():
                return
            kept, waiting = self._readable("kept", 3), self._readable("queue", 6)
            aside = self.file.with_name(f"{NAME}.damaged-{datetime.now():%Y%m%d-%H%M%S-%f}")
            self.file.rename(aside)
            for ending in _BESIDE:
                with suppress(FileNotFoundError):
                    self.file.with_name(self.file.name + ending).rename(aside.with_name(aside.name + ending))
            with closing(self.connect()) as connection, connection:
                connection.executemany("INSERT OR IGNORE INTO kept VALUES (?, ?, ?)", kept)
                connection.executemany("INSERT OR IGNORE INTO queue VALUES (?, ?, ?, ?, ?, ?)", waiting)
            saved = f"{len(kept)} marks could be saved" if kept else "marks begin anew"
            jobs = f", {len(waiting)} queued job{'s' if len(waiting) > 1 else ''} too" if waiting else ""
            self.problem = f"{NAME} was damaged: it is now {aside.name}, and {saved}{jobs}."

    def _is_intact(self) -> bool:
        try:
            with closing(self.connect()) as connection:
                return connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                raise
            return False

    def _readable(self, table: str, columns: int) -> list[tuple[object, ...]]:
        """The rows of a table as far as they can be read; those without all their values are left out."""
        rows: list[tuple[object, ...]] = []
        with suppress(sqlite3.Error), closing(sqlite3.connect(self.file, timeout=PATIENCE)) as connection:
            connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
            for row in connection.execute(f"SELECT * FROM {table}"):
                if len(row) == columns and None not in row:
                    rows.append(row)
        return rows


def is_damage(error: sqlite3.DatabaseError) -> bool:
    """Whether the file itself is no database any more; what is only locked, full or forbidden has its own classes."""
    return type(error) is sqlite3.DatabaseError


def resolved(folder: Path) -> str:
    """A folder by its one true name, as SQLite takes it."""
    return as_text(os.path.realpath(folder))


def as_text(name: str) -> str:
    """A file name as SQLite takes it: it may hold bytes that are no UTF-8; one from a log even what no file has."""
    try:
        return os.fsencode(name).decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:
        return name.encode("utf-8", "backslashreplace").decode()


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
