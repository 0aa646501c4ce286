"""One model whose files are held against their hashes, as the screens see it; the work is core.verifying's."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from time import monotonic

from sdxl_tui.core.check import ModelReport
from sdxl_tui.core.verifying import Verdict, verify

RUNS, DONE, FAILED, STOPPED = "runs", "done", "failed", "stopped"
PACE = 0.2
"""Seconds between two reports of progress at least."""

log = logging.getLogger(__name__)


class _Stopped(Exception):
    """The user stopped it."""


class Verification:
    """Files that are read and compared. ``run`` takes its time, so it is called on a thread; any reads the rest."""

    def __init__(self, report: ModelReport) -> None:
        self.report = report
        self.state = RUNS
        self.file = ""
        """The one that is read."""
        self.share = 0.0
        self.verdict = Verdict()
        """Once it is DONE."""
        self._stop = threading.Event()
        self._next_report = 0.0

    def stop(self) -> None:
        """Give up."""
        self._stop.set()

    def run(self, tell: Callable[[], object]) -> None:
        """Read the files; ``tell`` is called, on this thread, when there is something new to show."""

        def progress(name: str, done: int, total: int) -> None:
            if self._stop.is_set():
                raise _Stopped
            self.file, self.share = name, done / max(1, total)
            if monotonic() >= self._next_report:
                self._next_report = monotonic() + PACE
                tell()

        try:
            self.verdict = verify(self.report, progress)
            self.state = DONE
        except _Stopped:
            self.state = STOPPED
        except Exception:
            log.exception("%s was not verified", self.report.model.id)
            self.state = FAILED
        tell()
