"""What a folder knows of the lines of a file of jobs: which are done, and under which ids the others were begun.

A line without an id of its own gets one when it is first begun: the time of that start and hex digits of its source.
That the same line has the same id at the next start is known from the folder alone, so it holds on another machine and
in another container: its log line names its source (SOURCE), and so do pictures that it left there before it came to
its log line. A line of which nothing is there gets an id of this start.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sdxl_tui.core import joblog
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.jobs_file import Line
from sdxl_tui.core.pictures import read_record

SOURCE = "job_source"
"""Log key: the line's ``source``."""
LONGEST_ID = 100

_OURS = re.compile(r"\d{8}-\d{6}_[a-z0-9-]+_(?:seed\d+_\d{2}|frame_\d{3})\.png")


@dataclass
class PastJobs:
    """What was read of a folder."""

    folder: Path
    done: set[str] = field(default_factory=set)
    """Ids of the jobs that are done."""
    errors: dict[str, str] = field(default_factory=dict)
    """Id -> the error of the job's last line."""
    ids: dict[str, str] = field(default_factory=dict)
    """Source -> the id it had."""
    taken: set[str] = field(default_factory=set)
    """All ids of the log."""

    @classmethod
    def of(cls, folder: Path, sources: set[str]) -> PastJobs:
        """Read the log of ``folder``, and the pictures in it that the log does not know.

        Only what lines with these ``sources`` left there is kept of pictures. Raises UserError when the log cannot be
        read.
        """
        past = cls(folder)
        outputs: set[str] = set()
        for record in joblog.read(folder):
            past._take(record)
            listed = record.get("outputs")
            outputs.update(str(name) for name in (listed if isinstance(listed, list) else ()))
        if sources - past.ids.keys():
            past._look_at_pictures(outputs, sources)
        return past

    def _take(self, record: dict[str, Any]) -> None:
        job_id, source = record.get("job_id"), record.get(SOURCE)
        if not isinstance(job_id, str):
            return
        self.taken.add(job_id)
        self.errors[job_id] = str(record.get("error") or "")
        if record.get("status") == "done":
            self.done.add(job_id)
        if isinstance(source, str):
            self.ids[source] = job_id

    def _look_at_pictures(self, outputs: set[str], sources: set[str]) -> None:
        """A job that was cut off before its log line may have left pictures there: they say which line it was."""
        with suppress(OSError):
            for entry in os.scandir(self.folder):
                if not _OURS.fullmatch(entry.name) or entry.name in outputs:
                    continue
                with suppress(UserError):
                    record = read_record(Path(entry.path))
                    source, job_id = record.get(SOURCE), record.get("job_id")
                    if source in sources and isinstance(job_id, str):
                        self.ids.setdefault(str(source), job_id)


def job_ids(lines: Sequence[Line], past: PastJobs, now: datetime) -> list[str]:
    """Return the id of each line: its own ``job_id``, the one it was begun with before, or a new one.

    No two lines have the same one: a ``job_id`` that an earlier line has as well, or that is none, is passed over.
    """
    given = set[str]()
    ids: list[str] = []
    for line in lines:
        own = own_id(line)
        ids.append("" if own in given else own)
        given.add(own)
    taken = past.taken | given | set(past.ids.values())
    for place, line in enumerate(lines):
        if not ids[place]:
            ids[place] = past.ids.get(line.source) or _new_id(line.source, taken, now)
            taken.add(ids[place])
    return ids


def own_id(line: Line) -> str:
    """The ``job_id`` that a line gives itself; empty where it has none that can be one."""
    given = line.record.get("job_id")
    return given if isinstance(given, str) and 0 < len(given) <= LONGEST_ID and given.isprintable() else ""


def _new_id(source: str, taken: set[str], now: datetime) -> str:
    digits = source
    while (job_id := f"{now:%Y%m%d-%H%M%S}-{digits[:6]}") in taken:
        digits = hashlib.sha256(digits.encode()).hexdigest()
    return job_id
