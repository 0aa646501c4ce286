"""The days of a ``jobs.log``: where each day's lines lie, so that only the day in view is held in memory."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sdxl_tui.core import joblog
from sdxl_tui.core.errors import UserError

UNDATED = ""
"""The day of lines that do not say when."""

_DATE = re.compile(r"\s*(\d{4})-?(0[1-9]|1[0-2])-?(0[1-9]|[12]\d|3[01])(?!\d)")

Record = dict[str, Any]


class History:
    """The log of one folder. It reads the disk, so it is asked off the event loop, by one thread at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._places: dict[str, list[tuple[int, int]]] = {}
        """Day -> offset and length of each of its lines."""
        self._end = 0
        self._file_id: tuple[int, int] | None = None

    def days(self) -> list[str]:
        """The days that have jobs as ``2026-11-23``, oldest first; UNDATED before all of them."""
        return sorted(self._places)

    def follow(self) -> set[str]:
        """Read what was appended since the last time; return the days it belongs to.

        A last line that is still being written is read next time. Raises UserError when the log cannot be read.
        """
        file = self.folder / joblog.NAME
        changed: set[str] = set()
        try:
            with file.open("rb") as lines:
                state = os.fstat(lines.fileno())
                file_id = (state.st_dev, state.st_ino)
                if file_id != self._file_id or state.st_size < self._end:
                    changed |= set(self._places)
                    self._places, self._end, self._file_id = {}, 0, file_id
                lines.seek(self._end)
                for line in lines:
                    record = joblog.as_record(line)
                    if record is None and not line.endswith(b"\n"):
                        break
                    if record is not None:
                        day = day_of(record)
                        self._places.setdefault(day, []).append((self._end, len(line)))
                        changed.add(day)
                    self._end += len(line)
        except FileNotFoundError:
            changed |= set(self._places)
            self._places, self._end, self._file_id = {}, 0, None
        except OSError as error:
            raise UserError(f"{file} cannot be read: {error.strerror or error}.") from error
        return changed

    def jobs_of(self, day: str) -> list[Record]:
        """The records of a day, newest first; raise UserError when the log cannot be read."""
        places = self._places.get(day)
        return list(self._read(places)) if places else []

    def _read(self, places: list[tuple[int, int]]) -> Iterator[Record]:
        file = self.folder / joblog.NAME
        try:
            with file.open("rb") as lines:
                for offset, length in reversed(places):
                    lines.seek(offset)
                    record = joblog.as_record(lines.read(length))
                    if record is not None:
                        yield record
        except OSError as error:
            raise UserError(f"{file} cannot be read: {error.strerror or error}.") from error


def day_of(record: Mapping[str, Any]) -> str:
    """The local day of a job, as its time or else its id says; UNDATED when neither does."""
    for key in ("timestamp", "job_id", "date", "time"):
        match = _DATE.match(str(record.get(key, "")))
        if match:
            return "-".join(match.groups())
    return UNDATED
