"""A screen with a picture, and what is done from there."""

from __future__ import annotations

from dataclasses import replace

from textual import on

from sdxl_tui.core.request import GenerationRequest
from sdxl_tui.tui.desk import Desk
from sdxl_tui.tui.notes import ERROR, OK
from sdxl_tui.tui.screens.recalling import RecallingScreen
from sdxl_tui.tui.widgets.batch_strip import BatchStrip
from sdxl_tui.tui.widgets.focus_bar import FocusBar
from sdxl_tui.tui.widgets.more_question import MoreQuestion
from sdxl_tui.tui.widgets.picture import Picture
from sdxl_tui.tui.widgets.picture_pane import PicturePane
from sdxl_tui.tui.widgets.rail import Rail


class LookingScreen(RecallingScreen):
    """Walks through the pictures and makes more of them."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.pane = PicturePane(desk.state, self.thumbs)
        self.rail = Rail(self.thumbs)

    def action_look(self) -> None:
        """Put the hands on the picture."""
        self.pane.focus_bar.focus()

    def action_more(self) -> None:
        """Ask how many more like the picture in view are wanted."""
        if self.pane.shown is not None:
            self.pane.more.ask()

    def action_copy_path(self) -> None:
        """Send the whole path to the terminal's clipboard."""
        if self.pane.shown is not None:
            self.app.copy_to_clipboard(str(self.pane.shown.path))
            self.desk.notes.put("clipboard", OK, "Path sent to your clipboard.")

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
        if self.pane.shown is not None:
            for _ in range(event.count):
                self.submit(replace(self.pane.shown.job.request, batch_size=1, seed=None))

    @on(Picture.Unreadable)
    def say_unreadable(self, event: Picture.Unreadable) -> None:
        """Say why there is no picture."""
        self.desk.notes.put("unreadable", ERROR, f"{event.path.name} cannot be shown: {event.reason}")

    def submit(self, request: GenerationRequest) -> None:
        """Queue a job; what was said about the ones before is over."""
        self.desk.notes.clear("form", "job", "notice", "clipboard", "unreadable")
        job = self.desk.engine.submit(request)
        self.desk.state.jobs[job.id] = job
