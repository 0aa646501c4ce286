"""What the Settings screen does while a value is typed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from textual import on
from textual.containers import Horizontal, Vertical

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.names import find_one
from sdxl_tui.core.setting_changes import write_setting
from sdxl_tui.core.setting_specs import Standing
from sdxl_tui.core.text import one_line
from sdxl_tui.tui import setting_wording
from sdxl_tui.tui.desk import Desk
from sdxl_tui.tui.key_table import KeyRow
from sdxl_tui.tui.screens.key_changing import KeyChanging
from sdxl_tui.tui.widgets.details import Details
from sdxl_tui.tui.widgets.label import CardLabel
from sdxl_tui.tui.widgets.path_input import PathInput
from sdxl_tui.tui.widgets.setting_input import SettingInput

TYPING = "-typing"


class SettingTyping(KeyChanging):
    """Base of the Settings screen, which says what is selected and writes it."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.value = SettingInput()
        self.label = CardLabel("")
        self.problem = Details(id="setting-problem", classes="-empty")

    def typing_card(self) -> Vertical:
        """The field, and what is wrong with what is in it."""
        return Vertical(Horizontal(self.label, self.value, id="setting-row"), self.problem, id="setting-edit")

    @property
    def selected(self) -> Standing | None:
        """The setting that the keys act on."""
        raise NotImplementedError

    def change(self, standing: Standing, write: Callable[[], object]) -> bool:
        """Write a setting; return whether it is written."""
        raise NotImplementedError

    @property
    def is_typing(self) -> bool:
        """Whether a value is typed."""
        return self.has_class(TYPING)

    def action_type(self) -> None:
        """Type a value."""
        standing, row = self.selected, self.key_row
        if self.is_typing or (standing is None and row is None):
            return
        self.answers.clear("answer", "conflict")
        self._say_wrong("")
        self.add_class(TYPING)
        if standing is not None:
            self.label.show_name(standing.spec.name)
            self.value.ask(*setting_wording.typed_value(self.desk, standing))
        elif row is not None:
            self.label.show_name(row.id)
            self.value.ask(self.typed_key(row), [], "such as ctrl+g, f9; empty: no key")
        self.show_frame()

    @on(PathInput.Entered)
    def write_typed(self) -> None:
        """Write what is typed, or say what is wrong with it."""
        standing = self.selected
        if self.key_row is not None:
            self._write_keys(self.key_row)
        if standing is None:
            return
        name, typed = standing.spec.name, self.value.value.strip()
        try:
            if name == "model" and typed:
                models = self.desk.shelf.models
                typed = find_one(typed, {model.id: model.name for model in models.values()}, "model")
            standing.spec.kind.read(name, typed, "")
        except UserError as error:
            self._say_wrong(str(error))
            return
        if self.change(standing, partial(write_setting, name, typed)):
            self.stop_typing()

    def _write_keys(self, row: KeyRow) -> None:
        try:
            is_written = self.write_typed_key(row, self.value.value)
        except UserError as error:
            self._say_wrong(str(error))
        else:
            if is_written:
                self.stop_typing()

    def stop_typing(self) -> None:
        """Put the hands back on the list."""
        self.remove_class(TYPING)
        self._say_wrong("")
        self.list.focus()

    def _say_wrong(self, sentence: str) -> None:
        self.problem.show([([("× ", "error"), (one_line(sentence), "value")], ())] if sentence else ())
        self.problem.set_class(not sentence, "-empty")

    @on(PathInput.Named)
    def forget_problem(self) -> None:
        """It is another value now."""
        self._say_wrong("")
