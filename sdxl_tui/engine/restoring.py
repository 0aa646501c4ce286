"""What an earlier start left in the queue: read at the start, held against the log, and what can still run offered."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sdxl_tui.core import job_record, joblog
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.job import Job
from sdxl_tui.core.models import load_catalogue
from sdxl_tui.core.queue_store import RUNNING, QueueStore, Row

log = logging.getLogger(__name__)


@dataclass
class Left:
    """What was left."""

    jobs: list[tuple[Job, Row]] = field(default_factory=list)
    """Those that can run, in the order in which they are offered."""
    broken: list[tuple[Job, str]] = field(default_factory=list)
    """Those that cannot run any more, with the sentence that says why."""
    unreadable: list[tuple[Row, str]] = field(default_factory=list)
    """Rows that are no jobs."""

    @property
    def reason(self) -> str:
        """Why the queue is paused."""
        interrupted = sum(row.state == RUNNING for _, row in self.jobs)
        count, one = len(self.jobs), len(self.jobs) == 1
        begin = f"{count} job{' waits' if one else 's wait'} from before"
        match interrupted:
            case 0:
                how = ""
            case 1:
                how = ", and was interrupted" if one else ", the first was interrupted"
            case _:
                how = f", the first {interrupted} were interrupted"
        lost = len(self.broken) + len(self.unreadable)
        more = f" {lost} more cannot run any more: {'its line' if lost == 1 else 'their lines'} in jobs.log say why."
        return f"{begin}{how}.{more if lost else ''}"


def left_in(store: QueueStore) -> Left:
    """Return what an earlier start left in a store; the rows of jobs that were logged before it ended go."""
    left, rows = Left(), store.read()
    if not rows:
        return left
    try:
        logged = joblog.logged_ids(store.folder, {row.job_id for row in rows})
    except UserError as error:
        # Nothing can be logged either until that is mended, so no job is run twice.
        log.warning("the queue is not held against the log: %s", error)
        logged = set()
    store.forget(logged)
    try:
        catalogue = load_catalogue()
    except UserError as error:
        log.warning("the queue's models are not looked for: %s", error)
        catalogue = None
    for row in rows:
        if row.job_id in logged:
            continue
        try:
            job = replace(job_record.read(row.job), output_dir=store.folder)
        except UserError as error:
            left.unreadable.append((row, str(error)))
            continue
        try:
            possible = job if catalogue is None else job_record.check_possible(job, catalogue)
            left.jobs.append((possible, row))
        except UserError as error:
            left.broken.append((job, f"It waited, and cannot run any more: {error}"))
    return left


def record_of(row: Row, error: str) -> dict[str, Any]:
    """The log line of a row that is no job any more."""
    now = datetime.now().astimezone().isoformat(timespec="milliseconds")
    return {
        "schema": 1,
        "job_id": row.job_id,
        "timestamp": now,
        "status": "failed",
        "finished": now,
        "outputs": [],
        "pixels_sha256": [],
        "error": error,
    }
