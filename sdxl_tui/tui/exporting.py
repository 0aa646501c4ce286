"""One export under way, as the screen sees it; the work is core.sequence_export's."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from time import monotonic

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.sequence_export import export_path, export_sequence
from sdxl_tui.tui.playback import ONCE, PING_PONG

RUNS, DONE, FAILED, STOPPED = "runs", "done", "failed", "stopped"
PACE = 0.1
"""Seconds between two reports of progress at least."""

log = logging.getLogger(__name__)


class _Stopped(Exception):
    """The user stopped it."""


class Export:
    """Frames that become one file. ``run`` takes its time, so it is called on a thread; the rest is read by any."""

    def __init__(self, frames: Sequence[Path], ending: str, fps: float, way: str) -> None:
        self.frames = tuple(frames)
        self.path = export_path(self.frames[0], ending)
        """Where the file goes; a taken name has counted up once it is DONE."""
        self.fps, self.way = fps, way
        self.state = RUNS
        self.share = 0.0
        self.problem = ""
        """Why it FAILED: one sentence."""
        self.bytes = 0
        self._stop = threading.Event()
        self._next_report = 0.0

    def stop(self) -> None:
        """Give up; nothing is left behind."""
        self._stop.set()

    def run(self, tell: Callable[[], object]) -> None:
        """Write the file; ``tell`` is called, on this thread, when there is something new to show."""

        def progress(done: int, total: int) -> None:
            if self._stop.is_set():
                raise _Stopped
            self.share = done / max(1, total)
            if monotonic() >= self._next_report:
                self._next_report = monotonic() + PACE
                tell()

        loop, ping_pong = self.way != ONCE, self.way == PING_PONG
        try:
            self.path = export_sequence(
                self.frames, self.path, fps=self.fps, loop=loop, ping_pong=ping_pong, progress=progress
            )
            self.bytes = self.path.stat().st_size
            self.state = DONE
        except _Stopped:
            self.state = STOPPED
        except UserError as error:
            self.state, self.problem = FAILED, str(error)
        except Exception as error:
            log.warning("%s was not exported", self.path, exc_info=True)
            self.state = FAILED
            self.problem = f"{self.path.name} was not exported ({error}); app_events.log has the details."
        tell()
