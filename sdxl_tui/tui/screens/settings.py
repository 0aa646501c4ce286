"""The settings and keys: what each means, where its value comes from, and another value for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.events import Resize, ScreenResume
from textual.widget import Widget

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.setting_changes import forget_setting, write_setting
from sdxl_tui.core.setting_kinds import OneOf
from sdxl_tui.core.setting_specs import Standing, standings
from sdxl_tui.core.text import one_line
from sdxl_tui.engine import Event
from sdxl_tui.tui import setting_wording
from sdxl_tui.tui.desk import Desk
from sdxl_tui.tui.notes import ERROR, OK, WARNING
from sdxl_tui.tui.screens.base import letter
from sdxl_tui.tui.screens.key_changing import KEY_HINTS
from sdxl_tui.tui.screens.setting_typing import SettingTyping
from sdxl_tui.tui.widgets.details import Details
from sdxl_tui.tui.widgets.details_pane import DetailsPane
from sdxl_tui.tui.widgets.find_line import FindLine
from sdxl_tui.tui.widgets.footer import KeyHint
from sdxl_tui.tui.widgets.lab_list import LabList
from sdxl_tui.tui.widgets.notices import Notices

_letter = partial(letter, screen="settings")


class SettingsScreen(SettingTyping):
    """What is changed here is written to settings.toml, and counts at once where that is possible."""

    CSS_PATH: ClassVar[Any] = ["../browse.tcss", "../sources.tcss", "../settings.tcss"]
    TAB = "settings"
    HELP = (
        "All settings and keys; {settings.change:enter} changes one and writes it to settings.toml, "
        "{settings.reset:del} gives it its default back."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "change", "change setting", id="settings.change", tooltip="The next choice, or type a value"),
        Binding("escape", "back", "back", id="settings.back", tooltip="One step back: value, search, then the picture"),
        Binding("up", "walk(-1)", "row above", id="settings.up", tooltip="The row above, also while one searches"),
        Binding("down", "walk(1)", "row below", id="settings.down", tooltip="The row below, also while one searches"),
        Binding("left", "choose(-1)", "choice before", id="settings.before", tooltip="Write the choice before"),
        Binding("right", "choose(1)", "next choice", id="settings.next", tooltip="Write the next choice"),
        Binding("delete", "reset", "default", id="settings.reset", tooltip="Take it out of settings.toml"),
        _letter("s", "keep", "keep for good", "Write what a key changed for this session to settings.toml"),
        _letter("e", "type", "type value", "Type a value"),
        _letter("slash", "find", "find setting", "Find a setting by any word of it"),
    ]

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.find_line = FindLine("find a setting or a key by any word of it")
        self.list.HANDS = self.TAB
        self.text = Details(classes="card")
        self.pane = DetailsPane(self.text)
        self._standings: dict[str, Standing] = {}

    def body(self) -> Iterable[Widget]:
        """The list, under it the value that is typed, and beside it all that is known of the selected one."""
        left = Vertical(self.find_line, self.list, self.typing_card(), id="setting-list")
        yield Vertical(Horizontal(left, self.pane, classes="browse"), Notices(self.answers), id="setting-desk")

    def on_mount(self) -> None:
        """Begin with the first."""
        self.run_worker(self.learn_keys())
        self.list.focus()

    @property
    def selected(self) -> Standing | None:
        """The setting that the keys act on; None: nothing was found, or it is a key."""
        return self._standings.get(self.list.selected)

    def show(self) -> None:
        """Show where the settings stand."""
        width = self.list.size.width
        settings = setting_wording.setting_items(self.desk, list(self._standings.values()), width)
        self.list.show([*settings, *self.key_items(width)])
        found, settings_count = len(self.list.shown), len(self._standings)
        all_of_them = f"{settings_count} settings, {self.key_count} keys"
        self.find_line.count(f"{found} found" if self.find_line.text else all_of_them)
        if self.key_row is not None:
            self.text.show(self.key_rows(self.key_row))
        else:
            self.text.show(setting_wording.setting_rows(self.desk, self.selected) if self.selected else ())
        self.text.set_class(self.selected is None and self.key_row is None, "-empty")
        self.call_after_refresh(self.pane.fit)

    def report(self, event: Event) -> None:
        """Keep the header true."""
        if self.is_current:
            self.show_frame()

    def action_change(self) -> None:
        """Write the next choice, or ask for a value; write it, where one is typed."""
        if self.is_typing:
            self.write_typed()
        elif self.key_row is not None:
            self.ask_for_key(self.key_row)
        elif self.selected is not None and isinstance(self.selected.spec.kind, OneOf):
            self.action_choose(1)
        else:
            self.action_type()

    def action_choose(self, distance: int) -> None:
        """Write the choice that many places away from the present one."""
        standing = self.selected
        if standing is None or self.is_typing or not isinstance(standing.spec.kind, OneOf):
            return
        choices = standing.spec.kind.choices
        session = setting_wording.session_values(self.desk)
        now = standing.written if standing.is_overridden and standing.written is not None else standing.value
        place = choices.index(session.get(standing.spec.name, now))
        self.change(standing, partial(write_setting, standing.spec.name, choices[(place + distance) % len(choices)]))

    def action_reset(self) -> None:
        """Let the default count again."""
        standing = self.selected
        if self.is_typing:
            return
        if self.key_row is not None:
            self.forget_key(self.key_row)
        elif standing is not None:
            self.change(standing, partial(forget_setting, standing.spec.name))

    def action_keep(self) -> None:
        """Write what a key changed for this session."""
        standing = self.selected
        if standing is None or self.is_typing:
            return
        session = setting_wording.session_values(self.desk)
        if standing.spec.name in session:
            self.change(standing, partial(write_setting, standing.spec.name, session[standing.spec.name]))
        else:
            self._say(WARNING, f"No key changed {standing.spec.name} for this session.")

    def action_find(self) -> None:
        """Put the hands on the search."""
        self.find_line.focus()

    def action_walk(self, distance: int) -> None:
        """Walk through what was found while the hands are on the search."""
        if not self.is_typing:
            self.list.action_walk(distance)

    def action_back(self) -> None:
        """One step towards the picture."""
        if self.is_typing:
            self.stop_typing()
        elif self.find_line.text or self.find_line.has_focus:
            selected = self.list.selected
            self.find_line.take("")
            self.list.find("")
            self.list.select(selected)
            self.list.focus()
        else:
            self.rooms.open("generate")

    def keys(self) -> list[KeyHint]:
        """What the keys do with the selected setting."""
        if self.focused is not self.list:
            return super().keys()
        if self.key_row is not None:
            return [*KEY_HINTS, ("/", "find"), ("esc", "generate")]
        standing = self.selected
        is_choice = standing is not None and isinstance(standing.spec.kind, OneOf)
        keys: list[KeyHint] = [("enter", "next choice"), ("←→", "choose")] if is_choice else [("enter", "type value")]
        if standing is not None and standing.spec.name in setting_wording.session_values(self.desk):
            keys.append(("s", "keep for good"))
        return [*keys, ("del", "default"), ("/", "find"), ("esc", "generate")]

    @on(ScreenResume)
    def read_again(self) -> None:
        """Look where the settings stand now: the file may be another one, and keys may have changed some."""
        self._read()
        self.show()

    @on(FindLine.Changed)
    def find(self, event: FindLine.Changed) -> None:
        """Show what was found."""
        self.list.find(event.text)
        self.show()

    @on(LabList.Selected)
    def show_selected(self) -> None:
        """Say all of another setting."""
        if self.is_typing:
            self.stop_typing()
        self.answers.clear("answer", "conflict")
        self.show()
        self.show_frame()

    @on(LabList.Pressed)
    def change_pressed(self) -> None:
        """Act as enter."""
        self.action_change()

    @on(Resize)
    def fit(self) -> None:
        """Say it at the new width."""
        self.call_after_refresh(self.show)

    def change(self, standing: Standing, write: Callable[[], object]) -> bool:
        """Write it, let it count where it can, and say what came of it; return whether it is written."""
        name = standing.spec.name
        try:
            write()
        except UserError as error:
            self._say(ERROR, str(error))
            return False
        self._read()
        now = self._standings[name]
        if not now.is_overridden:
            self.desk.session.pop(name, None)
            if name in setting_wording.FROM_FORM:
                self.desk.draft.edit(name, "")
            if now.spec.effect.at_once:
                self.rooms.use_settings(replace(self.desk.settings, **{name: now.value}))
        self._say(OK, setting_wording.written_sentence(self.desk, now))
        self.show()
        self.show_frame()
        return True

    def _read(self) -> None:
        self.read_keys()
        found, problem = standings(self.desk.flags)
        self._standings = {standing.spec.name: standing for standing in found}
        if problem:
            self.answers.put("file", ERROR, f"{one_line(problem)} Nothing is written until that is mended.")
        else:
            self.answers.clear("file")

    def _say(self, glyph: str, sentence: str) -> None:
        self.answers.put("answer", glyph, sentence)
