"""A screen with a form that comes back as it was left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sdxl_tui.tui import left_form
from sdxl_tui.tui.desk import Desk
from sdxl_tui.tui.mode_fields import PATHS
from sdxl_tui.tui.notes import WARNING
from sdxl_tui.tui.screens.editing import EditingScreen


class RememberingScreen(EditingScreen):
    """Gives and takes the form as JSON."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.left_model = ""
        """Id of the model that the form was left with; empty: somebody named another one, or it is the first start."""

    def left_form(self) -> dict[str, Any]:
        """The form for the next start; of a job that is edited that is the form as it was before."""
        if self.desk.editing is not None:
            return left_form.written(self.desk.editing.before, self.desk.settings)
        draft = self.desk.draft.as_it_is()
        draft.prompt, draft.negative_prompt = self.form.prompt.area.text, self.form.negative.area.text
        return left_form.written(draft, self.desk.settings)

    def take_up_form(self, left: Mapping[str, Any], *, with_model: bool) -> None:
        """Let the form say what it said when the lab was left; to be called before this screen is shown."""
        desk = self.desk
        problems = left_form.take_up(desk.draft, left, desk.shelf, desk.settings, with_model=with_model)
        if with_model and left:
            self.left_model = desk.draft.model.id
        if problems:
            desk.notes.put("left", WARNING, " ".join(problems))

    def show_left(self) -> None:
        """Put what is typed into its fields, and look whether the files it names are still there."""
        self.form.negative.area.text = self.desk.draft.negative_prompt
        self.form.source.write()
        if self.desk.draft.loras or any(field in self.desk.draft.edited for field in PATHS):
            self.run_worker(self._look_for_files, thread=True, exit_on_error=False, group="left")

    def _look_for_files(self) -> None:
        """Runs on a thread of its own: a disk may take its time."""
        found = left_form.gone(self.desk.draft.as_it_is(), self.desk.loras)
        self.app.call_later(self._leave_out, *found)

    def _leave_out(self, fields: Sequence[str], names: Sequence[str], sentences: Sequence[str]) -> None:
        draft = self.desk.draft
        for field in fields:
            draft.edit(field, "")
        draft.loras = tuple(use for use in draft.loras if use.name not in names)
        if sentences:
            self.desk.notes.put("left files", WARNING, " ".join(sentences))
        self.form.source.write()
        self.show()
