"""The right column: the picture and everything that changes while a job runs."""

from __future__ import annotations

from pathlib import Path

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from sdxl_tui.core.modes import ANIMATE_STEPS
from sdxl_tui.core.request import GenerationRequest
from sdxl_tui.engine import Preview
from sdxl_tui.tui import previews, wording
from sdxl_tui.tui.draft import Draft
from sdxl_tui.tui.kept import Kept
from sdxl_tui.tui.lab_state import LabState, Painting
from sdxl_tui.tui.shelf import Shelf
from sdxl_tui.tui.thumbs import Thumbs
from sdxl_tui.tui.widgets.batch_strip import BatchStrip
from sdxl_tui.tui.widgets.first_run import FirstRun
from sdxl_tui.tui.widgets.focus_bar import FocusBar
from sdxl_tui.tui.widgets.line import Line
from sdxl_tui.tui.widgets.more_question import MoreQuestion
from sdxl_tui.tui.widgets.picture import Picture
from sdxl_tui.tui.widgets.step_bar import StepBar

LANDSCAPE = 1.3
"""Width to height from which the strip lies below the picture, where there is room."""


class PicturePane(Vertical):
    """Title, picture and strip, step bar, facts, saved path."""

    def __init__(self, state: LabState, kept: Kept, thumbs: Thumbs) -> None:
        super().__init__(id="look")
        self._state = state
        self._kept = kept
        self.shown: Painting | None = None
        """The picture in view."""
        self._preview: Preview | None = None
        """What is shown in its place."""
        self.init_image: Path | None = None
        """The picture that the form starts from."""
        self.focus_bar = FocusBar()
        self.title = Line(id="title")
        self.first_run = FirstRun()
        self.picture = Picture(id="picture")
        self.strip = BatchStrip(thumbs)
        self.step_bar = StepBar()
        self.facts = Line(id="facts")
        self.path = Line(id="path")
        self.more = MoreQuestion()
        self._stage = Horizontal(self.first_run, self.picture, self.strip, id="stage", classes="-empty")

    def compose(self) -> ComposeResult:
        """The bar at the left, then from the title down."""
        yield self.focus_bar
        yield self.title
        yield self._stage
        yield self.step_bar
        yield self.facts
        yield self.path
        yield self.more

    def on_click(self) -> None:
        """Take the hands to the picture."""
        self.focus_bar.focus()

    def on_mount(self) -> None:
        """Show the first-run page until there is a picture."""
        self.picture.display = False

    @property
    def shows_a_frame(self) -> bool:
        """Whether the picture in view is one of a sequence."""
        return self.shown is not None and self.shown.job.request.mode == ANIMATE_STEPS

    def follow(self, before: Painting | None) -> None:
        """Show the newest picture if the one in view was the newest ``before`` it came."""
        if self.shown is before and self._state.paintings:
            self.show(self._state.paintings[-1])

    def walk(self, distance: int, *, in_batch: bool = False) -> None:
        """Show the picture that many places away, of all or of the same job."""
        if self.shown is not None:
            job = self.shown.job.id
            paintings = [painting for painting in self._state.paintings if not in_batch or painting.job.id == job]
            place = paintings.index(self.shown) + distance
            self.show(paintings[min(max(0, place), len(paintings) - 1)])

    def show(self, painting: Painting) -> None:
        """Show this picture from now on."""
        self.shown, self._preview = painting, None
        self._make_place(painting.job.request)
        self.picture.show(painting.path)
        self.describe()

    def preview(self, preview: Preview, most: int) -> None:
        """Show what the running job comes to, in ``most`` bytes, if its pictures would be shown as well."""
        newest = self._state.paintings[-1] if self._state.paintings else None
        if preview.job_id == self._state.running and preview.job_id in self._state.jobs and self.shown is newest:
            self._preview = preview
            self._make_place(self._state.jobs[preview.job_id].request)
            self.picture.show_preview(preview.image, most)
            self.describe()

    def end_preview(self, job_id: str) -> None:
        """This job makes no more: show again what was in view before it, if its preview still is."""
        if self._preview is None or self._preview.job_id != job_id:
            return
        self._preview = None
        if self.shown is not None:
            self.show(self.shown)
        else:
            self.picture.show_preview(None)
            self.first_run.display, self.picture.display = True, False
            self._stage.add_class("-empty")
            self.describe()

    def _make_place(self, request: GenerationRequest) -> None:
        self._stage.set_class(request.width > LANDSCAPE * request.height, "-landscape")
        if not self.picture.display:
            self.first_run.display, self.picture.display = False, True
            self._stage.remove_class("-empty")

    def describe(self) -> None:
        """Say what is shown and how far the running job is."""
        width = self.size.width
        kept = self.shown is not None and self.shown.path in self._kept
        is_init = self.shown is not None and self.shown.path.absolute() == self.init_image
        if self._preview is not None:
            job = self._state.jobs[self._preview.job_id]
            self.title.show(*previews.title_parts(job, self._preview.index, width))
        else:
            self.title.show(*wording.title_parts(self._state.paintings, self.shown, width, kept, is_init))
        self.strip.show(self.shown, self._state.paintings)
        self.facts.show(wording.facts_parts(self._state, self.shown))
        self.path.show(*wording.path_parts(self.shown, self.path.size.width))
        self.step_bar.show(*wording.step_parts(self._state, width))

    def introduce(self, shelf: Shelf, draft: Draft) -> None:
        """Fill the first-run page."""
        if self.shown is None:
            self.first_run.show(wording.first_run_rows(self._state, shelf, draft))
