"""The command palette: every action by its name, and every choice of the form by its value."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, cast

from textual.binding import Binding
from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.types import IgnoreReturnCallbackType
from textual.widgets import Input

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.text import one_line
from sdxl_tui.tui import themes, values
from sdxl_tui.tui.notes import ERROR
from sdxl_tui.tui.screens.generate import GenerateScreen
from sdxl_tui.tui.tabs import TABS
from sdxl_tui.tui.widgets.choice_field import ChoiceField
from sdxl_tui.tui.widgets.field import Field

if TYPE_CHECKING:
    from sdxl_tui.tui.app import LabApp
    from sdxl_tui.tui.rooms import Rooms

FIRST = 1000.0
"""The score of what was typed in full."""

Command = tuple[str, str, IgnoreReturnCallbackType]
"""What is typed to find it, what it does, and the doing."""


class LabPalette(CommandPalette):
    """Textual's palette, with a cursor that does not blink: an idle screen sends nothing."""

    def on_mount(self) -> None:
        """Still the cursor."""
        self.query_one(Input).cursor_blink = False


class LabCommands(Provider):
    """The bindings of the screen and the app, the form's fields with their values, screens and themes by name."""

    @property
    def _rooms(self) -> Rooms:
        return cast("Rooms", cast("LabApp", self.app).rooms)

    @property
    def _home(self) -> GenerateScreen:
        """The screen with the form, whichever is in front."""
        return self._rooms.home

    async def discover(self) -> Hits:
        """List the actions before anything is typed."""
        for name, does, run in self._actions():
            yield DiscoveryHit(Content(name), run, text=name, help=does)

    async def search(self, query: str) -> Hits:
        """Find actions and choices."""
        matcher = self.matcher(query)
        for hit in self._values(query):
            yield hit
        for name, does, run in (*self._actions(), *self._choices(), *self._places()):
            if (score := matcher.match(name)) > 0:
                yield Hit(score, matcher.highlight(name), run, text=name, help=does)

    def _values(self, query: str) -> Iterator[Hit]:
        """What a query such as ``steps 40`` asks for, or the sentence on what is wrong with it."""
        desk = self._home.desk
        try:
            asked = values.read(query, desk.draft, desk.shelf)
        except UserError as error:
            sentence = one_line(str(error))
            yield Hit(FIRST, Content(sentence), partial(desk.notes.put, "form", ERROR, sentence), text=query)
            return
        if asked is not None:
            name = f"{asked.field} {asked.shown}"
            yield Hit(FIRST, Content(name), self._taking(asked.field, asked.value), text=query, help="Take this value")

    def _actions(self) -> Iterator[Command]:
        for node in (self.screen, self.app):
            for binding in node.BINDINGS:
                if (
                    isinstance(binding, Binding)
                    and binding.description
                    and not binding.action.startswith(("app.", "command_palette"))
                ):
                    run = partial(self.app.run_action, binding.action, node)
                    yield binding.description, binding.tooltip, run

    def _choices(self) -> Iterator[Command]:
        for field in self._home.query(ChoiceField):
            for value, name in field.choices.items():
                yield f"{field.hands} {name}", f"Take this {field.hands}", self._taking(str(field.id), value)

    def _places(self) -> Iterator[Command]:
        for tab in TABS:
            yield f"open {tab.name}", tab.tooltip, partial(self._rooms.open, tab.name)
        for theme, light in ((themes.SAFELIGHT, "dark"), (themes.LIGHTBOX, "light")):
            yield f"theme {light}", f"Look like {theme.name}", partial(cast("LabApp", self.app).wear, theme.name)

    def _taking(self, field_id: str, value: str) -> IgnoreReturnCallbackType:
        field = self._home.query_one(f"#{field_id}", Field)
        return partial(self._home.post_message, Field.Changed(field, value))
