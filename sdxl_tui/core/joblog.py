"""jobs.log: one JSON object a line, only ever appended to."""

from __future__ import annotations

import errno
import fcntl
import json
import math
import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sdxl_tui.core.disk import refused, sync_folder, write_all
from sdxl_tui.core.errors import UserError

NAME = "jobs.log"
BLOCK_BYTES = 256 * 1024
"""How much of a log is read at once from its end; a record of a large batch takes a few KiB."""

_JOB_ID = re.compile(rb'"job_id"\s*:\s*"([^"\\]*)"')
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP)


def append(folder: Path, record: Mapping[str, Any]) -> None:
    """Append one job to ``folder``'s log, whole and on disk when this returns; raise UserError when it cannot be.

    Any number of processes may do so at once. A last line that a crash cut short is closed first; one that the disk
    had no room for leaves nothing behind.
    """
    append_all(folder, [record])


def append_all(folder: Path, records: Sequence[Mapping[str, Any]]) -> None:
    """Append several jobs as ``append`` does one: all of them, or none."""
    if not records:
        return
    lines = b"".join(as_line(record).encode() + b"\n" for record in records)
    file = folder / NAME
    try:
        folder.mkdir(parents=True, exist_ok=True)
        is_new = not file.exists()
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
        try:
            _append(descriptor, lines, _lock(descriptor))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if is_new:
            sync_folder(folder)
    except OSError as error:
        raise refused("The job is not logged", folder, error) from error


def as_line(record: Mapping[str, Any]) -> str:
    """Return a record as one line of JSON, readable as UTF-8.

    What some readers take for a line break, what a terminal acts on and halves of surrogate pairs are escaped;
    NaN and infinity, which are no JSON, become null.
    """
    text = json.dumps(_finite(record), ensure_ascii=False, allow_nan=False)
    return _ESCAPED.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def read(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the records of ``folder``'s log, oldest first; none when there is no log.

    Lines that are cut, broken or no JSON object are skipped; keys are neither required nor dropped, so the old lab's
    lines are read too. Raises UserError when the log cannot be read at all.
    """
    file = folder / NAME
    try:
        with file.open("rb") as lines:
            for line in lines:
                record = as_record(line)
                if record is not None:
                    yield record
    except FileNotFoundError:
        return
    except OSError as error:
        raise UserError(f"{file} cannot be read: {error.strerror or error}.") from error


def read_backwards(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the records of ``folder``'s log as ``read`` does, but newest first: a log of years begins as quickly."""
    file = folder / NAME
    try:
        with file.open("rb") as log:
            rest = b""
            for start in range((log.seek(0, os.SEEK_END) - 1) // BLOCK_BYTES * BLOCK_BYTES, -1, -BLOCK_BYTES):
                log.seek(start)
                first, *lines = (log.read(BLOCK_BYTES) + rest).split(b"\n")
                rest = first
                yield from (record for record in map(as_record, reversed(lines)) if record is not None)
            if (record := as_record(rest)) is not None:
                yield record
    except FileNotFoundError:
        return
    except OSError as error:
        raise UserError(f"{file} cannot be read: {error.strerror or error}.") from error


def newest(folder: Path) -> dict[str, Any] | None:
    """Return the last record of ``folder``'s log that can be read; None when there is none."""
    try:
        return next(read_backwards(folder), None)
    except UserError:
        return None


def logged_ids(folder: Path, wanted: Collection[str]) -> set[str]:
    """Return which of these job ids have a whole line in ``folder``'s log, however those jobs ended.

    Lines of other jobs are not parsed: a log of years takes a second. Raises UserError when it cannot be read.
    """
    file, found = folder / NAME, set[str]()
    if not wanted:
        return found
    try:
        with file.open("rb") as lines:
            for line in lines:
                named = _JOB_ID.search(line)
                if named is None or named[1].decode(errors="replace") in wanted:
                    job_id = str((as_record(line) or {}).get("job_id"))
                    if job_id in wanted:
                        found.add(job_id)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise UserError(f"{file} cannot be read: {error.strerror or error}.") from error
    return found


def as_record(line: bytes) -> dict[str, Any] | None:
    """Return the record that a line of a log is; None when it is cut, broken or no JSON object."""
    # A power cut can leave zero bytes before the next line; an editor can leave a byte order mark.
    text = line.strip(b"\0 \t\r\n").decode("utf-8-sig", errors="replace")
    try:
        record = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def _lock(descriptor: int) -> bool:
    """Wait for the others that write; False: this disk has no locks."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    except OSError as error:
        # Without locks O_APPEND still keeps lines whole on a local disk; a lost line would be worse.
        if error.errno not in _NO_LOCKS:
            raise
        return False
    return True


def _append(descriptor: int, lines: bytes, is_locked: bool) -> None:
    size = os.fstat(descriptor).st_size
    ends_with_a_line = size == 0 or os.pread(descriptor, 1, size - 1) == b"\n"
    try:
        write_all(descriptor, lines if ends_with_a_line else b"\n" + lines)
    except OSError:
        if is_locked:
            os.ftruncate(descriptor, size)
        raise


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return value
