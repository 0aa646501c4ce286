"""The queue: what runs, what waits and when it will be done, what ended today."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from time import monotonic
from typing import Any, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.events import Resize, ScreenResume, ScreenSuspend
from textual.timer import Timer
from textual.widget import Widget

from sdxl_tui.core.job import Job
from sdxl_tui.engine import Event, JobCancelled, JobDone, JobFailed, Preview, StepDone
from sdxl_tui.tui import editing, previews, queue_details
from sdxl_tui.tui.desk import Desk
from sdxl_tui.tui.pictured import Pictured, of_record
from sdxl_tui.tui.queue_rows import RUNNING, TODAY, WAITING
from sdxl_tui.tui.screens.base import letter
from sdxl_tui.tui.screens.queue_actions import queue_bindings
from sdxl_tui.tui.screens.today_reading import TodayReading
from sdxl_tui.tui.walks import ListWalk, Walk
from sdxl_tui.tui.widgets.find_line import FindLine
from sdxl_tui.tui.widgets.job_details import JobDetails
from sdxl_tui.tui.widgets.more_question import MoreQuestion
from sdxl_tui.tui.widgets.section_list import Place, SectionList
from sdxl_tui.tui.widgets.section_rows import SWATCH
from sdxl_tui.tui.widgets.sentence import Sentence
from sdxl_tui.tui.widgets.words import Part

REST = 0.1
"""Seconds between two paints of what the engine reports: ten a second are enough to see and cheap to send."""
FAR_OFF = 3.0
"""Seconds by which what is left differs from what was reckoned, so that the times of what waits are new at once."""
LOOK = 2.0
"""Seconds between two looks at a log that another program may write to, and between two new times of what waits."""

_letter = partial(letter, screen="queue")


class QueueScreen(TodayReading):
    """Three lists below each other, and all of the chosen job below them."""

    CSS_PATH: ClassVar[Any] = "../queue.tcss"
    TAB = "queue"
    HELP = "What runs, what waits and what ended today; the keys act on the chosen row."
    BINDINGS: ClassVar[list[BindingType]] = [
        *queue_bindings(),
        _letter("g", "next_list", "next list", "Go to the next list: running, waiting, today"),
        _letter("slash", "search", "search", "Find a job by words of its prompt or model"),
        Binding("escape", "back", "back", id="queue.back", tooltip="What is said, then the search, then this screen"),
        Binding("up", "walk(-1)", "row above", id="queue.up", tooltip="The row above, also while one searches"),
        Binding("down", "walk(1)", "row below", id="queue.down", tooltip="The row below, also while one searches"),
    ]

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.find_line = FindLine("")
        self.list = SectionList("queue", self.rows.row, self._want_thumbs)
        self.details = JobDetails("job")
        self.sentence = Sentence()
        self.more = MoreQuestion("again, with new seeds")
        self._timer: Timer | None = None
        self._is_changed = False
        """Whether there is more to show than a step."""
        self._next_paint = self._next_times = self._left = 0.0

    def body(self) -> Iterable[Widget]:
        """The lists, the details, and a place for what is said."""
        yield self.find_line
        yield self.list
        yield self.details
        yield self.more
        yield self.sentence

    def on_mount(self) -> None:
        """Begin with the hands on the list."""
        super().on_mount()
        self.list.focus()

    # What is shown

    @property
    def chosen(self) -> tuple[str, str]:
        """The section and the id of the chosen job."""
        return self.list.selected

    def chosen_done(self) -> Pictured | None:
        """The chosen job of today."""
        section, job_id = self.chosen
        return self.rows.done.get(job_id) if section == TODAY else None

    def failed_today(self) -> Sequence[Pictured]:
        """The failed jobs of today, oldest first."""
        return [pictured for pictured in reversed(self.rows.today.shown) if pictured.status == "failed"]

    def whole(self, job: Job) -> list[list[Part]]:
        """All that is known of a job that runs or waits."""
        return queue_details.whole_rows(self.desk, job, self._title(job))

    def in_view(self) -> Pictured | None:
        """The chosen job's first picture, or its settings alone."""
        job = self.chosen_job()
        return self.chosen_done() if job is None else editing.settings_of(job)

    def to_zoom(self, pictured: Pictured) -> Walk:
        """All pictures of today."""
        folder = self.finder.folder
        pictures = [one for job in self.rows.today.shown for one in of_record(job.record, folder)]
        return ListWalk(pictures, pictures.index(pictured))

    def select(self, pictured: Pictured) -> None:
        """Choose the job of this picture."""
        self.list.select((TODAY, pictured.job_id))

    def say(self, cause: str, glyph: str, sentence: str) -> None:
        """Say it over the foot of the screen too."""
        super().say(cause, glyph, sentence)
        self.sentence.show(glyph, sentence)

    def show(self) -> None:
        """Show how things stand now."""
        self._is_changed = False
        self._renew_times()
        self.list.show(self.rows.sections(self.find_line.text))
        self._show_details()

    def show_soon(self) -> None:
        """Show what has changed: at once, unless that was only a moment ago."""
        self._is_changed = True
        self._paint_soon()

    def _paint_soon(self) -> None:
        wait = self._next_paint - monotonic()
        if wait <= 0:
            self._show_now()
        elif self._timer is None:
            self._timer = self.set_timer(wait, self._show_now)

    def report(self, event: Event) -> None:
        """Show what the engine reports; a step changes one end of one row."""
        if isinstance(event, (JobDone, JobFailed, JobCancelled)):
            self.rows.end_preview(event.job_id)
        if not self.is_current:
            return
        if isinstance(event, Preview):
            self.rows.take_preview(event)
        elif isinstance(event, (JobDone, JobFailed, JobCancelled)):
            self.read_today()
        if isinstance(event, (StepDone, Preview)):
            self._paint_soon()
        else:
            self.show_frame()
            self.show_soon()

    def keys(self) -> list[tuple[str, str]]:
        """The keys that mean something for the chosen row."""
        section, job_id = self.chosen
        if self.focused is not self.list:
            return super().keys()
        pause = ("space", "pause" if self.desk.state.paused is None else "run")
        if section == WAITING and job_id:
            own = [("-+", "move"), ("enter", "edit"), ("d", "double"), ("x", "cancel"), pause, ("a", "run next")]
            return [("↑↓", "choose"), *own, ("n", "times"), ("r", "repeat"), ("c", "clear"), ("/", "search")]
        if section == RUNNING and job_id:
            own = [("x", "stop now"), ("X", "after this picture"), pause, ("d", "double"), ("r", "repeat")]
            return [("↑↓", "choose"), *own, ("n", "times"), ("g", "next list")]
        if section == TODAY and job_id:
            own = [("enter", "open"), ("t", "try again"), ("T", "retry failed"), pause, ("u", "use settings")]
            return [("↑↓", "choose"), *own, ("n", "times"), ("g", "next list"), ("/", "search")]
        return [pause]

    # What the keys do beside

    def action_next_list(self) -> None:
        """Go to the next list."""
        self.list.next_section()

    def action_walk(self, distance: int) -> None:
        """Choose another row, wherever the hands are."""
        self.list.action_walk(distance)

    def action_times(self) -> None:
        """Ask how many times."""
        if self.chosen_job() is not None or self.chosen_done() is not None:
            self.more.ask()

    def action_search(self) -> None:
        """Put the hands on the search."""
        self.add_class("-searching")
        self.find_line.focus()

    def action_back(self) -> None:
        """One step: what is said, then the search, then this screen."""
        if self.sentence.is_shown:
            self.sentence.hide()
        elif self.has_class("-searching"):
            self.find_line.take("")
            self.remove_class("-searching")
            self.list.focus()
        else:
            self.rooms.open("generate")

    def action_edit(self) -> None:
        """Enter: in the search it takes the hands to what was found."""
        if self.focused is self.find_line:
            self.list.focus()
        else:
            super().action_edit()

    @on(FindLine.Changed)
    def look_for(self) -> None:
        """Show what has these words."""
        self.show()

    @on(MoreQuestion.Answered)
    def take_count(self, event: MoreQuestion.Answered) -> None:
        """Queue them, and go on in the list."""
        self.list.focus()
        self.more.go()
        self.times(event.count)

    @on(SectionList.Selected)
    def show_chosen(self) -> None:
        """Say all of the chosen job."""
        self.sentence.hide()
        self._show_details()
        self.show_frame()

    @on(SectionList.Pressed)
    def press(self, event: SectionList.Pressed) -> None:
        """A double click is enter; one on the heading that says whether the queue runs is space."""
        section, job_id = event.place
        if job_id:
            self.action_edit()
        elif section == RUNNING:
            self.action_pause()

    # Who shows it, and what for

    @on(ScreenResume)
    def begin(self) -> None:
        """It is in front: read what ended meanwhile, and ask for a swatch of what runs."""
        self.read_today()
        shows = (
            self.desk.session.get("previews", self.desk.settings.previews) == "on"
            and getattr(self.app, "images", "half") != "off"
        )
        self.desk.wish_previews(self.TAB, previews.interval(self.desk.settings, SWATCH) if shows else None)

    @on(ScreenSuspend)
    def rest(self) -> None:
        """Nobody sees it."""
        self.desk.wish_previews(self.TAB, None)

    @on(Resize)
    def fit(self) -> None:
        """There is more or less to say."""
        self.call_after_refresh(self.show)

    def _show_now(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        self._next_paint = monotonic() + REST
        if self._is_changed:
            self.show()
        elif monotonic() >= self._next_times or abs((self.desk.times.left() or 0.0) - self._left) > FAR_OFF:
            self._renew_times()
            self.list.paint()
            self._show_details()
            self.show_frame()
        else:
            self.list.paint()

    def _renew_times(self) -> None:
        """Reckon anew when what waits begins: every step would change all rows."""
        self.rows.forget_times()
        self._next_times, self._left = monotonic() + LOOK, self.desk.times.left() or 0.0

    def _want_thumbs(self, places: Sequence[Place]) -> None:
        self.desk.thumbs.want(self.list, self.rows.thumbs(places), lambda thumb: self.list.call_later(self.list.paint))

    def _show_details(self) -> None:
        width, rows = self.details.content_size
        job, done = self.chosen_job(), self.chosen_done()
        if job is not None:
            self.details.show(queue_details.job_rows(self.desk, job, self._title(job), width, rows))
        else:
            self.details.show([] if done is None else queue_details.done_rows(done, width, rows))

    def _title(self, job: Job) -> str:
        waiting = self.desk.state.waiting
        return f"job {waiting.index(job.id) + 1} of {len(waiting)}" if job.id in waiting else "running"
