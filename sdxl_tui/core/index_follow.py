"""What jobs.log has and the index has not, block by block; a log that was replaced or cut is read anew.

A log is known again by its first bytes and by those before the end of what was read. An edit between the two that keeps
every line's place is not noticed.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from sdxl_tui.core import joblog
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.index_rows import row_of
from sdxl_tui.core.index_tables import first_id, has_words, remove_all, transaction
from sdxl_tui.core.lab_db import resolved

BLOCK = 4 * 1024 * 1024
"""Bytes of the log that one transaction takes in: a few thousand jobs, a part of a second."""
FINGERPRINT = 256
"""Bytes at the beginning of the log, and before the end of what was read, by which it is known again."""


@dataclass(frozen=True)
class LogRow:
    """How far a log is indexed: from offset ``first`` to ``end``."""

    id: int
    first: int
    end: int
    head: bytes
    tail: bytes


def catch_up(connection: sqlite3.Connection, folder: Path, tell: Callable[[float], object] | None = None) -> bool:
    """Take in what is new in the log of ``folder``; return whether anything changed.

    Each block is a transaction; after it ``tell`` is told which share of the log is read. Raises UserError when the log
    cannot be read.
    """
    file, place = folder / joblog.NAME, resolved(folder)
    has_changed = False
    try:
        with file.open("rb") as log:
            while _take_in_a_block(connection, place, log):
                has_changed = True
                if tell is not None:
                    tell(_share(connection, place, log))
    except FileNotFoundError:
        if log_row(connection, place) is None:
            return False
        with transaction(connection):
            remove_all(connection, place)
        return True
    except OSError as error:
        raise UserError(f"{file} cannot be read: {error.strerror or error}.") from error
    return has_changed


def _take_in_a_block(connection: sqlite3.Connection, place: str, log: IO[bytes]) -> bool:
    """Index the next block: the newest lines first, then those before them; return False when there is none."""
    row = log_row(connection, place)
    if row is not None and _is_same_log(log, row) and not _has_more(log, row):
        return False
    with transaction(connection):
        row = log_row(connection, place)
        if row is not None and not _is_same_log(log, row):
            remove_all(connection, place)
            row = None
        if row is None:
            size = os.fstat(log.fileno()).st_size
            row = _begin(connection, place, _line_start(log, max(0, size - BLOCK)))
        lines = list(_lines(log, row.end, None))
        if lines:
            first, end = row.first, lines[-1][0] + len(lines[-1][1])
        elif row.first:
            first, end = _block_before(log, row.first), row.end
            lines = list(_lines(log, first, row.first))
        else:
            return False
        _insert(connection, row.id, lines)
        connection.execute(
            "UPDATE index_log SET first = ?, end = ?, head = ?, tail = ? WHERE id = ?",
            (first, end, *_fingerprint(log, end), row.id),
        )
    return True


def _begin(connection: sqlite3.Connection, place: str, offset: int) -> LogRow:
    connection.execute(
        "INSERT INTO index_log (folder, first, end, head, tail) VALUES (?, ?, ?, ?, ?)",
        (place, offset, offset, b"", b""),
    )
    row = log_row(connection, place)
    assert row is not None
    return row


def log_row(connection: sqlite3.Connection, place: str) -> LogRow | None:
    """How far the log of a folder, named as ``lab_db.resolved`` does, is indexed; None: not at all."""
    row = connection.execute("SELECT id, first, end, head, tail FROM index_log WHERE folder = ?", (place,)).fetchone()
    return None if row is None else LogRow(*row)


def _share(connection: sqlite3.Connection, place: str, log: IO[bytes]) -> float:
    row = log_row(connection, place)
    size = os.fstat(log.fileno()).st_size
    return 1.0 if row is None or not size else (row.end - row.first) / size


def _is_same_log(log: IO[bytes], row: LogRow) -> bool:
    if os.fstat(log.fileno()).st_size < row.end:
        return False
    head, tail = _fingerprint(log, row.end)
    # The last line that was read may have had no end yet: then it must not have been continued.
    next_sign = log.read(1)
    is_continued = bool(tail) and not tail.endswith(b"\n") and next_sign not in (b"", b"\n")
    return not row.head or ((head[: len(row.head)], tail) == (row.head, row.tail) and not is_continued)


def _has_more(log: IO[bytes], row: LogRow) -> bool:
    return row.first > 0 or next(_lines(log, row.end, None), None) is not None


def _fingerprint(log: IO[bytes], end: int) -> tuple[bytes, bytes]:
    length = min(FINGERPRINT, end)
    log.seek(0)
    head = log.read(length)
    log.seek(end - length)
    return head, log.read(length)


def _lines(log: IO[bytes], begin: int, end: int | None) -> Iterator[tuple[int, bytes]]:
    """The lines from ``begin`` to ``end``, or about BLOCK bytes of them; one still being written is left for later."""
    place = begin
    log.seek(begin)
    for line in log:
        if end is not None and place >= end:
            return
        if not line.endswith(b"\n") and joblog.as_record(line) is None:
            return
        yield place, line
        place += len(line)
        if end is None and place - begin >= BLOCK:
            return


def _line_start(log: IO[bytes], place: int) -> int:
    """Where the first line begins that begins at ``place`` or later."""
    if place <= 0:
        return 0
    log.seek(place - 1)
    return place - 1 + len(log.readline())


def _block_before(log: IO[bytes], end: int) -> int:
    """Where a block of whole lines before ``end`` begins."""
    place = end
    while place > 0:
        place -= BLOCK
        begin = _line_start(log, place)
        if begin < end:
            return begin
    return 0


def _insert(connection: sqlite3.Connection, log_id: int, lines: Sequence[tuple[int, bytes]]) -> None:
    jobs, texts, pictures = [], [], []
    for place, line in lines:
        record = joblog.as_record(line)
        if record is None:
            continue
        job, row = first_id(log_id) + place, row_of(record)
        facts = (row.day, row.status, row.mode, row.model, row.style, row.scheduler, row.steps, row.width, row.height)
        count = sum(key is not None for key, _ in row.pictures)
        jobs.append((job, len(line), count, *facts))
        texts.append((job, row.words))
        pictures += [(job, number, key, seed) for number, (key, seed) in enumerate(row.pictures)]
    connection.executemany(f"INSERT INTO index_job VALUES ({', '.join('?' * 12)})", jobs)
    connection.executemany("INSERT INTO index_text VALUES (?, ?)", texts)
    connection.executemany("INSERT INTO index_picture VALUES (?, ?, ?, ?, 0)", pictures)
    if has_words(connection):
        connection.executemany("INSERT INTO index_words (rowid, words) VALUES (?, ?)", texts)
