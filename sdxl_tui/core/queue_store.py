"""The queue in ``lab.db``: what waits or runs in one output folder outlives the lab, however that ends."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from sdxl_tui.core import paths
from sdxl_tui.core.lab_db import LabDb, is_damage, resolved

T = TypeVar("T")

WAITING, RUNNING = "waiting", "running"

_NONE: Mapping[str, Mapping[str, Any]] = {}

PATIENCE = 1.0
"""Seconds to wait while another process writes: the user's key waits as long."""
PATIENCE_AT_START = 5.0
"""The same, when what waits is read: nobody waits for that."""
PATIENCE_AFTER = 0.02
"""The same, once that was in vain, until a write succeeds again."""


@dataclass(frozen=True)
class Row:
    """A job that has not ended."""

    job_id: str
    position: float
    """Jobs run in the order of these; a job that is moved gets one between those of its neighbours."""
    state: str
    """WAITING or RUNNING."""
    repeats: bool
    job: str
    """JSON, as ``job_record`` writes it."""


class QueueStore:
    """The rows of one output folder. Any thread may ask; what was told is on disk when a call returns.

    No trouble with the file ever reaches the caller: ``problem`` says it, and what could not be written is written
    with the next change that can.
    """

    def __init__(self, folder: Path, file: Path | None = None) -> None:
        """``folder``: the output folder; ``file``: the database, if it is not the lab's own."""
        self.folder = folder.absolute()
        self._db = LabDb(file)
        self._rows: dict[str, Row] = {}
        """What is to be on disk."""
        self._unwritten: dict[str, Row | None] = {}
        """What is not yet; None: the row is to go."""
        self._connection: sqlite3.Connection | None = None
        self._opened_file: tuple[int, int] | None = None
        """Which file the connection is to: another process may put a damaged one aside."""
        self._lock = threading.RLock()
        self._problem = ""

    @property
    def problem(self) -> str:
        """One sentence on why the queue is not on disk; empty: it is."""
        return self._problem

    @property
    def remark(self) -> str:
        """One sentence on a damaged file that was put aside; empty: it never was."""
        return self._db.problem

    def read(self) -> list[Row]:
        """Return the rows of earlier starts, in the order in which they are offered: what ran comes first."""
        with self._lock:
            known = self._try(lambda: self._stored(PATIENCE_AT_START)) or []
            self._rows = {row.job_id: row for row in known} | self._rows
        return sorted(known, key=lambda row: (row.state != RUNNING, row.position))

    def save(self, rows: Iterable[Row] = (), changes: Mapping[str, Mapping[str, Any]] = _NONE) -> None:
        """Add rows and change fields of others, by job id, all or nothing of it; unknown ids stay unknown."""
        with self._lock:
            known = {job_id: self._rows[job_id] for job_id in changes if job_id in self._rows}
            changed = {job_id: replace(row, **changes[job_id]) for job_id, row in known.items()}
            self._change(changed | {row.job_id: row for row in rows})

    def forget(self, job_ids: Iterable[str]) -> None:
        """Let the rows of jobs go whose lines are in jobs.log."""
        with self._lock:
            self._change({job_id: None for job_id in job_ids if job_id in self._rows})

    def close(self) -> None:
        """Write what could not be written before, if that is possible now, and let go of the file."""
        with self._lock:
            self._change({})
            self._let_go()

    def _change(self, changes: Mapping[str, Row | None]) -> None:
        with self._lock:
            for job_id, row in changes.items():
                if row is None:
                    self._rows.pop(job_id, None)
                else:
                    self._rows[job_id] = row
            self._unwritten |= changes
            if self._unwritten:
                self._try(self._write)

    def _try(self, work: Callable[[], T]) -> T | None:
        """Return what ``work`` does; None when the file cannot be used. A damaged one is begun anew once."""
        try:
            try:
                found = work()
            except sqlite3.DatabaseError as error:
                if not is_damage(error):
                    raise
                self._let_go()
                self._db.renew()
                found = work()
        except (sqlite3.Error, OSError) as error:
            self._let_go()
            reason = error.strerror if isinstance(error, OSError) and error.strerror else error
            self._problem = f"The queue is not saved: {paths.shown(self._db.file)} cannot be used ({reason})."
            return None
        self._problem = ""
        return found

    def _stored(self, patience: float) -> list[Row]:
        query = "SELECT job_id, position, state, repeats, job FROM queue WHERE folder = ?"
        found = self._open(patience).execute(query, (resolved(self.folder),)).fetchall()
        return [
            Row(str(key), float(place), str(state), bool(again), str(job)) for key, place, state, again, job in found
        ]

    def _write(self) -> None:
        for _ in range(2):
            connection, folder = self._open(), resolved(self.folder)
            gone = [(folder, job_id) for job_id, row in self._unwritten.items() if row is None]
            rows = [
                (folder, row.job_id, row.position, row.state, row.repeats, row.job)
                for row in self._unwritten.values()
                if row is not None
            ]
            with connection:
                connection.execute("BEGIN IMMEDIATE")
                connection.executemany("DELETE FROM queue WHERE folder = ? AND job_id = ?", gone)
                connection.executemany("INSERT OR REPLACE INTO queue VALUES (?, ?, ?, ?, ?, ?)", rows)
            if self._opened_file == _identity(self._db.file):
                self._unwritten.clear()
                return
        raise OSError("the file is replaced again and again")

    def _open(self, patience: float | None = None) -> sqlite3.Connection:
        """The connection to the file that is there now; to another one than before, all rows are to be written."""
        if patience is None:
            patience = PATIENCE_AFTER if self._problem else PATIENCE
        if self._connection is not None and self._opened_file != _identity(self._db.file):
            self._let_go()
        if self._connection is None:
            self._connection = self._db.connect(patience, one_thread=False)
            self._connection.execute("PRAGMA synchronous = FULL")
            before, self._opened_file = self._opened_file, _identity(self._db.file)
            if before not in (None, self._opened_file):
                self._unwritten = {**self._rows, **self._unwritten}
        self._connection.execute(f"PRAGMA busy_timeout = {round(patience * 1000)}")
        return self._connection

    def _let_go(self) -> None:
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None


def _identity(file: Path) -> tuple[int, int] | None:
    """What tells the file from another one of its name."""
    try:
        state = os.stat(file)
    except FileNotFoundError:
        return None
    return state.st_dev, state.st_ino
