"""What is done with a job of the log: make it again, say why it failed, move its pictures to the trash."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from textual.binding import Binding, BindingType

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.job import Job
from sdxl_tui.core.request import GenerationRequest
from sdxl_tui.tui import log_wording
from sdxl_tui.tui.notes import ERROR, OK
from sdxl_tui.tui.pictured import Pictured
from sdxl_tui.tui.screens.base import letter
from sdxl_tui.tui.screens.picture_actions import PictureActions
from sdxl_tui.tui.screens.question import Question
from sdxl_tui.tui.screens.sheet import Sheet

Queue = Callable[[GenerationRequest, Pictured], None]
"""What is done with the request of a job of the log."""


def log_bindings(screen: str) -> list[BindingType]:
    """The letters of a screen whose pictures are from the log."""
    return [
        letter("i", "start_from", "use as init image", "Start from this picture: image to image", screen=screen),
        letter(
            "r", "repeat", "repeat", "Make the same job again, and say whether the pixels are the same", screen=screen
        ),
        letter("e", "why", "why did it fail", "Show the error in full, and what to do", screen=screen),
        Binding("delete", "delete", "delete", id=f"{screen}.delete", tooltip="Move to the trash; asks once"),
    ]


class LogActions(PictureActions):
    """Base of the screens with a picture of the log in view. A subclass binds ``log_bindings``."""

    def read_again(self, pictured: Pictured) -> None:
        """Show that a picture's files may be gone."""
        self.show()

    def action_start_from(self) -> None:
        """Take the picture into the form as the init image, and go there."""
        pictured = self.file_in_view()
        if pictured is None or pictured.path is None:
            return
        if self.app.screen is not self.rooms.screens.get(self.TAB):
            self.dismiss(None)
        self.rooms.open("generate")
        self.rooms.home.start_from(pictured.path)

    def action_repeat(self) -> None:
        """Queue the job of the line once more."""
        self._ask_for(self._queue_repeat)

    def make_more(self, count: int) -> None:
        """Queue so many jobs with the settings of the picture in view, each with a seed of its own."""
        if count:
            self._ask_for(partial(self._queue_more, count))

    def action_why(self) -> None:
        """Show how the job ended, in full."""
        pictured = self.in_view()
        if pictured is not None:
            self.app.push_screen(Sheet(log_wording.why_rows(pictured)))

    def action_delete(self) -> None:
        """Ask once, and move the picture, or all of its job, to the trash."""
        pictured = self.file_in_view()
        if pictured is None:
            return
        all_of_job = self.pictures_of_job(pictured)
        choices = [("enter", "this picture", "one")]
        if len(all_of_job) > 1:
            choices.append(("a", f"all {len(all_of_job)} of its job", "all"))
        question = Question(log_wording.delete_sentence(pictured, all_of_job), [*choices, ("escape", "keep", "")])
        self.app.push_screen(question, partial(self._delete, pictured, all_of_job))

    def pictures_of_job(self, pictured: Pictured) -> list[Path]:
        """All pictures of its job, those that do not fit the search as well."""
        if pictured.path is None:
            return []
        return [pictured.path.parent / name for name in pictured.outputs]

    def _delete(self, pictured: Pictured, all_of_job: Sequence[Path], answer: str | None) -> None:
        if answer and pictured.path is not None:
            paths = all_of_job if answer == "all" else [pictured.path]
            work = partial(self._move_off_loop, pictured, paths)
            self.app.run_worker(work, thread=True, exit_on_error=False, group="trash")

    def _say_deleted(self, pictured: Pictured, moved: Sequence[Path], problems: Sequence[str]) -> None:
        if problems:
            self.say("trash", ERROR, " ".join(problems))
        else:
            self.say("trash", OK, log_wording.deleted_sentence(moved))
        self.read_again(pictured)

    def _ask_for(self, queue: Queue) -> None:
        """Make the job of the picture in view a request again, and queue it."""
        pictured = self.in_view()
        if pictured is not None:
            work = partial(self._read_request, pictured, queue)
            self.app.run_worker(work, thread=True, exit_on_error=False, group="repeat")

    def _queue_repeat(self, request: GenerationRequest, pictured: Pictured) -> None:
        def sent(jobs: list[Job]) -> None:
            self.desk.repeats.expect(jobs[0].id, pictured.record)
            self.say("repeat", OK, log_wording.repeating_sentence(pictured))

        self.rooms.sender.send([request], sent, self._say_not_queued)

    def _queue_more(self, count: int, request: GenerationRequest, pictured: Pictured) -> None:
        def sent(jobs: list[Job]) -> None:
            self.say("repeat", OK, log_wording.more_sentence(pictured, count))

        requests = [replace(request, batch_size=1, seed=None)] * count
        self.rooms.sender.send(requests, sent, self._say_not_queued)

    def _say_not_queued(self, reason: str) -> None:
        self.say("repeat", ERROR, reason)

    # On other threads

    def _read_request(self, pictured: Pictured, queue: Queue) -> None:
        from sdxl_tui.core.repeat import request_of

        try:
            shelf = self.desk.shelf
            request = request_of(pictured.record, shelf.models, shelf.styles, self.desk.loras)
        except UserError as error:
            self.app.call_later(self._say_not_queued, str(error))
        else:
            self.app.call_later(queue, request, pictured)

    def _move_off_loop(self, pictured: Pictured, paths: Sequence[Path]) -> None:
        from sdxl_tui.core.trash import to_trash

        moved, problems = [], []
        for path in paths:
            try:
                to_trash(path)
                moved.append(path)
            except UserError as error:
                problems.append(str(error))
        self.app.call_later(self._say_deleted, pictured, moved, problems)
