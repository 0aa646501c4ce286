"""A screen on which styles are written anew, changed and deleted; the lab's own files stay as they are."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from textual import on

from sdxl_tui.core import paths
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.style_files import delete_style, name_problem, save_style, slug_of, style_file, values_of
from sdxl_tui.core.styles import NONE, Style, read_style, style_folders
from sdxl_tui.core.text import one_line
from sdxl_tui.tui import style_wording
from sdxl_tui.tui.desk import Desk
from sdxl_tui.tui.keys_in_force import key
from sdxl_tui.tui.notes import ERROR, OK, WARNING, Notes
from sdxl_tui.tui.screens.base import LabScreen
from sdxl_tui.tui.screens.question import Question
from sdxl_tui.tui.widgets.marked_list import MarkedList
from sdxl_tui.tui.widgets.style_editor import StyleEditor

EDITING = "-editing"


class StyleChanges(LabScreen):
    """The editor stands in the place of the details; what is typed there stays until it is saved or thrown away."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.answers = Notes()
        """What the last key did."""
        self.list = MarkedList("styles")
        self.editor = StyleEditor()
        self._answered_on = ""
        """The style that was selected when something was said: the sentence goes when another one is."""
        self._edited: Style | None = None
        """The style that is changed; None: it is a new one."""

    @property
    def is_editing(self) -> bool:
        """Whether the editor is open."""
        return self.has_class(EDITING)

    @property
    def selected(self) -> Style | None:
        """The style that the keys act on; None: nothing was found."""
        raise NotImplementedError

    @property
    def chosen(self) -> Style | None:
        """The selected style, with those that are marked before it."""
        raise NotImplementedError

    def back_to_list(self, style_id: str = "") -> None:
        """Put the hands on the list again, and on this style in it."""
        raise NotImplementedError

    def say(self, glyph: str, sentence: str) -> None:
        """Say what came of a key, until another style is selected."""
        self._answered_on = self.list.selected
        self.answers.put("answer", glyph, sentence)

    def forget_answer(self) -> None:
        """Take the sentence back, if it was about another style."""
        if self.list.selected != self._answered_on:
            self.answers.clear("answer")

    def action_edit(self) -> None:
        """Change the selected style; one of the lab's own becomes a copy of the user's when it is saved."""
        style = self.selected
        if style is None:
            return
        if style.id == NONE:
            new = key("styles.new", "n")
            self.say(WARNING, f"{style.name} is what the others are measured by: {new} writes a new one.")
            return
        self._edited = style
        self._open(values_of(style), is_new=False)

    def action_duplicate(self) -> None:
        """Write a new style that begins as the selected one, or as several together."""
        style = self.chosen
        if style is not None:
            name = style_wording.copied_name(style, self.desk.shelf.styles)
            several = {"description": ""} if style.id not in self.desk.shelf.styles else {}
            self._edited = None
            self._open({**values_of(style), "name": name, **several}, is_new=True)

    def action_new(self) -> None:
        """Write a new style."""
        self._edited = None
        self._open({}, is_new=True)

    def action_delete(self) -> None:
        """Ask once, and move the file of a style of the user's to the trash."""
        style, shelf = self.selected, self.desk.shelf
        if style is None:
            return
        if style.id not in shelf.own_styles:
            edit = key("styles.edit", "e")
            self.say(WARNING, f"{style.name} is the lab's own and stays; {edit} makes a copy of it that is yours.")
            return
        sentence = style_wording.delete_sentence(style, replaces=style.id in shelf.replaced_styles)
        question = Question(sentence, [("enter", "delete", "delete"), ("escape", "keep", "")])
        self.app.push_screen(question, partial(self._delete, style))

    def save(self) -> None:
        """Save what the editor says, or say where it cannot be; nothing is lost by that."""
        values, problems = self._checked(is_submitted=True)
        if problems:
            self.editor.say(problems)
            self.editor.visit(next(iter(problems)))
            return
        shelf, edited = self.desk.shelf, self._edited
        style_id, like = self._place(str(values["name"]))
        try:
            if edited is not None and style_file(style_id).is_file():
                # What was changed in the file meanwhile stays, where it was not changed here.
                values = values_of(read_style(style_file(style_id))) | self.editor.changed_values()
            saved = save_style(values, style_id, like=like)
        except UserError as error:
            self.say(ERROR, str(error))
            return
        self.remove_class(EDITING)
        self.rooms.read_styles(again=True)
        self.back_to_list(saved.id)
        place = paths.shown(style_file(saved.id))
        replaced = " in place of the lab's own" if saved.id in shelf.replaced_styles else ""
        self.say(OK, f"{saved.name} is saved{replaced}: {place}.")
        self.show()

    def unsaved(self) -> str:
        """The style that is written."""
        if not (self.is_editing and self.editor.is_changed):
            return ""
        return one_line(self.editor.texts["name"].text).strip() or "The new style"

    def leave_editor(self) -> None:
        """Close the editor; what is not saved is asked for."""
        if not self.editor.is_changed:
            self._close()
            return
        name = self.unsaved()
        choices = [("enter", "save it", "save"), ("x", "throw it away", "drop"), ("escape", "go on writing", "")]
        self.app.push_screen(Question(f"{name} is not saved yet.", choices), self._end)

    @on(StyleEditor.Submitted)
    def save_typed(self) -> None:
        """Enter in a text."""
        self.save()

    @on(StyleEditor.Changed)
    def follow_editor(self) -> None:
        """Show what would be sent with it, and what is wrong."""
        self.answers.clear("answer")
        _, problems = self._checked()
        self.editor.say(problems)
        self.show_editor()
        self.show_frame()

    def show_editor(self) -> None:
        """Show title and effective text of what is typed."""
        values, problems = self.editor.values()
        edited = self._edited
        left, right = style_wording.editor_title(self.desk, edited, is_changed=self.editor.is_changed)
        self.editor.title.show(left, right)
        known = {key: value for key, value in values.items() if key not in problems}
        typed = Style(id=edited.id if edited else "", **{**known, "name": str(values["name"])})
        self.editor.effective.show(style_wording.effective_rows(self.desk, typed))

    def _checked(self, *, is_submitted: bool = False) -> tuple[dict[str, object], dict[str, str]]:
        values, problems = self.editor.values()
        name = str(values["name"])
        style_id = self._edited.id if self._edited else ""
        if not name and is_submitted:
            problems = {"name": "It has no name yet: type one.", **problems}
        elif name and (wrong := name_problem(name, style_id, self.desk.shelf.styles)):
            problems = {"name": wrong, **problems}
        return values, problems

    def _place(self, name: str) -> tuple[str, Path | None]:
        """The id under which it is saved, and the file it begins as; under another name one of the lab is a new one."""
        shelf, edited = self.desk.shelf, self._edited
        if edited is not None and edited.id in shelf.own_styles:
            return edited.id, None
        if edited is not None and edited.name.casefold() == name.casefold():
            return edited.id, style_folders()[0] / f"{edited.id}.toml"
        return slug_of(name, shelf.styles), None

    def _open(self, values: dict[str, object], *, is_new: bool) -> None:
        self.answers.clear("answer")
        self.add_class(EDITING)
        self.editor.open(values, is_new=is_new)
        self.show_editor()
        self.show_frame()

    def _end(self, answer: str | None) -> None:
        if answer == "save":
            self.save()
        elif answer == "drop":
            self._close()

    def _close(self) -> None:
        self.remove_class(EDITING)
        self.answers.clear("answer")
        self.back_to_list()
        self.show()

    def _delete(self, style: Style, answer: str | None) -> None:
        if not answer:
            return
        replaces = style.id in self.desk.shelf.replaced_styles
        below = self.list.shown[self.list.shown.index(style.id) + 1 :] if style.id in self.list.shown else []
        try:
            delete_style(style.id)
        except UserError as error:
            self.say(ERROR, str(error))
            return
        self.rooms.read_styles(again=True)
        self.show()
        if not replaces:
            self.list.select(below[0] if below else self.list.shown[-1])
        back = f"; the lab's own {style.name} is back" if replaces else ""
        self.say(OK, f"{style.name} is in the trash{back}.")
