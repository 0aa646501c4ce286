"""What the Settings screen does with keys: another one is written to settings.toml, and counts at once."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, cast

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.key_names import read_keys
from sdxl_tui.core.own_keys import forget_keys, own_keys, write_keys
from sdxl_tui.tui import key_wording
from sdxl_tui.tui.desk import Desk
from sdxl_tui.tui.key_conflicts import check_keys
from sdxl_tui.tui.key_table import KeyRow, import_places, key_table
from sdxl_tui.tui.keys_in_force import KeysInForce, in_force, without_alt
from sdxl_tui.tui.notes import ERROR, OK, WARNING, Notes
from sdxl_tui.tui.screens.base import LabScreen
from sdxl_tui.tui.screens.key_question import KeyQuestion
from sdxl_tui.tui.widgets.footer import KeyHint
from sdxl_tui.tui.widgets.lab_list import Ends, LabList, ListItem

if TYPE_CHECKING:
    from sdxl_tui.tui.app import LabApp

KEY_HINTS: tuple[KeyHint, ...] = (("enter", "press another key"), ("e", "type keys"), ("del", "as shipped"))


class KeyChanging(LabScreen):
    """Base of the Settings screen, which lists the keys behind the settings."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.answers = Notes()
        self.list = LabList("setting-items")
        self._knows_keys = False
        self._own: frozenset[str] = frozenset()
        """The ids that settings.toml has keys for."""

    @property
    def key_row(self) -> KeyRow | None:
        """The selected key; None: a setting is selected, or nothing."""
        name = self.list.selected
        is_key = self._knows_keys and name.startswith(key_wording.PREFIX)
        return key_table().get(name.removeprefix(key_wording.PREFIX)) if is_key else None

    @property
    def key_count(self) -> int:
        """How many are listed."""
        return len(key_table()) if self._knows_keys else 0

    def key_items(self, width: int) -> list[ListItem]:
        """The rows of the list."""
        return key_wording.key_items(self._own, in_force(), width) if self._knows_keys else []

    def key_rows(self, row: KeyRow) -> list[Ends]:
        """What is known of a key."""
        return key_wording.key_rows(row, row.id in self._own, in_force())

    async def learn_keys(self) -> None:
        """List the keys once all that has some is imported, which would hold up what is pressed meanwhile."""
        await import_places()
        self._knows_keys = True
        self.show()

    def read_keys(self) -> None:
        """Look which keys are the user's own."""
        self._own = frozenset(own_keys().keys)

    def ask_for_key(self, row: KeyRow) -> None:
        """Take the next key that is pressed."""
        self.app.push_screen(KeyQuestion(row, in_force()), partial(self._take_key, row))

    def typed_key(self, row: KeyRow) -> str:
        """What a field for the keys begins with."""
        return ", ".join(without_alt(in_force().changed.get(row.id, row.keys)))

    def write_typed_key(self, row: KeyRow, typed: str) -> bool:
        """Write keys as they are typed; raise UserError when they cannot be used. Return whether they are written."""
        keys = read_keys(typed)
        check_keys(row.id, keys)
        return self._change_key(row, partial(write_keys, row.id, keys))

    def forget_key(self, row: KeyRow) -> None:
        """Let the shipped key count again."""
        was_there = row.id in self._own
        if self._change_key(row, partial(forget_keys, row.id)):
            self.answers.put("answer", OK, key_wording.shipped_key_sentence(row, was_there))

    def _take_key(self, row: KeyRow, key: str | None) -> None:
        if key:
            self._change_key(row, partial(write_keys, row.id, (key,)))

    def _change_key(self, row: KeyRow, write: Callable[[], object]) -> bool:
        """Write it, let it count, and say what came of it; return whether it is written."""
        try:
            write()
        except UserError as error:
            self.answers.put("answer", ERROR, str(error))
            return False
        app = cast("LabApp", self.app)
        app.read_own_keys()
        self.read_keys()
        self._say_written(row, app.keys_in_force)
        self.show()
        self.show_frame()
        app.show_own_keys()
        return True

    def _say_written(self, row: KeyRow, keys: KeysInForce) -> None:
        conflict = next((sentence for sentence in keys.sentences if row.id in sentence), "")
        self.answers.put("answer", OK, key_wording.written_key_sentence(row, keys))
        self.answers.clear("conflict")
        if conflict:
            self.answers.put("conflict", WARNING, conflict)
