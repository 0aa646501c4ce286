"""What the frames screen does with exports: asked for, written in the background, told of, stopped."""

from __future__ import annotations

from functools import partial
from typing import Any

from sdxl_tui.core.sequence_export import FORMATS
from sdxl_tui.tui import exporting, frames_wording
from sdxl_tui.tui.desk import Desk
from sdxl_tui.tui.exporting import Export
from sdxl_tui.tui.keys_in_force import said
from sdxl_tui.tui.notes import ERROR, OK, STOPPED
from sdxl_tui.tui.pictured import Pictured
from sdxl_tui.tui.screens.picture_actions import PictureActions
from sdxl_tui.tui.widgets.export_rows import ExportRows
from sdxl_tui.tui.widgets.player import Player


class ExportingScreen(PictureActions):
    """Base of the frames screen, which has a sequence to be exported."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._exports: list[Export] = []
        self.copies_export = False
        """Whether the path that is copied is the newest export's: that one was just told of."""
        self.export_format = "gif"
        self.export_rows = ExportRows()
        self.player = Player(desk.kept)

    def frames(self) -> list[Pictured]:
        """Those of the sequence in view."""
        raise NotImplementedError

    def ask(self, question: Any) -> None:
        """Open a list of choices."""
        raise NotImplementedError

    @property
    def running_export(self) -> Export | None:
        """The one that is being written."""
        return next((export for export in self._exports if export.state == exporting.RUNS), None)

    def use_format(self, ending: object) -> None:
        """Offer this one first; what is no format changes nothing."""
        self.export_format = ending if isinstance(ending, str) and ending in FORMATS else self.export_format

    def show_exports(self) -> None:
        """Show them as they are now."""
        self.export_rows.show(self._exports)

    def action_export(self) -> None:
        """Ask for the format."""
        frames = self.frames()
        if self.running_export is not None:
            self.say("export", OK, said("An export is being written; {frames.stop:x} stops it."))
        elif not frames:
            self.say("export", OK, "There are no frames to export yet.")
        else:
            player = self.player
            self.ask(frames_wording.export_question(len(frames), player.fps, player.way, self.export_format))

    def action_copy_path(self) -> None:
        """Copy the path of the export that was just told of, else of the frame."""
        if self.copies_export:
            self.app.copy_to_clipboard(self.desk.path_to_copy(self._exports[-1].path))
            self.say("clipboard", OK, f"Path of {self._exports[-1].path.name} sent to your clipboard.")
        else:
            super().action_copy_path()

    def export(self, ending: str) -> None:
        """Begin to write the sequence as it is played now."""
        self.export_format = ending
        frames = [frame.path for frame in self.frames() if frame.path is not None]
        export = Export(frames, ending, self.player.fps, self.player.way)
        self._exports = [*self._exports, export]
        tell = partial(self.app.call_later, self._show_export, export)
        self.app.run_worker(partial(export.run, tell), thread=True, exit_on_error=False, group="export")
        self._show_export(export)

    def _show_export(self, export: Export) -> None:
        if not self.is_running:
            return
        self.show_exports()
        self.show_frame()
        if export.state == exporting.DONE:
            self.say("export", OK, frames_wording.exported_sentence(export))
            self.copies_export = True
        elif export.state == exporting.FAILED:
            self.say("export", ERROR, export.problem)
        elif export.state == exporting.STOPPED:
            self.say("export", STOPPED, f"The export of {export.path.name} was stopped; nothing is left of it.")
