"""The index over jobs.log in ``lab.db``: 100,000 jobs searched while one types.

jobs.log stays the truth: a row says where a line begins and what it can be found by, and the line itself is read from
the log. What the log has and the index has not is read by ``follow``; a log that was replaced or cut is read anew.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sdxl_tui.core import joblog, paths
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.index_follow import catch_up, log_row
from sdxl_tui.core.index_rows import key_of, outputs_of
from sdxl_tui.core.index_search import Search, search_of
from sdxl_tui.core.index_tables import first_id, has_words, last_id, place_of, prepare, transaction
from sdxl_tui.core.lab_db import LabDb, as_text, is_damage, resolved
from sdxl_tui.core.query import Query
from sdxl_tui.core.store import Marks

PAGE = 200
"""Jobs that a search returns at once."""

EVERYTHING = Query()

T = TypeVar("T")


@dataclass(frozen=True)
class Found:
    """One job that fits a query."""

    id: int
    """Grows with the place in the log: what to continue after."""
    record: dict[str, Any]
    """Its line of the log."""
    pictures: tuple[int, ...]
    """Which of its pictures fit, counted from 0; empty where it has none."""
    gone: frozenset[int]
    """Which of them are known not to be there any more."""


@dataclass(frozen=True)
class Totals:
    """How much fits a query."""

    jobs: int
    pictures: int


class Index:
    """The jobs of one output folder. Reads the disk, so it is asked off the event loop; any thread may do so.

    Where ``lab.db`` cannot be used the same tables lie in a file of this process alone: then ``problem`` says why, and
    the log is read from its beginning.
    """

    def __init__(self, folder: Path, marks: Marks | None = None, file: Path | None = None) -> None:
        self.folder = folder
        self._marks = Marks(file) if marks is None else marks
        self._db = LabDb(file)
        self._private: sqlite3.Connection | None = None
        self._lock = threading.RLock()
        self.problem = ""
        """One sentence on why ``lab.db`` is not in use."""

    def follow(self, tell: Callable[[float], object] | None = None) -> bool:
        """Take in what is new in the log; return whether anything changed.

        The newest jobs of a log that is not known yet come first; after each block ``tell`` is told which share of the
        log is read, and an exception from it ends this early. Raises UserError when the log cannot be read.
        """
        return self._with(lambda connection: catch_up(connection, self.folder, tell))

    def search(self, query: Query = EVERYTHING, before: int | None = None, count: int = PAGE) -> list[Found]:
        """Return the jobs that fit, newest first, from the one after ``before`` (the id of a job) on."""
        return self._with(lambda connection: list(self._found(connection, query, before, count)))

    def totals(self, query: Query = EVERYTHING) -> Totals:
        """How many jobs and pictures fit."""

        def counted(connection: sqlite3.Connection) -> Totals:
            search = self._search(connection, query)
            jobs = f"SELECT job.pictures AS number FROM {search.tables} WHERE {search.of_job}"
            if search.picture_conditions:
                jobs = (
                    f"SELECT count(picture.key) AS number FROM {search.tables} JOIN index_picture AS picture"
                    f" ON picture.job = job.id AND {search.of_picture} WHERE {search.of_job} GROUP BY {search.order}"
                )
            return Totals(
                *connection.execute(
                    f"SELECT count(*), ifnull(sum(number), 0) FROM ({jobs})",
                    [*search.picture_values, *search.job_values],
                ).fetchone()
            )

        return self._with(counted)

    def days(self, query: Query = EVERYTHING) -> list[tuple[str, int]]:
        """The days that have jobs that fit, newest first, and how many; the day of undated ones is empty."""

        def counted(connection: sqlite3.Connection) -> list[tuple[str, int]]:
            search = self._search(connection, query)
            return connection.execute(
                f"SELECT job.day, count(*) FROM {search.tables} WHERE {search.where} GROUP BY job.day ORDER BY 1 DESC",
                search.values,
            ).fetchall()

        return self._with(counted)

    def look(self, found: Sequence[Found]) -> set[int]:
        """See which pictures of these jobs are still there; return the ids of those for which that changed."""
        changed = {}
        for job in found:
            names = outputs_of(job.record)
            gone = frozenset(index for index, name in enumerate(names) if not os.path.lexists(self.folder / name))
            if gone != job.gone:
                changed[job.id] = (gone, len(names))

        def noted(connection: sqlite3.Connection) -> set[int]:
            with transaction(connection):
                connection.executemany(
                    "UPDATE index_picture SET gone = ? WHERE job = ? AND number = ?",
                    [(n in gone, job, n) for job, (gone, count) in changed.items() for n in range(count)],
                )
            return set(changed)

        return self._with(noted) if changed else set()

    def swatches(self, pictures: Sequence[Path]) -> dict[Path, bytes]:
        """The micro pictures of these pictures as ``core.swatches`` made them; those not made yet are left out."""
        query = "SELECT rgb FROM index_swatch WHERE folder = ? AND name = ?"

        def read(connection: sqlite3.Connection) -> dict[Path, bytes]:
            rows = {path: connection.execute(query, _swatch_key(path)).fetchone() for path in pictures}
            return {path: bytes(row[0]) for path, row in rows.items() if row is not None}

        return self._with(read)

    def keep_swatches(self, swatches: dict[Path, bytes]) -> None:
        """Store micro pictures; a log that is read anew does not lose them."""
        rows = [(*_swatch_key(path), rgb) for path, rgb in swatches.items()]

        def stored(connection: sqlite3.Connection) -> None:
            with transaction(connection):
                connection.executemany("INSERT OR REPLACE INTO index_swatch VALUES (?, ?, ?)", rows)

        self._with(stored)

    # Where the tables lie

    def _with(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do ``work`` on ``lab.db``, or on a file of our own when that cannot be used."""
        if self._private is None:
            try:
                return self._on_file(work)
            except (sqlite3.Error, OSError) as error:
                reason = error.strerror if isinstance(error, OSError) and error.strerror else error
                self.problem = f"{paths.shown(self._db.file)} cannot be used ({reason}): searching takes longer."
        with self._lock:
            if self._private is None:
                self._private = sqlite3.connect("", check_same_thread=False, isolation_level=None)
                prepare(self._private)
                catch_up(self._private, self.folder)
            return work(self._private)

    def _on_file(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            with self._opened() as connection:
                return work(connection)
        except sqlite3.DatabaseError as error:
            if not _wants_tables_anew(error):
                raise
        try:
            with self._opened(anew=True) as connection:
                catch_up(connection, self.folder)
                return work(connection)
        except sqlite3.DatabaseError as error:
            if not _wants_tables_anew(error):
                raise
        self._db.renew()
        with self._opened(anew=True) as connection:
            catch_up(connection, self.folder)
            return work(connection)

    @contextmanager
    def _opened(self, *, anew: bool = False) -> Iterator[sqlite3.Connection]:
        with closing(self._db.connect()) as connection:
            connection.isolation_level = None
            prepare(connection, anew=anew)
            yield connection

    # Searching

    def _search(self, connection: sqlite3.Connection, query: Query, before: int | None = None) -> Search:
        row = log_row(connection, resolved(self.folder))
        log_id = 0 if row is None else row.id
        if any(term.field == "kept" for term in query.terms):
            connection.execute("CREATE TEMP TABLE IF NOT EXISTS kept_now (key INTEGER PRIMARY KEY)")
            connection.execute("DELETE FROM kept_now")
            keys = [(key_of(name),) for name in self._marks.kept_in(self.folder)]
            connection.executemany("INSERT OR IGNORE INTO kept_now VALUES (?)", keys)
        last = last_id(log_id) if before is None else before - 1
        return search_of(query, first_id(log_id), last, has_words=has_words(connection))

    def _found(self, connection: sqlite3.Connection, query: Query, before: int | None, count: int) -> Iterator[Found]:
        search = self._search(connection, query, before)
        rows = connection.execute(
            f"SELECT job.id, job.length FROM {search.tables} WHERE {search.where} ORDER BY {search.order} DESC LIMIT ?",
            [*search.values, count],
        ).fetchall()
        for job, record in self._records(rows):
            pictures = connection.execute(
                f"SELECT picture.number, picture.gone, {search.of_picture} FROM index_picture AS picture"
                " WHERE picture.job = ? AND picture.key IS NOT NULL",
                [*search.picture_values, job],
            ).fetchall()
            fitting = tuple(number for number, _, fits in pictures if fits)
            yield Found(job, record, fitting, frozenset(number for number, gone, _ in pictures if gone))

    def _records(self, rows: Sequence[tuple[int, int]]) -> Iterator[tuple[int, dict[str, Any]]]:
        """Read lines from the log; those of a log that was replaced since it was followed are left out."""
        file = self.folder / joblog.NAME
        try:
            with file.open("rb") as log:
                for job, length in rows:
                    log.seek(place_of(job))
                    record = joblog.as_record(log.read(length))
                    if record is not None:
                        yield job, record
        except FileNotFoundError:
            return
        except OSError as error:
            raise UserError(f"{file} cannot be read: {error.strerror or error}.") from error


def _wants_tables_anew(error: sqlite3.DatabaseError) -> bool:
    """Whether the file is damaged, or tables of the index are missing or do not fit together."""
    return is_damage(error) or any(sign in str(error) for sign in ("no such table", "no such column", "vtable"))


def _swatch_key(picture: Path) -> tuple[str, str]:
    return resolved(picture.parent), as_text(picture.name)
