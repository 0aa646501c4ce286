"""What was made, day by day."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal, Vertical
from textual.events import Resize, ScreenResume
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.history import UNDATED, History
from sdxl_tui.engine import Event, JobCancelled, JobDone, JobFailed
from sdxl_tui.tui import gallery_wording
from sdxl_tui.tui.desk import Desk
from sdxl_tui.tui.notes import OK
from sdxl_tui.tui.pictured import Pictured, of_record
from sdxl_tui.tui.reuse import Reuse
from sdxl_tui.tui.screens.base import letter
from sdxl_tui.tui.screens.picture_actions import PictureActions, picture_bindings
from sdxl_tui.tui.search import search
from sdxl_tui.tui.widgets.browser import Browser
from sdxl_tui.tui.widgets.job_list import JobList
from sdxl_tui.tui.widgets.line import Line
from sdxl_tui.tui.widgets.search_row import SearchRow
from sdxl_tui.tui.widgets.seen import Seen
from sdxl_tui.tui.widgets.sentence import Sentence
from sdxl_tui.tui.widgets.thumb_grid import ThumbGrid

_letter = partial(letter, screen="gallery")


class GalleryScreen(PictureActions):
    """The jobs of one day at the left, the chosen picture and its settings at the right."""

    CSS_PATH: ClassVar[Any] = "../gallery.tcss"
    TAB = "gallery"
    HELP = "The jobs of a day, newest first, and what each was made with."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "zoom", "zoom", id="gallery.enter", tooltip="See the picture as large as the screen"),
        Binding("escape", "back", "back", id="gallery.back", tooltip="Clear the search, then back to generate"),
        _letter("slash", "search", "search", "Search by words, kept: model: style: seed: status:"),
        _letter("comma", "day(-1)", "day before", "The day before that has jobs"),
        _letter("full_stop", "day(1)", "day after", "The day after that has jobs"),
        _letter("g", "change_view", "grid or list", "Change between thumbs and list"),
        *picture_bindings("gallery"),
        _letter("x", "app.stop_job", "stop", "Stop the running job"),
    ]

    @dataclass
    class Read(Message):
        """A day was read from the log, off the event loop."""

        days: list[str]
        day: str
        jobs: list[list[Pictured]]
        problem: str

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._history = History(desk.settings.output_dir.absolute())
        self._disk = threading.Lock()
        self._days: list[str] = []
        self._day = UNDATED
        self._jobs: list[list[Pictured]] = []
        self._found: list[list[Pictured]] = []
        """What fits the search."""
        self._problem = ""
        self._is_read = False
        self._wants_grid: bool | None = None
        """None: whichever suits the window."""
        self.search_row = SearchRow()
        self.day_line = Line(id="day")
        self.list = JobList(desk.kept, desk.thumbs)
        self.grid = ThumbGrid(desk.kept, desk.thumbs)
        self.seen = Seen(desk.kept)
        self.sentence = Sentence()

    def body(self) -> Iterable[Widget]:
        """Two columns, and a place for what is said."""
        head = Container(self.search_row, self.day_line, id="head")
        yield Horizontal(Vertical(head, self.list, self.grid, id="browse"), self.seen, id="gallery")
        yield self.sentence

    def on_mount(self) -> None:
        """Begin with the hands on the list."""
        self.grid.display = False
        self.browser.focus()

    @property
    def browser(self) -> Browser:
        """The list or the grid."""
        return self.grid if self.grid.display else self.list

    def show(self) -> None:
        """Show the day as it was read, the marks and the form as they are now."""
        pictured = self.in_view()
        draft = self.desk.draft
        differing = [] if pictured is None else Reuse(pictured, self.desk.shelf).differences(draft)
        typed = self.search_row.input.value.strip()
        nothing = gallery_wording.nothing_rows(typed if self._jobs else "", self._problem) if self._is_read else []
        self.seen.show(pictured, differing, nothing)
        there = sum(other.path is not None for job in self._jobs for other in job)
        shown = sum(other.path is not None for other in self.browser.pictures)
        width = self.day_line.size.width
        self.day_line.show(*gallery_wording.day_parts(self._day, date.today(), shown, there, width))
        self.browser.refresh()

    def report(self, event: Event) -> None:
        """A job that ended is in the log."""
        if self.is_current:
            self.show_frame()
            if isinstance(event, (JobDone, JobFailed, JobCancelled)):
                self._read()

    def in_view(self) -> Pictured | None:
        """The chosen picture."""
        browser = self.browser
        return browser.pictures[browser.at] if browser.pictures else None

    def to_zoom(self) -> list[Pictured]:
        """What the list shows."""
        return self.browser.pictures

    def select(self, pictured: Pictured) -> None:
        """Choose this picture."""
        if pictured in self.browser.pictures:
            self.browser.choose(self.browser.pictures.index(pictured))

    def say(self, cause: str, glyph: str, sentence: str) -> None:
        """Say it over the foot of the list too."""
        super().say(cause, glyph, sentence)
        self.sentence.show(glyph, sentence)

    def action_search(self) -> None:
        """Put the hands on the search."""
        self.add_class("-searching")
        self.search_row.input.focus()

    def action_clear_search(self) -> None:
        """Show the whole day again."""
        self.search_row.input.value = ""
        self.remove_class("-searching")
        self.browser.focus()

    def action_back(self) -> None:
        """One step: what is said, then the search, then this screen."""
        if self.sentence.is_shown:
            self.sentence.hide()
        elif self.search_row.input.value:
            self.action_clear_search()
        else:
            self.rooms.open("generate")

    def action_walk(self, rows: int) -> None:
        """Walk through the list while the hands are on the search."""
        self.browser.action_move(rows)

    def action_day(self, distance: int) -> None:
        """Show the day before or after that has jobs."""
        if self._day not in self._days:
            return
        place = self._days.index(self._day) + distance
        if 0 <= place < len(self._days):
            self._read(self._days[place])
        else:
            self.say("day", OK, "There are no earlier jobs." if distance < 0 else "There are no later jobs.")

    def action_change_view(self) -> None:
        """Change between list and grid."""
        self._wants_grid = not self.grid.display
        self._use_view()

    @on(ScreenResume)
    def follow_the_log(self) -> None:
        """Show what was made meanwhile."""
        self.rooms.home.form.read()
        self.seen.look_again()
        self._read()

    @on(Resize)
    def fit(self) -> None:
        """A wide window has room for thumbs."""
        self.call_after_refresh(self._use_view)

    @on(Read)
    def take(self, event: Read) -> None:
        """Show a day; the chosen picture stays, but the newest gives way to a newer one."""
        is_same_day = self._is_read and event.day == self._day
        chosen = None if not is_same_day or self._is_at_newest() else self.in_view()
        self._days, self._day, self._jobs, self._problem = event.days, event.day, event.jobs, event.problem
        self._is_read = True
        self._filter(chosen)

    @on(Input.Changed)
    def filter(self) -> None:
        """Show what fits the search."""
        self._filter(self.in_view())

    @on(Input.Submitted)
    def leave_search(self) -> None:
        """Take the hands to what was found."""
        self.browser.focus()

    @on(Browser.Chosen)
    def show_chosen(self, event: Browser.Chosen) -> None:
        """Show the chosen picture."""
        if event.opened:
            self.action_zoom()
        else:
            self.sentence.hide()
            self.show()

    def _is_at_newest(self) -> bool:
        return self.browser.at == 0 and self._day == (self._days or [UNDATED])[-1]

    def _filter(self, chosen: Pictured | None) -> None:
        fits = search(self.search_row.input.value, self.desk.kept)
        found = [fitting for job in self._jobs if (fitting := [pictured for pictured in job if fits(pictured)])]
        pictures = [pictured for job in found for pictured in job]
        at = pictures.index(chosen) if chosen in pictures else 0
        self._found = found
        self.browser.show(found, at)
        self.show()

    def _use_view(self) -> None:
        wants_grid = self.has_class("-wide") if self._wants_grid is None else self._wants_grid
        if wants_grid != self.grid.display:
            had_focus = self.focused is self.browser
            before = self.browser
            self.grid.display, self.list.display = wants_grid, not wants_grid
            self.browser.show(self._found, before.at)
            if had_focus:
                self.browser.focus()
        self.show()

    def _read(self, day: str | None = None) -> None:
        wanted = day if day is not None else None if self._is_at_newest() or not self._is_read else self._day
        self.run_worker(partial(self._read_off_loop, wanted), thread=True, exit_on_error=False, group="log")

    def _read_off_loop(self, day: str | None) -> None:
        """Read what was appended, and the wanted day; None: the newest."""
        history = self._history
        with self._disk:
            try:
                history.follow()
                days = history.days()
                there = day if day in days else (days or [UNDATED])[-1]
                jobs = [of_record(record, history.folder) for record in history.jobs_of(str(there))]
                problem = ""
            except UserError as error:
                days, there, jobs, problem = [], UNDATED, [], str(error)
        self.post_message(self.Read(days, str(there), jobs, problem))
