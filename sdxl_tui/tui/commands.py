"""The command palette: every action by its name, and every choice of the form by its value."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from textual.binding import Binding
from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.types import IgnoreReturnCallbackType
from textual.widgets import Input

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.speeds import SPEEDS
from sdxl_tui.core.text import one_line
from sdxl_tui.tui import read_only, themes, values
from sdxl_tui.tui.files import completions
from sdxl_tui.tui.keys_in_force import in_force, said, shown_keys
from sdxl_tui.tui.notes import ERROR
from sdxl_tui.tui.screens.generate import GenerateScreen
from sdxl_tui.tui.tabs import tabs_of
from sdxl_tui.tui.widgets.choice_field import ChoiceField

if TYPE_CHECKING:
    from sdxl_tui.tui.app import LabApp
    from sdxl_tui.tui.rooms import Rooms
    from sdxl_tui.tui.screens.base import LabScreen

FIRST = 1000.0
"""The score of what was typed in full."""

Command = tuple[str, str, IgnoreReturnCallbackType]
"""What is typed to find it, what it does, and the doing."""


OPEN_PICTURE = "open picture "
"""What a path is typed behind."""
MOST_PICTURES = 20
"""Paths that are offered."""


class LabPalette(CommandPalette):
    """Textual's palette, with a cursor that does not blink: an idle screen sends nothing."""

    def __init__(self, typed: str = "") -> None:
        super().__init__(placeholder="find a command, a style, a model")
        self._typed = typed

    def on_mount(self) -> None:
        """Still the cursor, and begin with what is typed already."""
        line = self.query_one(Input)
        line.cursor_blink = False
        if self._typed:
            line.value = self._typed
            line.action_end()


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
        if query.casefold().startswith(OPEN_PICTURE):
            for hit in await asyncio.to_thread(self._pictures, query[len(OPEN_PICTURE) :].strip()):
                yield hit
        is_read_only = self._home.desk.is_read_only
        for hit in () if is_read_only else self._values(query):
            yield hit
        for name, does, run in (*self._actions(), *(() if is_read_only else self._choices()), *self._places()):
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

    def _pictures(self, typed: str) -> list[Hit]:
        """What a path that is typed so far can be, on a thread of its own: pictures to open, folders to look into."""
        found = completions(typed)[:MOST_PICTURES] or [typed]
        hits = []
        for number, path in enumerate(found):
            is_folder = path.endswith("/")
            picture = said("See it in full size; {generate.use_settings:u} takes its settings")
            does = "Look into it" if is_folder else picture
            run = partial(self._look_into, path) if is_folder else partial(self._rooms.open_picture, Path(path))
            name = one_line(path)
            if path:
                hits.append(Hit(FIRST - number, Content(name), run, text=f"{OPEN_PICTURE}{path}", help=does))
        return hits

    def _look_into(self, folder: str) -> None:
        self.app.push_screen(LabPalette(f"{OPEN_PICTURE}{folder}"))

    def _actions(self) -> Iterator[Command]:
        is_read_only = self._home.desk.is_read_only
        for node in (self.screen, self.app):
            for binding in node.BINDINGS:
                if is_read_only and not read_only.works(binding):
                    continue
                if (
                    isinstance(binding, Binding)
                    and binding.description
                    and not binding.action.startswith(("app.", "command_palette"))
                ):
                    run = partial(self.app.run_action, binding.action, node)
                    keys = shown_keys(in_force().of(node).get(str(binding.id), ()))
                    yield binding.description, f"{keys}  {binding.tooltip}", run

    def _choices(self) -> Iterator[Command]:
        for field in self._home.query(ChoiceField):
            for value, name in field.choices.items():
                yield f"{field.hands} {name}", f"Take this {field.hands}", self._taking(str(field.id), value)
        for name in self._home.desk.loras.listed:
            yield one_line(f"LoRA {name}"), "Turn this LoRA on or off", partial(self._home.turn_lora, name)
        for word, description in SPEEDS.items():
            yield f"speed {word}", description, self._taking("speed", word)

    def _places(self) -> Iterator[Command]:
        is_read_only = self._home.desk.is_read_only
        for tab in tabs_of(read_only.TABS if is_read_only else None):
            yield f"open {tab.name}", tab.tooltip, partial(self._rooms.open, tab.name)
        if not is_read_only:
            yield from self._orders()
        yield OPEN_PICTURE.strip(), "Take settings from a picture of any program", partial(self._look_into, "")
        for theme, light in ((themes.SAFELIGHT, "dark"), (themes.LIGHTBOX, "light")):
            yield f"theme {light}", f"Look like {theme.name}", partial(self._wear, theme.name)

    def _orders(self) -> Iterator[Command]:
        queue = "pause the queue" if self._rooms.state.paused is None else "run the queue"
        yield queue, "What runs goes on; what waits begins no more, or again", self._rooms.turn_queue
        yield "stop after this picture", "End what runs when its picture is saved", self._rooms.stop_after_picture
        yield "clear the queue", "Cancel all jobs that wait; asks once", self._rooms.clear_queue

    def _wear(self, theme: str) -> None:
        app = cast("LabApp", self.app)
        app.session["theme"] = theme
        app.wear(theme)

    def _taking(self, field: str, value: str) -> IgnoreReturnCallbackType:
        return partial(self._take, field, value)

    def _take(self, field: str, value: str) -> None:
        self._home.take(field, value)
        cast("LabScreen", self.screen).show_frame()
