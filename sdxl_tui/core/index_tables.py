"""The tables of the index in ``lab.db``: made, made anew, and the numbers of their rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress

VERSION = 1
"""A file with an older one, or none, gets new tables; whatever else it holds stays."""

_OFFSET_BITS = 44
"""A job's id is its log's id, then the offset of its line: 16 TiB a log, half a million logs."""

_TABLES = (
    "CREATE TABLE index_meta (version INTEGER NOT NULL, has_words INTEGER NOT NULL)",
    """
    CREATE TABLE index_log (
        id INTEGER PRIMARY KEY,
        folder TEXT NOT NULL UNIQUE,
        first INTEGER NOT NULL,
        end INTEGER NOT NULL,
        head BLOB NOT NULL,
        tail BLOB NOT NULL
    )
    """,
    """
    CREATE TABLE index_job (
        id INTEGER PRIMARY KEY,
        length INTEGER NOT NULL,
        pictures INTEGER NOT NULL,
        day TEXT NOT NULL,
        status TEXT NOT NULL,
        mode TEXT NOT NULL,
        model TEXT NOT NULL,
        style TEXT NOT NULL,
        scheduler TEXT NOT NULL,
        steps INTEGER,
        width INTEGER,
        height INTEGER
    )
    """,
    "CREATE TABLE index_text (id INTEGER PRIMARY KEY, words TEXT NOT NULL)",
    """
    CREATE TABLE index_picture (
        job INTEGER NOT NULL,
        number INTEGER NOT NULL,
        key INTEGER,
        seed INTEGER,
        gone INTEGER NOT NULL,
        PRIMARY KEY (job, number)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX index_picture_key ON index_picture (key)",
    "CREATE INDEX index_picture_seed ON index_picture (seed)",
    """
    CREATE TABLE index_swatch (
        folder TEXT NOT NULL,
        name TEXT NOT NULL,
        rgb BLOB NOT NULL,
        PRIMARY KEY (folder, name)
    ) WITHOUT ROWID
    """,
)
_NAMES = ("words", "swatch", "picture", "text", "job", "log", "meta")

_WORDS = """
    CREATE VIRTUAL TABLE IF NOT EXISTS index_words
    USING fts5 (words, content = 'index_text', content_rowid = 'id', tokenize = 'ascii')
"""
"""Over words that are cut and folded already: ``ascii`` takes every letter beyond ASCII as one of a word."""


def first_id(log_id: int) -> int:
    """The id of a job whose line begins its log."""
    return log_id << _OFFSET_BITS


def last_id(log_id: int) -> int:
    """The largest id of a job of this log."""
    return first_id(log_id + 1) - 1


def place_of(job: int) -> int:
    """The offset of a job's line in its log."""
    return job & (first_id(1) - 1)


def prepare(connection: sqlite3.Connection, *, anew: bool = False) -> None:
    """Make the tables where they are missing or older than this; ``anew``: whatever is there.

    Raises NotSupportedError when a newer lab made them.
    """
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA cache_size = -32000")
    version = None if anew else _version(connection)
    if version is not None and version > VERSION:
        raise sqlite3.NotSupportedError("a newer lab made its index")
    if version != VERSION:
        with transaction(connection):
            if anew or _version(connection) != VERSION:  # Another process may have been quicker.
                _make_tables(connection)
    if has_words(connection) != has_fts5(connection):
        with transaction(connection):
            _fill_words(connection)


def has_words(connection: sqlite3.Connection) -> bool:
    """Whether ``index_words`` is there and holds all that ``index_text`` holds."""
    return bool(connection.execute("SELECT has_words FROM index_meta").fetchone()[0])


def has_fts5(connection: sqlite3.Connection) -> bool:
    """Whether this SQLite was built with FTS5; without it words are looked for in ``index_text``, text by text."""
    with suppress(sqlite3.OperationalError):
        return bool(connection.execute("SELECT count(*) FROM pragma_module_list WHERE name = 'fts5'").fetchone()[0])
    return False


def remove_all(connection: sqlite3.Connection, folder: str) -> None:
    """Forget the jobs of a folder; its swatches stay."""
    row = connection.execute("SELECT id FROM index_log WHERE folder = ?", (folder,)).fetchone()
    if row is None:
        return
    ids = (first_id(row[0]), last_id(row[0]))
    if has_words(connection):
        connection.execute(
            "INSERT INTO index_words (index_words, rowid, words)"
            " SELECT 'delete', id, words FROM index_text WHERE id BETWEEN ? AND ?",
            ids,
        )
    connection.execute("DELETE FROM index_text WHERE id BETWEEN ? AND ?", ids)
    connection.execute("DELETE FROM index_job WHERE id BETWEEN ? AND ?", ids)
    connection.execute("DELETE FROM index_picture WHERE job BETWEEN ? AND ?", ids)
    connection.execute("DELETE FROM index_log WHERE id = ?", row)


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """One writer at a time: what is read inside stays true until the end."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _version(connection: sqlite3.Connection) -> int | None:
    with suppress(sqlite3.OperationalError):
        row = connection.execute("SELECT version FROM index_meta").fetchone()
        return None if row is None else int(row[0])
    return None


def _make_tables(connection: sqlite3.Connection) -> None:
    for name in _NAMES:
        connection.execute(f"DROP TABLE IF EXISTS index_{name}")
    for table in _TABLES:
        connection.execute(table)
    connection.execute("INSERT INTO index_meta VALUES (?, 0)", (VERSION,))


def _fill_words(connection: sqlite3.Connection) -> None:
    """Make ``index_words`` hold every text, or note that rows are added which it does not hold."""
    if has_fts5(connection):
        connection.execute(_WORDS)
        connection.execute("INSERT INTO index_words (index_words) VALUES ('rebuild')")
    connection.execute("UPDATE index_meta SET has_words = ?", (has_fts5(connection),))
