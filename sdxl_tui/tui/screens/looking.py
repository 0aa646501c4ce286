"""A screen with a picture, and what is done from there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from textual import on

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.job import Job
from sdxl_tui.core.request import GenerationRequest
from sdxl_tui.tui import queue_wording
from sdxl_tui.tui.desk import Desk
from sdxl_tui.tui.keys_in_force import said
from sdxl_tui.tui.notes import ERROR, PAUSED
from sdxl_tui.tui.pictured import Pictured, of_painting
from sdxl_tui.tui.screens.picture_actions import PictureActions
from sdxl_tui.tui.screens.recalling import RecallingScreen
from sdxl_tui.tui.sending import Queue
from sdxl_tui.tui.walks import ListWalk, Walk
from sdxl_tui.tui.widgets.batch_strip import BatchStrip
from sdxl_tui.tui.widgets.focus_bar import FocusBar
from sdxl_tui.tui.widgets.more_question import MoreQuestion
from sdxl_tui.tui.widgets.picture import Picture
from sdxl_tui.tui.widgets.picture_pane import PicturePane
from sdxl_tui.tui.widgets.rail import Rail

OVER = (
    *("form", "job", "queue", "notice", "clipboard", "path", "used", "seed", "source", "unreadable", "compare"),
    *("left", "left files", "left model"),
)
"""What was said before the next job is over with it."""


class LookingScreen(PictureActions, RecallingScreen):
    """Walks through the pictures and makes more of them."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.pane = PicturePane(desk.state, desk.kept, desk.thumbs)
        self.rail = Rail(desk.thumbs)

    def in_view(self) -> Pictured | None:
        """The picture in the pane."""
        return None if self.pane.shown is None else of_painting(self.pane.shown, self.desk.state)

    def to_zoom(self, pictured: Pictured) -> Walk:
        """The pictures of this session."""
        pictures = [of_painting(painting, self.desk.state) for painting in self.desk.state.paintings]
        return ListWalk(pictures, pictures.index(pictured))

    def select(self, pictured: Pictured) -> None:
        """Show this picture of the session."""
        for painting in self.desk.state.paintings:
            if painting.path == pictured.path:
                self.pane.show(painting)

    def action_look(self) -> None:
        """Put the hands on the picture."""
        self.pane.focus_bar.focus()

    def action_more(self) -> None:
        """Ask how many more like the picture in view are wanted."""
        if self.pane.shown is not None:
            self.pane.more.ask()

    @on(FocusBar.Walked)
    def walk(self, event: FocusBar.Walked) -> None:
        """Show another picture."""
        self.pane.walk(event.distance, in_batch=event.in_batch)
        self.show_past()

    @on(BatchStrip.Pressed)
    def show_pressed(self, event: BatchStrip.Pressed) -> None:
        """Show the picture whose thumb was clicked."""
        self.pane.show(event.painting)
        self.show_past()

    @on(MoreQuestion.Answered)
    def make_more(self, event: MoreQuestion.Answered) -> None:
        """Queue so many jobs of one picture, each with a seed of its own."""
        self.action_look()
        self.pane.more.go()
        if self.pane.shown is not None and event.count:
            request = replace(self.pane.shown.job.request, batch_size=1, seed=None)
            self.submit([request] * event.count)

    @on(Picture.Unreadable)
    def say_unreadable(self, event: Picture.Unreadable) -> None:
        """Say why there is no picture."""
        self.desk.notes.put("unreadable", ERROR, f"{event.path.name} cannot be shown: {event.reason}")

    def send(
        self, asked: Callable[[], GenerationRequest], then: Callable[[], object], queue: Queue | None = None
    ) -> None:
        """Queue a job, or say why it cannot be; what was said about the ones before is over, and ``then`` follows."""
        try:
            self.submit([asked()], then, queue)
        except UserError as error:
            self.say_refused(str(error))

    def submit(
        self,
        requests: Sequence[GenerationRequest],
        then: Callable[[], object] = lambda: None,
        queue: Queue | None = None,
    ) -> None:
        """Queue jobs that differ in words and seeds only, or say why they cannot be; ``then`` follows."""

        def sent(jobs: list[Job]) -> None:
            self.desk.notes.clear(*OVER)
            self.say_it_waits()
            then()

        self.rooms.sender.send(requests, sent, self.say_refused, queue)

    def say_refused(self, sentence: str) -> None:
        """Say why the form's job cannot be queued."""
        self.desk.notes.put("form", ERROR, sentence)

    def say_it_waits(self) -> None:
        """Say that a job that was just queued does not begin, where the queue is paused."""
        if self.desk.state.paused is not None:
            self.desk.notes.put("waits", PAUSED, said(queue_wording.WAITS))
