"""The command palette: every action by its name, and every choice of the form by its value."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from textual.binding import Binding
from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.types import IgnoreReturnCallbackType
from textual.widgets import Input

from sdxl_tui.tui.widgets.choice_field import ChoiceField
from sdxl_tui.tui.widgets.field import Field

Command = tuple[str, str, IgnoreReturnCallbackType]
"""What is typed to find it, what it does, and the doing."""


class LabPalette(CommandPalette):
    """Textual's palette, with a cursor that does not blink: an idle screen sends nothing."""

    def on_mount(self) -> None:
        """Still the cursor."""
        self.query_one(Input).cursor_blink = False


class LabCommands(Provider):
    """The bindings of the screen and the app, and the choices of style, scheduler and model."""

    async def discover(self) -> Hits:
        """List the actions before anything is typed."""
        for name, does, run in self._actions():
            yield DiscoveryHit(Content(name), run, text=name, help=does)

    async def search(self, query: str) -> Hits:
        """Find actions and choices."""
        matcher = self.matcher(query)
        for name, does, run in (*self._actions(), *self._choices()):
            if (score := matcher.match(name)) > 0:
                yield Hit(score, matcher.highlight(name), run, text=name, help=does)

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
        for field in self.screen.query(ChoiceField):
            for value, name in field.choices.items():
                run = partial(self.screen.post_message, Field.Changed(field, value))
                yield f"{field.hands} {name}", f"Take this {field.hands}", run
