"""A screen that follows the log and finds jobs in it while one types."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from textual import on
from textual.events import ScreenResume
from textual.message import Message

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.query import Query, parse_query
from sdxl_tui.engine import Event, JobCancelled, JobDone, JobFailed
from sdxl_tui.tui.desk import Desk
from sdxl_tui.tui.job_finder import JobFinder, Swatches
from sdxl_tui.tui.notes import WARNING
from sdxl_tui.tui.pictured import Pictured
from sdxl_tui.tui.roll import Roll
from sdxl_tui.tui.screens.log_actions import LogActions
from sdxl_tui.tui.widgets.browser import Browser

if TYPE_CHECKING:  # SQLite waits until the screen is painted
    from sdxl_tui.core.index import Found

LOOK = 2.0
"""Seconds between two looks at a log that another program may write to."""


class FindingScreen(LogActions):
    """Asks the index off the event loop. A subclass shows what is found, and has a ``browser`` for it."""

    @dataclass
    class Answered(Message):
        """What fits a query, or the newest of it."""

        roll: Roll
        swatches: Swatches
        query: Query
        question: int

    @dataclass
    class LinesRead(Message):
        """Lines of a roll were read."""

        roll: Roll
        found: Sequence[Found]
        swatches: Swatches

    @dataclass
    class Followed(Message):
        """So far the log is read."""

        has_changed: bool
        share: float
        pictures: int = 0
        """How many the log has, once all of it is read."""
        problem: str = ""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.finder = JobFinder(desk.settings.output_dir.absolute(), desk.kept.marks)
        self.query_now = Query()
        """What is looked for."""
        self.roll = Roll(self.finder.folder)
        """What is found."""
        self.shown_query: Query | None = None
        """What the roll is the answer to; None: nothing was answered yet."""
        self.log_problem = ""
        """Why the log cannot be read."""
        self.log_share = 1.0
        """How much of it is read."""
        self.all_pictures = 0
        """How many pictures the log has."""
        self._follows = False
        self._must_follow = False
        self._reads: range | None = None
        self._reads_next: range | None = None

    @property
    def browser(self) -> Browser:
        """What shows the roll."""
        raise NotImplementedError

    def on_mount(self) -> None:
        """Look now and then whether another program wrote to the log."""
        self.set_interval(LOOK, self._look_at_log)

    def report(self, event: Event) -> None:
        """A job that ended is in the log."""
        if self.is_current:
            self.show_frame()
            if isinstance(event, (JobDone, JobFailed, JobCancelled)):
                self.follow()

    def find(self, typed: str) -> str:
        """Look for what was typed; return the sentence on what is wrong with it."""
        try:
            query = parse_query(typed)
        except UserError as error:
            return str(error)
        if query != self.query_now:
            self.query_now = query
            self.ask()
        return ""

    def ask(self) -> None:
        """Look for the query of now; an older question is over."""
        question = self.finder.next_question()
        first = self.query_now != self.shown_query or not self.roll.is_whole
        work = partial(self._find_off_loop, self.query_now, question, first)
        self.run_worker(work, thread=True, exit_on_error=False, group="find")

    @on(ScreenResume)
    def follow(self) -> None:
        """Take in what is new in the log."""
        if self.shown_query is None:
            self.ask()
        self._must_follow = self._follows
        if not self._follows:
            self._follows = True
            self.run_worker(self._follow_off_loop, thread=True, exit_on_error=False, group="log")

    @on(Answered)
    def take_answer(self, event: Answered) -> None:
        """Show what was found; the chosen picture stays where it fits, but the newest gives way to a newer one."""
        if self.finder.is_over(event.question):
            return
        if self.shown_query is None and self._follows and not event.roll.places:
            return  # An index that has just been begun says nothing about the log.
        before, at = self.roll, self.browser.at
        is_same = event.query == self.shown_query
        if is_same:
            event.roll.take_over(before)
        place = None if is_same and at == 0 else event.roll.place_of(before.key(at))
        self.roll, self.shown_query = event.roll, event.query
        self.desk.thumbs.know(event.swatches)
        self.browser.show(self.roll, place or 0)
        self.show()

    @on(Browser.Wanted)
    def read_wanted(self, event: Browser.Wanted) -> None:
        """Read the lines that are looked at; of several wishes only the newest."""
        if self._reads is not None:
            self._reads_next = event.jobs
            return
        ids = self.roll.missing(event.jobs)
        if ids:
            self._reads = event.jobs
            work = partial(self._read_off_loop, self.roll, ids, self.query_now)
            self.run_worker(work, thread=True, exit_on_error=False, group="lines")

    @on(LinesRead)
    def take_lines(self, event: LinesRead) -> None:
        """Show the lines that were waited for."""
        self._reads, wish, self._reads_next = None, self._reads_next, None
        self.desk.thumbs.know(event.swatches)
        event.roll.take(event.found)
        if event.roll is self.roll:
            self.browser.show_lines()
            self.show()
        if wish is not None or event.roll is not self.roll:
            self.browser.show_lines()

    @on(Followed)
    def take_progress(self, event: Followed) -> None:
        """Find again in what is in the log now."""
        self.log_share, self.log_problem = event.share, event.problem
        if self.finder.index.problem:
            self.desk.notes.put("index", WARNING, self.finder.index.problem)
        if event.share >= 1:
            self._follows, self.all_pictures = False, event.pictures
            if self._must_follow:
                self.follow()
        if event.has_changed or self.shown_query is None:
            self.ask()
        else:
            self.show()

    def say_unreadable_log(self, problem: str) -> None:
        """Say why nothing can be read."""
        self.log_problem = problem
        self.show()

    def read_again(self, pictured: Pictured) -> None:
        """Its files may be there no longer."""
        key = self.roll.key(self.roll.find(pictured) or 0)
        if key is not None:
            self.roll.forget([key[0]])
            self.browser.show_lines()

    def _look_at_log(self) -> None:
        if self.is_current and not self._follows:
            self.run_worker(self._stat_off_loop, thread=True, exit_on_error=False, group="look")

    # On other threads

    def _stat_off_loop(self) -> None:
        if self.finder.has_grown():
            self.app.call_later(self.follow)

    def _follow_off_loop(self) -> None:
        try:
            has_changed = self.finder.follow(
                lambda: not self.is_running, lambda share: self.post_message(self.Followed(True, share))
            )
        except UserError as error:
            self.post_message(self.Followed(True, 1.0, 0, str(error)))
        else:
            self.post_message(self.Followed(has_changed, 1.0, self.finder.pictures()))
            self.desk.thumbs.keep_new_swatches()

    def _find_off_loop(self, query: Query, question: int, first: bool) -> None:
        try:
            for roll, swatches in self.finder.rolls(query, question, first=first):
                self.post_message(self.Answered(roll, swatches, query, question))
        except UserError as error:
            self.app.call_later(self.say_unreadable_log, str(error))

    def _read_off_loop(self, roll: Roll, ids: Sequence[int], query: Query) -> None:
        try:
            found, swatches = self.finder.read(ids, query)
        except UserError as error:
            found, swatches = [], {}
            self.app.call_later(self.say_unreadable_log, str(error))
        self.post_message(self.LinesRead(roll, found, swatches))
