"""The user's own keys, put to use in the running lab."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from textual.widget import Widget

from sdxl_tui.core.own_keys import own_keys
from sdxl_tui.tui.keys_in_force import KeysInForce
from sdxl_tui.tui.notes import WARNING

if TYPE_CHECKING:
    from textual.app import App

    from sdxl_tui.tui.notes import Notes
    from sdxl_tui.tui.rooms import Rooms


class WithOwnKeys:
    """Mix-in before App."""

    keys_in_force = KeysInForce()
    """The keys of now, and what is to be said of the user's own ones."""
    notes: Notes
    rooms: Rooms | None

    async def begin_with_own_keys(self) -> None:
        """Use them from the start; without any nothing is imported for them."""
        own = own_keys()
        if own.keys or own.problems:
            from sdxl_tui.tui.key_table import import_places

            await import_places()
            self.read_own_keys()

    def read_own_keys(self) -> None:
        """Use the keys that settings.toml has now, and say in the notices what is wrong with them."""
        self.notes.clear(*(f"key {number}" for number in range(len(self.keys_in_force.sentences))))
        own = own_keys()
        if own.keys or own.problems:
            from sdxl_tui.tui.key_conflicts import with_own

            self.keys_in_force = with_own(own)
        else:
            self.keys_in_force = KeysInForce()
        for number, sentence in enumerate(self.keys_in_force.sentences):
            self.notes.put(f"key {number}", WARNING, sentence)
        cast("App[Any]", self).set_keymap(self.keys_in_force.keymap)

    def show_own_keys(self) -> None:
        """Name the keys of now wherever one is named."""
        app = cast("App[Any]", self)
        screens = {*app.screen_stack, *(self.rooms.screens.values() if self.rooms else ())}
        for screen in screens:
            if screen.is_running:
                for widget in screen.walk_children(Widget):
                    widget.refresh()
