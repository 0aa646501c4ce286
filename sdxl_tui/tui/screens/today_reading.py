"""A screen that knows which jobs ended today, as long as it is in front."""

from __future__ import annotations

from datetime import date

from sdxl_tui.core.errors import UserError
from sdxl_tui.tui.desk import Desk
from sdxl_tui.tui.job_finder import JobFinder
from sdxl_tui.tui.notes import ERROR
from sdxl_tui.tui.queue_rows import QueueRows
from sdxl_tui.tui.screens.queue_actions import QueueActions
from sdxl_tui.tui.today import Today, TodayJobs

LOOK = 2.0
"""Seconds between two looks at a log that another program may write to."""


class TodayReading(QueueActions):
    """Reads the log off the event loop. A subclass shows ``rows``."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.rows = QueueRows(desk)
        self.finder = JobFinder(desk.settings.output_dir.absolute(), desk.kept.marks)
        self._reader = Today(self.finder, desk.kept)
        self._reads = self._must_read = False

    def on_mount(self) -> None:
        """Look now and then whether another program wrote to the log."""
        self.set_interval(LOOK, self._look_at_log)

    def read_today(self) -> None:
        """Read what ended today, off the event loop."""
        self._must_read = self._reads
        if not self._reads:
            self._reads = True
            self.run_worker(self._read_off_loop, thread=True, exit_on_error=False, group="today")

    def _look_at_log(self) -> None:
        if self.is_current and not self._reads:
            self.run_worker(self._stat_off_loop, thread=True, exit_on_error=False, group="look")

    def _take_today(self, today: TodayJobs, problem: str, is_all: bool) -> None:
        if problem:
            self.say("log", ERROR, problem)
        self.desk.thumbs.know(today.swatches)
        for shape, pace in today.paces.items():
            self.desk.state.pace.guess(shape, pace)
        self.rows.take(today)
        if is_all:
            self._reads = False
            if self._must_read:
                self.read_today()
        self.show()

    # On other threads

    def _read_off_loop(self) -> None:
        """What is indexed already, then what the log has beside."""
        today, problem = TodayJobs(), ""
        try:
            today = self._reader.read(date.today())
            if today.jobs:
                self.app.call_later(self._take_today, today, "", False)
            if self.finder.follow(lambda: not self.is_running, lambda share: None):
                today = self._reader.read(date.today())
        except UserError as error:
            problem = str(error)
        self.app.call_later(self._take_today, today, problem, True)

    def _stat_off_loop(self) -> None:
        if self.finder.has_grown():
            self.app.call_later(self.read_today)
