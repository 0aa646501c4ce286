"""Everything that was made, day by day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from functools import partial
from typing import Any, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal, Vertical
from textual.events import Resize, ScreenResume
from textual.widget import Widget
from textual.widgets import Input

from sdxl_tui.core.query import Query
from sdxl_tui.tui import gallery_wording
from sdxl_tui.tui.desk import Desk
from sdxl_tui.tui.notes import ERROR, OK
from sdxl_tui.tui.pictured import Pictured
from sdxl_tui.tui.reuse import Reuse
from sdxl_tui.tui.screens.base import letter
from sdxl_tui.tui.screens.finding import FindingScreen
from sdxl_tui.tui.screens.log_actions import log_bindings
from sdxl_tui.tui.screens.picture_actions import picture_bindings
from sdxl_tui.tui.walks import RollWalk, Walk
from sdxl_tui.tui.widgets.browser import Browser
from sdxl_tui.tui.widgets.job_list import JobList
from sdxl_tui.tui.widgets.line import Line
from sdxl_tui.tui.widgets.more_question import MoreQuestion
from sdxl_tui.tui.widgets.search_row import SearchRow
from sdxl_tui.tui.widgets.seen import Seen
from sdxl_tui.tui.widgets.sentence import Sentence
from sdxl_tui.tui.widgets.thumb_grid import ThumbGrid
from sdxl_tui.tui.widgets.words import Part

_letter = partial(letter, screen="gallery")


class GalleryScreen(FindingScreen):
    """All jobs at the left, the chosen picture and its settings at the right."""

    CSS_PATH: ClassVar[Any] = "../gallery.tcss"
    TAB = "gallery"
    HELP = "Every job of the log, newest first, and what each was made with."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter", "zoom", "open", id="gallery.open", tooltip="See the picture in full size, or why there is none"
        ),
        Binding("escape", "back", "back", id="gallery.back", tooltip="Clear the search, then back to generate"),
        _letter("slash", "search", "search", "Search by words, kept:yes, model:real, style:, since:monday"),
        _letter("comma", "day(-1)", "day before", "The day before that has jobs", "day_before"),
        _letter("full_stop", "day(1)", "day after", "The day after that has jobs", "day_after"),
        _letter("g", "change_view", "grid or list", "Change between thumbs and list"),
        _letter("p", "open_picture", "open picture", "Take settings from a picture file of any program"),
        *picture_bindings("gallery"),
        *log_bindings("gallery"),
        _letter("v", "more", "more like it", "Queue more like this one, with other seeds"),
        _letter("x", "app.stop_job", "stop", "Stop the running job"),
    ]

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        desk.thumbs.store = self.finder
        self._wants_grid: bool | None = None
        """None: whichever suits the window."""
        self._search_before = ""
        self.search_row = SearchRow()
        self.day_line = Line(id="day")
        self.list = JobList(desk.kept, desk.thumbs)
        self.grid = ThumbGrid(desk.kept, desk.thumbs)
        self.seen = Seen(desk.kept)
        self.sentence = Sentence()
        self.fault = Sentence(id="fault")
        self.more = MoreQuestion()

    def body(self) -> Iterable[Widget]:
        """Two columns, and a place for what is said."""
        head = Container(self.search_row, self.day_line, id="head")
        yield Horizontal(Vertical(head, self.list, self.grid, id="browse"), self.seen, id="gallery")
        yield self.fault
        yield self.more
        yield self.sentence

    def on_mount(self) -> None:
        """Begin with the hands on the list."""
        super().on_mount()
        self.grid.display = False
        self.browser.focus()
        if self._search_before:
            self.add_class("-searching")
            self.search_row.input.value = self._search_before

    def left(self) -> dict[str, Any]:
        """List or grid, and what is looked for."""
        return {"grid": self._wants_grid, "search": self.search_row.input.value}

    def take_up(self, left: Mapping[str, Any]) -> None:
        """List or grid, and what was looked for."""
        grid, search = left.get("grid"), left.get("search")
        self._wants_grid = grid if isinstance(grid, bool) else None
        self._search_before = search if isinstance(search, str) else ""

    @property
    def browser(self) -> Browser:
        """The list or the grid."""
        return self.grid if self.grid.display else self.list

    def show(self) -> None:
        """Show what was found, the marks and the form as they are now."""
        pictured = self.in_view()
        if pictured is not None or not self.roll.places:
            self.seen.show(pictured, self._differing(pictured), self._nothing())
        nothing = () if self.roll.places or self.seen.display else self._nothing()
        self.browser.nothing = tuple(part for row in nothing for part in row)
        self.day_line.show(*self._count())
        self.browser.refresh()

    def in_view(self) -> Pictured | None:
        """The chosen picture."""
        return self.roll.pictured(self.browser.at)

    def to_zoom(self, pictured: Pictured) -> Walk:
        """What the list shows."""
        return RollWalk(self.roll, self.browser)

    def action_zoom(self) -> None:
        """Show the picture in full size, or why there is none."""
        pictured = self.in_view()
        if pictured is not None and pictured.path is None:
            self.action_why()
        else:
            super().action_zoom()

    def select(self, pictured: Pictured) -> None:
        """Choose this picture."""
        place = self.roll.find(pictured)
        if place is not None:
            self.browser.choose(place)

    def say(self, cause: str, glyph: str, sentence: str) -> None:
        """Say it over the foot of the list too."""
        super().say(cause, glyph, sentence)
        self.sentence.show(glyph, sentence)

    def action_search(self) -> None:
        """Put the hands on the search."""
        self.add_class("-searching")
        self.search_row.input.focus()

    def action_clear_search(self) -> None:
        """Show everything again."""
        self.search_row.input.value = ""
        self.fault.hide()
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
        """Go to the newest job of the day before or after that has jobs."""
        if not self.roll.places:
            return
        day = self.roll.day_of(self.roll.job_at(self.browser.at)) - distance
        if 0 <= day < len(self.roll.days):
            self.browser.choose(self.roll.places_of(self.roll.days[day][1]).start)
        else:
            self.say("day", OK, "There are no earlier jobs." if distance < 0 else "There are no later jobs.")

    def action_more(self) -> None:
        """Ask how many more like the one in view are wanted."""
        if self.in_view() is not None:
            self.more.ask()

    @on(MoreQuestion.Answered)
    def take_count(self, event: MoreQuestion.Answered) -> None:
        """Queue them, and go on in the list."""
        self.browser.focus()
        self.more.go()
        self.make_more(event.count)

    def action_open_picture(self) -> None:
        """Ask for the path of a picture."""
        from sdxl_tui.tui.commands import OPEN_PICTURE, LabPalette

        self.app.push_screen(LabPalette(OPEN_PICTURE))

    def action_change_view(self) -> None:
        """Change between list and grid."""
        self._wants_grid = not self.grid.display
        self._use_view()

    @on(ScreenResume)
    def look_again(self) -> None:
        """Show the form's words and the files as they are now."""
        self.rooms.home.form.read()
        self.seen.look_again()

    @on(Resize)
    def fit(self) -> None:
        """A wide window has room for thumbs."""
        self.call_after_refresh(self._use_view)

    @on(Input.Changed)
    def look_for(self, event: Input.Changed) -> None:
        """Find what was typed, or say what is wrong with it and keep what is shown."""
        fault = self.find(event.value)
        if fault:
            self.fault.show(ERROR, fault)
        else:
            self.fault.hide()

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

    def _use_view(self) -> None:
        wants_grid = self.has_class("-wide") if self._wants_grid is None else self._wants_grid
        if wants_grid != self.grid.display:
            had_focus = self.focused is self.browser
            before = self.browser
            self.grid.display, self.list.display = wants_grid, not wants_grid
            self.browser.show(self.roll, before.at)
            if had_focus:
                self.browser.focus()
        self.show()

    def _differing(self, pictured: Pictured | None) -> list[str] | None:
        """What the form has otherwise than this picture; None: nothing is made here."""
        if self.desk.is_read_only:
            return None
        return [] if pictured is None else Reuse(pictured, self.desk.shelf).differences(self.desk.draft)

    def _nothing(self) -> list[list[Part]]:
        """What stands in the picture's place where nothing is found."""
        if self.shown_query is None and not self.log_problem:
            return []
        typed = self.search_row.input.value.strip() if self.shown_query != Query() else ""
        return gallery_wording.nothing_rows(typed, self.log_problem, looks_only=self.desk.is_read_only)

    def _count(self) -> tuple[list[Part], list[Part]]:
        """How much is found, and the day of the chosen one."""
        day = self.roll.days[self.roll.day_of(self.roll.job_at(self.browser.at))][0] if self.roll.places else None
        found = self.roll.pictures if self.roll.is_whole else None
        width = self.day_line.size.width
        return gallery_wording.day_parts(day, date.today(), found, self.all_pictures, self.log_share, width)
