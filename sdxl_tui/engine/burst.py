"""The jobs since the queue was last empty: how they ended, and the user's command once all of them have."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial

from sdxl_tui.core import events_log
from sdxl_tui.core.done_command import run_done_command
from sdxl_tui.core.job import Job
from sdxl_tui.core.settings import Settings
from sdxl_tui.engine.events import Event, Notice
from sdxl_tui.engine.saving import Ended

ENDINGS = {"done": "done", "failed": "failed"}
"""Status of a log line -> what it counts as; all others were cancelled."""


class Burst:
    """Counts jobs. Whoever calls takes care that one at a time does."""

    def __init__(self, emit: Callable[[Event], None]) -> None:
        self._emit = emit
        self._open: set[str] = set()
        """Ids of the jobs that have not ended."""
        self._ended: Counter[str] = Counter()
        self.is_closing = False
        """Nothing is run any more."""

    def begin(self, jobs: Sequence[Job]) -> None:
        """These wait from now on."""
        self._open |= {job.id for job in jobs}

    def forget(self, job: Job) -> None:
        """It was none of them."""
        self._open.discard(job.id)

    def end(self, ended: Sequence[Ended], settings: Settings, *, is_paused: bool) -> None:
        """These have ended; with the last of them the command of ``settings`` is run, unless all were cancelled.

        Jobs that never waited here, which an earlier start left and which cannot run any more, do not count.
        """
        ended = [one for one in ended if one.run.job.id in self._open]
        self._open -= {one.run.job.id for one in ended}
        self._ended.update(ENDINGS.get(one.record["status"], "cancelled") for one in ended)
        if self._open or not ended:
            return
        counts, self._ended = self._ended, Counter()
        has_run = counts["done"] or counts["failed"]
        if settings.queue_done_command.strip() and has_run and not is_paused and not self.is_closing:
            work = partial(self._run, settings, counts, ended[-1].run.job)
            threading.Thread(target=work, name="done-command", daemon=True).start()

    def _run(self, settings: Settings, counts: Counter[str], last: Job) -> None:
        problem = run_done_command(
            settings.queue_done_command,
            done=counts["done"],
            failed=counts["failed"],
            cancelled=counts["cancelled"],
            output_dir=settings.output_dir,
            log_file=settings.log_dir / events_log.NAME,
            patience=None,
        )
        if problem:
            self._emit(Notice(last.id, problem))
