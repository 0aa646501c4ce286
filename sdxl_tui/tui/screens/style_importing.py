"""A screen on which the styles of other programs are taken in."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from textual import on

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.style_import import NEW, SAME, TAKEN, Candidate, Taken, candidates, take
from sdxl_tui.core.style_sheets import Sheet, read_sheet
from sdxl_tui.tui import import_wording
from sdxl_tui.tui.desk import Desk
from sdxl_tui.tui.keys_in_force import said
from sdxl_tui.tui.mode_fields import read_path
from sdxl_tui.tui.notes import ERROR, OK, WARNING
from sdxl_tui.tui.screens.style_changes import StyleChanges
from sdxl_tui.tui.widgets.import_pane import ImportPane
from sdxl_tui.tui.widgets.lab_list import LabList
from sdxl_tui.tui.widgets.marked_list import MarkedList
from sdxl_tui.tui.widgets.path_input import PathInput

IMPORTING = "-importing"


class StyleImporting(StyleChanges):
    """Reads a file off the event loop, shows what is new in it, and writes what is chosen."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.importer = ImportPane()
        self._sheet = Sheet()
        self._found: list[Candidate] = []
        self._wanted: set[int] = set()
        """Places of those that are taken."""
        self._is_writing = False

    @property
    def is_importing(self) -> bool:
        """Whether the import is open."""
        return self.has_class(IMPORTING)

    def action_import(self) -> None:
        """Name a file of other styles."""
        self.answers.clear("answer")
        self.add_class(IMPORTING)
        self.importer.path.focus()
        self.show_import()
        self.show_frame()

    def action_mark_all(self) -> None:
        """Take all that are not here yet, or none."""
        all_of_them = {place for place, each in enumerate(self._found) if each.mark != SAME}
        self._wanted = set() if self._wanted == all_of_them else all_of_them
        self.show_import()

    def action_mark_taken(self) -> None:
        """Take those whose name is taken here under another name, or leave them."""
        taken = {place for place, each in enumerate(self._found) if each.mark == TAKEN}
        self._wanted = self._wanted - taken if taken <= self._wanted else self._wanted | taken
        self.show_import()

    def import_wanted(self) -> None:
        """Write those that are marked."""
        chosen = [self._found[place] for place in sorted(self._wanted)]
        if self._is_writing:
            return
        if not chosen:
            self.say(WARNING, said("Nothing is marked: {list.mark:space} marks one, {import.all:a} all of them."))
            return
        self._is_writing = True
        self.say(OK, f"Importing {len(chosen)} …")
        self.run_worker(partial(self._write, chosen), thread=True, exit_on_error=False, group="import")

    def leave_import(self) -> None:
        """Back to the styles; the file is read anew next time."""
        self.remove_class(IMPORTING)
        self._sheet, self._found, self._wanted = Sheet(), [], set()
        self.answers.clear("answer")
        self.back_to_list()
        self.show()

    def show_import(self) -> None:
        """Show what the file holds, and what is taken of it."""
        pane = self.importer
        pane.title.show(*import_wording.title())
        pane.summary.show(import_wording.summary_rows(self._found, len(self._wanted), self._sheet))
        pane.summary.set_class(not pane.summary.rows, "-empty")
        pane.list.show(import_wording.items(self._found, self._wanted))
        selected = self._found[int(pane.list.selected)] if pane.list.selected and self._found else None
        pane.words.show(import_wording.word_rows(selected))
        pane.words.set_class(selected is None, "-empty")

    @on(PathInput.Entered)
    def read_file(self) -> None:
        """Read the file that is named."""
        path = read_path(self.importer.path.value)
        if path is None:
            self.say(WARNING, "Type the path of a styles.csv, or of Fooocus' JSON.")
            return
        self.run_worker(partial(self._read, path), thread=True, exit_on_error=False, group="import", exclusive=True)

    @on(PathInput.Named)
    def forget_problem(self) -> None:
        """It was of another path."""
        self.answers.clear("answer")

    @on(MarkedList.Marked, "#import")
    def mark_candidate(self, event: MarkedList.Marked) -> None:
        """Take it, or leave it; one that is here already stays out."""
        place = int(event.key)
        if self._found[place].mark == SAME:
            self.say(WARNING, f"{self._found[place].name} is here already, word for word.")
        else:
            self._wanted ^= {place}
        self.show_import()

    @on(LabList.Selected, "#import")
    def show_candidate(self) -> None:
        """Show the words of another one."""
        self.show_import()

    def _use_sheet(self, path: Path, sheet: Sheet) -> None:
        if not self.is_importing:
            return
        self._sheet = sheet
        self._found = candidates([sheet.styles], self.desk.shelf.styles)
        self._wanted = {place for place, each in enumerate(self._found) if each.mark in (NEW, TAKEN)}
        self.show_import()
        if self._found:
            self.importer.list.select("0")
            self.importer.list.focus()
        else:
            self.say(WARNING, f"{path.name} holds no style that can be used.")

    def _end_import(self, result: Taken, asked: int) -> None:
        self._is_writing = False
        self.rooms.read_styles(again=True)
        if result.problem:
            self.say(ERROR, f"{len(result.styles)} of {asked} are imported. {result.problem}")
            self._found = candidates([self._sheet.styles], self.desk.shelf.styles)
            self._wanted = {place for place, each in enumerate(self._found) if each.mark != SAME}
            self.show_import()
            return
        same = sum(each.mark == SAME for each in self._found)
        self.leave_import()
        self.back_to_list(result.styles[0].id)
        self.say(OK, import_wording.done_sentence(len(result.styles), same))

    # On other threads

    def _read(self, path: Path) -> None:
        try:
            sheet = read_sheet(path)
        except UserError as error:
            self.app.call_later(self.say, ERROR, str(error))
        else:
            self.app.call_later(self._use_sheet, path, sheet)

    def _write(self, chosen: Sequence[Candidate]) -> None:
        result = take(chosen, self.desk.shelf.styles)
        self.app.call_later(self._end_import, result, len(chosen))
