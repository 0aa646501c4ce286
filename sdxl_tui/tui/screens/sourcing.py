"""A screen whose job may start from a picture, or be a sequence of frames."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from textual import on
from textual.timer import Timer
from textual.widget import Widget

from sdxl_tui.core.modes import ANIMATE_STEPS, IMG2IMG, INPAINT, TXT2IMG
from sdxl_tui.tui import mode_wording
from sdxl_tui.tui.choices import Question
from sdxl_tui.tui.desk import Desk
from sdxl_tui.tui.files import folder_of, folder_question
from sdxl_tui.tui.mask_drawing import Drawing
from sdxl_tui.tui.mode_fields import PATHS, read_path
from sdxl_tui.tui.notes import ERROR, OK
from sdxl_tui.tui.screens.looking import LookingScreen
from sdxl_tui.tui.sources import Known, SourceKey, look
from sdxl_tui.tui.widgets.end_prompts import EndPrompts
from sdxl_tui.tui.widgets.path_input import PathInput
from sdxl_tui.tui.widgets.picker import Picker

REST = 0.15
"""Seconds without a further letter after which the file of a path is read."""


class SourcingScreen(LookingScreen):
    """Reads the files that a job starts from off the event loop, and lets the user find, draw and drop them."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._drawings: dict[str, Drawing] = {}
        """The masks that were drawn here, by their paths: they can be drawn on."""
        self._timer: Timer | None = None

    def start_from(self, path: Path) -> None:
        """Make from this picture from now on: image to image, unless a part of it is to be repainted."""
        draft = self.desk.draft
        if not draft.has_picture:
            draft.edit("mode", IMG2IMG)
        draft.edit("init_image", str(path.absolute()))
        self.form.write()
        self.say("source", OK, mode_wording.started_sentence(path))
        self.show()

    def start_sequence(self) -> None:
        """Make a sequence of frames from now on, and put the hands on their number, whichever screen is in front."""
        self.rooms.open(self.TAB)
        self.desk.draft.edit("mode", ANIMATE_STEPS)
        self.show()
        self.call_after_refresh(self._visit, self.form.motion.frames)

    def action_start_from(self) -> None:
        """Start from the picture in view; where the form does already, go back to words alone."""
        draft, pictured = self.desk.draft, self.in_view()
        path = None if pictured is None else pictured.path
        if path is not None and path.absolute() != self.init_image():
            self.start_from(path)
        elif draft.has_picture:
            draft.edit("mode", TXT2IMG)
            self.desk.notes.clear("source", "form")
            self.show()
        else:
            self.set_value("mode", IMG2IMG)
            self.show()
            self.call_after_refresh(self._visit, self.form.source.path)

    def action_files(self) -> None:
        """Open the list of a folder: for the mask where the hands are on it, else for the init image."""
        field = "mask_image" if self.focused is self.form.source.mask else "init_image"
        if not self.desk.draft.has_picture:
            self.desk.draft.edit("mode", IMG2IMG)
            self.show()
        chosen = self.desk.draft.text(field)
        self._list_folder(field, lambda: folder_of(chosen, self.desk.settings.output_dir), chosen)

    def action_draw_mask(self) -> None:
        """Draw over the init image what is to be repainted."""
        draft = self.desk.draft
        init = read_path(draft.text("init_image")) if draft.has_picture else None
        known = draft.known_init()
        if init is None or known is None or known.size is None:
            sentence = known.sentence if known else "A mask is drawn over the init image: choose one first."
            self.say("form", ERROR, sentence)
            return
        from sdxl_tui.tui.screens.mask import MaskScreen

        if draft.mode != INPAINT:
            draft.edit("mode", INPAINT)
            self.show()
        mask = draft.text("mask_image")
        drawing = self._drawings.get(mask) or Drawing(base=read_path(mask) if draft.known_mask() else None)
        self.app.push_screen(MaskScreen(self.desk, init, known.size, drawing), self._take_mask)

    def action_preload_img2img(self) -> None:
        """Ready the model in use for jobs that start from a picture."""
        self.say("img2img", *self.desk.preload_img2img())

    def goes_on(self, event: Picker.Taken) -> bool:
        """A folder leads to its list, and a mode to what it cannot do without, or what else could not be reached."""
        draft = self.desk.draft
        if event.field == "mode" and draft.has_picture and not draft.text("init_image"):
            self.call_after_refresh(self._visit, self.form.source.path)
        elif event.field == "mode" and draft.mode == ANIMATE_STEPS and self.form.is_tiny:
            self.call_after_refresh(self._visit, self.form.motion.frames)
        if event.field not in PATHS or not event.value.endswith("/"):
            return super().goes_on(event)
        chosen = self.desk.draft.text(event.field)
        self._list_folder(event.field, lambda: Path(event.value), chosen)
        return True

    def look_at_sources(self) -> None:
        """Read the files of the form that are not known yet, once there are no more letters for a moment."""
        keys = self.desk.draft.source_keys()
        if any(self.desk.draft.sources.get(key) is None for key in keys):
            if self._timer is not None:
                self._timer.stop()
            self._timer = self.set_timer(REST, self._look_soon)

    def with_sources(self, keys: list[SourceKey], then: Callable[[], object]) -> None:
        """Read these files as they are now, and go on."""
        if not keys:
            then()
            return
        self.run_worker(partial(self._look, keys, then), thread=True, exit_on_error=False, group="sources")

    @on(PathInput.Named)
    def take_path(self, event: PathInput.Named) -> None:
        """Take the user's path."""
        self.desk.notes.clear("form", "source")
        self.desk.draft.edit(str(event.input.id), event.text)
        self.show()

    @on(PathInput.Entered)
    def generate_from(self) -> None:
        """Enter in a path."""
        self.action_generate()

    @on(EndPrompts.Changed)
    def take_end_prompts(self, event: EndPrompts.Changed) -> None:
        """Take the user's words."""
        self.desk.notes.clear("form")
        self.desk.draft.edit("end_prompts", event.text)
        self.show()

    def action_generate(self) -> None:
        """Queue the job that the form describes."""
        raise NotImplementedError

    def _visit(self, target: Widget) -> None:
        self.form.make_room_for(target)
        target.focus()

    def _look_soon(self) -> None:
        self._timer = None
        keys = [key for key in self.desk.draft.source_keys() if self.desk.draft.sources.get(key) is None]
        if keys:
            self.with_sources(keys, self.show)

    def _look(self, keys: list[SourceKey], then: Callable[[], object]) -> None:
        """Runs on a thread of its own."""
        self.app.call_later(self._learn, look(keys), then)

    def _learn(self, found: dict[SourceKey, Known], then: Callable[[], object]) -> None:
        self.desk.draft.sources.learn(found)
        then()

    def _list_folder(self, field: str, folder: Callable[[], Path], chosen: str) -> None:
        self.run_worker(
            partial(self._read_folder, field, folder, chosen), thread=True, exit_on_error=False, group="folder"
        )

    def _read_folder(self, field: str, folder: Callable[[], Path], chosen: str) -> None:
        """Runs on a thread of its own."""
        wanted = folder()
        try:
            found = folder_question(field, wanted, chosen)
        except OSError as error:
            self.app.call_later(self._say_no_folder, wanted, error.strerror or str(error))
        else:
            self.app.call_later(self._ask_for_file, found)

    def _ask_for_file(self, question: Question) -> None:
        picker = self.form.picker
        if picker.question is not None and picker.question.field == question.field:
            picker.ask(question)
        else:
            self.ask(question)

    def _say_no_folder(self, folder: Path, reason: str) -> None:
        sentence = f"{folder} cannot be looked into: {reason}."
        if self.form.picker.question is not None:
            self.form.picker.object_to(sentence)
        else:
            self.say("form", ERROR, sentence)

    def _take_mask(self, drawn: tuple[Path, Drawing] | None) -> None:
        if drawn is None:
            return
        path, drawing = drawn
        self._drawings[str(path)] = drawing
        self.desk.draft.edit("mask_image", str(path))
        self.form.write()
        self.show()

    def init_image(self) -> Path | None:
        """The picture that the form starts from; None: it does not."""
        keys = self.desk.draft.source_keys()
        return keys[0].init.absolute() if keys else None

    def drawn_parts(self) -> int:
        """Rectangles of the form's mask that were drawn here."""
        drawing = self._drawings.get(self.desk.draft.text("mask_image"))
        return len(drawing.rectangles) if drawing else 0
