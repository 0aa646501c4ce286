"""The jobs that were asked for as repeats, until they are done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sdxl_tui.engine import Event, JobCancelled, JobDone, JobFailed
from sdxl_tui.tui.log_wording import not_repeated_note, repeated_note


class Repeats:
    """By the id of the new job: the line it repeats."""

    def __init__(self) -> None:
        self._before: dict[str, Mapping[str, Any]] = {}

    def expect(self, job_id: str, before: Mapping[str, Any]) -> None:
        """This job repeats that line."""
        self._before[job_id] = before

    def answer(self, event: Event) -> tuple[str, str] | None:
        """The glyph and the sentence on a repeat that has ended; None: the report is of something else."""
        if not isinstance(event, (JobDone, JobFailed, JobCancelled)):
            return None
        before = self._before.pop(event.job_id, None)
        if before is None:
            return None
        if isinstance(event, JobDone):
            return repeated_note(before, event.record)
        return not_repeated_note(getattr(event, "reason", ""), stopped=isinstance(event, JobCancelled))
