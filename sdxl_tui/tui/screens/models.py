"""The models: which are ready, what is wrong with the others, and the load that goes on."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.events import Resize
from textual.widget import Widget

from sdxl_tui.core.check import ABSENT
from sdxl_tui.core.models import Model
from sdxl_tui.engine import Event, Img2ImgFailed, Img2ImgReady, ModelFailed, ModelLoaded, ModelLoadStopped
from sdxl_tui.tui import copy_wording, model_wording, verify_wording, wording
from sdxl_tui.tui.desk import Desk
from sdxl_tui.tui.notes import ERROR, OK, WARNING, Notes
from sdxl_tui.tui.screens.base import LabScreen, letter
from sdxl_tui.tui.verification import RUNS, Verification
from sdxl_tui.tui.widgets.details import Details
from sdxl_tui.tui.widgets.details_pane import DetailsPane
from sdxl_tui.tui.widgets.footer import KeyHint
from sdxl_tui.tui.widgets.lab_list import LabList
from sdxl_tui.tui.widgets.notices import Notices

_letter = partial(letter, screen="models")

ANSWERS = (ModelLoaded, ModelFailed, ModelLoadStopped, Img2ImgReady, Img2ImgFailed)
"""Reports that end what a key began."""


class ModelsScreen(LabScreen):
    """Enter loads the selected model, and the form makes with it from then on."""

    CSS_PATH: ClassVar[Any] = "../browse.tcss"
    TAB = "models"
    HELP = "All models of the catalogue; {models.load:enter} loads one and chooses it for the form."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "load", "load model", id="models.load", tooltip="Load it, and choose it for the form"),
        Binding("escape", "app.open('generate')", "back", id="models.back", tooltip="Back to the picture"),
        _letter("d", "use_defaults", "use its defaults", "Take its steps, guidance, size and scheduler into the form"),
        _letter("i", "preload_img2img", "preload img2img", "Ready the model in use for jobs that start from a picture"),
        _letter("o", "keep_warm", "keep in RAM", "Read it into RAM every day, so that switching to it is quick"),
        _letter("x", "stop", "stop loading", "Stop the load that goes on"),
        _letter("c", "check", "check again", "Look at the models' folders again"),
        _letter("v", "verify", "verify", "Hold the model's files against their hashes; once more stops it"),
        _letter("g", "copy_command", "copy command", "Copy the command that downloads, mends or converts the model"),
        _letter("y", "copy_folder", "copy folder", "Copy the folder's path to the clipboard"),
    ]

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._answers = Notes()
        """What the last key did."""
        self.list = LabList("models", spacious=True)
        self.status = Details(classes="card")
        self.facts = Details(classes="card")
        self.pane = DetailsPane(self.status, self.facts)

    def body(self) -> Iterable[Widget]:
        """The list, and beside or below it all that is known of the selected one."""
        left = Vertical(self.list, Notices(self._answers), classes="browse-list")
        yield Horizontal(left, self.pane, classes="browse")

    def on_mount(self) -> None:
        """Begin on the model of the form."""
        self.list.focus()
        self.list.show(model_wording.model_items(self.desk))
        self.list.select(self.desk.draft.model.id)

    def on_unmount(self) -> None:
        """The lab ends: nobody waits for hashes any more."""
        if (verifying := self.desk.state.verifying) is not None:
            verifying.stop()

    @property
    def selected(self) -> Model:
        """The model that the keys act on."""
        return self.desk.shelf.models[self.list.selected]

    def show(self) -> None:
        """Show what check and engine say now."""
        self.list.show(model_wording.model_items(self.desk))
        compact = self.has_class("-narrow")
        width = self.facts.content_size.width  # the status may be hidden, and 0 wide
        self.status.show(model_wording.status_rows(self.desk, self.selected, width, compact=compact))
        self.facts.show(model_wording.fact_rows(self.desk, self.selected, width, compact=compact))
        self.status.set_class(not self.status.rows, "-empty")
        self.call_after_refresh(self.pane.fit)

    def report(self, event: Event) -> None:
        """Show how a load goes on, and how it ends."""
        if isinstance(event, ANSWERS) and (note := wording.note_of(event)):
            self._answers.put("answer", *note[1:])
        if self.is_current:
            self.show()
            self.show_frame()

    def action_load(self) -> None:
        """Load the selected model in the place of any other that is asked for; one in use is used as it is."""
        model, state = self.selected, self.desk.state
        loading = state.loading.model if state.loading else ""
        if obstacle := self.desk.shelf.obstacle(model):
            self._say(ERROR, obstacle)
            return
        self.rooms.home.choose_model(model.id)
        if loading == model.id:
            self._say(OK, f"{model.name} is on its way.")
            self.show()
            return
        self.desk.engine.stop_loading()
        if state.model == model.id and not loading:
            self._say(OK, f"Re-using {model.name}, loaded at {state.loaded_at}.")
        else:
            self.desk.engine.load(model)
            when = "after the running job" if state.running else "now"
            self._say(OK, f"Loading {model.name} {when}; the form makes with it.")
        self.show()

    def action_use_defaults(self) -> None:
        """Choose the selected model for the form, and give back what the user edited of its settings."""
        if obstacle := self.desk.shelf.obstacle(self.selected):
            self._say(ERROR, obstacle)
            return
        for field in model_wording.FIELDS_OF_A_MODEL:
            self.desk.draft.edit(field, "")
        self.rooms.home.choose_model(self.selected.id)
        self._say(OK, model_wording.defaults_sentence(self.desk.draft))
        self.show()

    def action_preload_img2img(self) -> None:
        """Ready the model in use for jobs that start from a picture: the first of them then waits for nothing."""
        self._say(*self.desk.preload_img2img())

    def action_keep_warm(self) -> None:
        """Keep the selected model in host RAM from now on, or no longer; it is not loaded."""
        model, kept = self.selected, self.desk.state.kept_warm
        if kept is None:
            self._say(WARNING, "The models' folders are still being looked at.")
            return
        if model.id not in kept and (obstacle := self.desk.shelf.obstacle(model)):
            self._say(ERROR, obstacle)
            return
        kept ^= {model.id}
        mark = partial(self.desk.engine.keep_warm, model, model.id in kept)
        self.app.run_worker(mark, thread=True, exit_on_error=False, group="keep warm")
        self._say(*copy_wording.keeping_answer(self.desk, model))
        self.show()

    def action_stop(self) -> None:
        """Stop the load that goes on, or else the verification; a load that a job asked for stops with its job."""
        if self.desk.engine.stop_loading():
            return
        if self.desk.state.loading is None and (verifying := self.desk.state.verifying) is not None:
            verifying.stop()
            return
        if self.desk.state.loading is not None:
            self.rooms.stop_job()
        else:
            self._say(OK, "Nothing is being loaded.")

    def action_check(self) -> None:
        """Look at the folders again, and for single files that were added."""
        if self.desk.state.verifying is None:
            self.desk.state.verifications.clear()
        self.rooms.check_models(again=True)
        self._answers.clear("answer")
        self.show()

    def action_verify(self) -> None:
        """Read all files of the selected model and compare their hashes; if one is being verified, stop that."""
        if (verifying := self.desk.state.verifying) is not None:
            verifying.stop()
            return
        model, report = self.selected, self.desk.shelf.reports.get(self.selected.id)
        if report is None or report.place is None or report.state == ABSENT:
            why = "is still being looked at" if report is None else "is not here: there is nothing to verify"
            self._say(WARNING, f"{model.name} {why}.")
            return
        verification = Verification(report)
        self.desk.state.verifications[model.id] = verification
        tell = partial(self.app.call_later, self._show_verification, verification)
        self.app.run_worker(partial(verification.run, tell), thread=True, exit_on_error=False, group="verify")
        self._answers.clear("answer")
        self.show()
        self.show_frame()

    def _show_verification(self, verification: Verification) -> None:
        if not self.is_running:
            verification.stop()
            return
        if verification.state != RUNS:
            self._say(*verify_wording.answer(verification))
        if self.is_current:
            self.show()
            self.show_frame()

    def action_copy_command(self) -> None:
        """Send the command that makes the selected model ready to the terminal's clipboard."""
        if command := model_wording.command_for(self.desk, self.selected):
            self.app.copy_to_clipboard(command)
            self._say(OK, f"Sent to your clipboard: {command}")
        else:
            self._say(WARNING, f"There is no command that {self.selected.name} needs.")

    def action_copy_folder(self) -> None:
        """Send the folder's path to the terminal's clipboard."""
        if folder := model_wording.folder_of(self.desk, self.selected):
            self.app.copy_to_clipboard(self.desk.path_to_copy(folder))
            self._say(OK, "Path sent to your clipboard.")
        else:
            self._say(WARNING, f"{self.selected.name} has no folder yet.")

    def keys(self) -> list[KeyHint]:
        """What the keys do with the selected model."""
        stop: list[KeyHint] = [("x", "stop loading")] if self.desk.state.loading else []
        rest = [("↑↓", "choose"), ("d", "use its defaults"), ("i", "preload img2img"), ("o", "keep in RAM")]
        rest += [("v", "stop verifying" if self.desk.state.verifying else "verify")]
        rest += [("g", "copy command")] if model_wording.command_for(self.desk, self.selected) else []
        rest += [("c", "check again"), ("y", "copy folder")]
        if self.pane.has_focus:
            return [*super().keys(), ("enter", "load"), *stop]
        return [("enter", "load"), *stop, *rest, ("esc", "generate")]

    @on(LabList.Selected)
    def show_selected(self) -> None:
        """Say all of another model."""
        self._answers.clear("answer")
        self.show()

    @on(LabList.Pressed)
    def load_pressed(self) -> None:
        """Act as enter."""
        self.action_load()

    @on(Resize)
    def fit(self) -> None:
        """Say it at the new width."""
        self.call_after_refresh(self.show)

    def _say(self, glyph: str, text: str) -> None:
        self._answers.put("answer", glyph, text)
