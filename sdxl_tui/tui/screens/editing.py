"""A screen whose form may hold a job that waits, to be changed; and whose jobs may come again and again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from sdxl_tui.core import variants
from sdxl_tui.core.job import Job
from sdxl_tui.core.request import GenerationRequest
from sdxl_tui.engine import Event, JobCancelled, JobDone, JobFailed, JobStarted
from sdxl_tui.tui import editing, queue_wording
from sdxl_tui.tui.draft import Draft
from sdxl_tui.tui.keys_in_force import said
from sdxl_tui.tui.notes import OK, WARNING
from sdxl_tui.tui.screens.weighing import WeighingScreen

CAUSE = "editing"


class EditingScreen(WeighingScreen):
    """The form as it was before is there again as soon as the job is put back, or left as it was."""

    def begin_editing(self, problems: Sequence[str]) -> None:
        """Show the job that was taken into the form."""
        asked = self.desk.editing
        if asked is None:
            return
        self.form.write()
        self.desk.notes.clear("form", "used")
        self.say(CAUSE, OK, " ".join([queue_wording.editing_sentence(asked.number), *problems]))
        self.form.prompt.area.focus()
        self.show()

    def put_back(self, draft: Draft) -> None:
        """Change the job to what the form says; one that does not wait any more is queued as a new one."""
        asked = self.desk.editing
        if asked is None:
            return
        changed: list[Job] = []

        def queue(requests: Sequence[GenerationRequest]) -> list[Job]:
            (request,) = requests
            job = self.desk.replace(asked.job.id, request)
            changed.extend([job] if job is not None else [])
            return [job or self.desk.submit(request)]

        def then() -> None:
            self._end_editing()
            if changed:
                self.rooms.say("queue", OK, "The job is changed, and in its place.")
            else:
                self.rooms.say("queue", WARNING, f"Job {asked.number} had begun already: this is queued as a new one.")

        self.send(lambda: _with_plan(variants.expanded(draft.request()), asked.job.request), then, queue)

    def action_leave(self) -> None:
        """One step: leave the job that is edited as it was, else go to the picture."""
        if self.desk.editing is not None:
            self._end_editing()
        else:
            self.action_look()

    def tell_editing(self, event: Event) -> None:
        """Say that the job that is edited waits no more."""
        asked = self.desk.editing
        if asked is None or not isinstance(event, (JobStarted, JobDone, JobFailed, JobCancelled)):
            return
        if event.job_id == asked.job.id:
            what = "was cancelled" if isinstance(event, JobCancelled) else "has begun meanwhile"
            keys = "{generate.generate:enter} queues this as a new one, {generate.look:esc} drops it."
            sentence = f"Job {asked.number} {what}: {said(keys)}"
            self.desk.notes.put(CAUSE, WARNING, sentence)

    def action_repeat_until_stopped(self) -> None:
        """Queue a job that comes again and again: the picture's where the hands are on one, else the form's."""
        shown = self.pane.shown
        if self.focused is self.pane.focus_bar and shown is not None:
            self._repeat(lambda: shown.job.request)
            return
        self.form.read()
        self._repeat(lambda: variants.expanded(self.desk.draft.request()))

    def _repeat(self, asked: Callable[[], GenerationRequest]) -> None:
        def then() -> None:
            self.say("queue", OK, said(queue_wording.REPEATING_HERE))
            self.show()

        self.send(lambda: replace(asked(), seed=None), then, lambda requests: [self.desk.repeat(requests[0])])

    def _end_editing(self) -> None:
        """Give the form back, and go back to the queue."""
        editing.end(self.desk)
        self.desk.notes.clear(CAUSE, "form")
        self.form.write()
        self.show()
        self.rooms.open("queue")


def _with_plan(request: GenerationRequest, before: GenerationRequest) -> GenerationRequest:
    """The request fitted into memory as the job was, where it takes as much."""
    keys = ("model", "mode", "width", "height", "batch_size", "hires", "speed")
    same = all(getattr(request, key) == getattr(before, key) for key in keys)
    return replace(request, plan=before.plan) if same else request
