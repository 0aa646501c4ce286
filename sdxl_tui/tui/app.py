"""The Textual app: it paints header, footer and a prompt, and imports the rest of the lab when they stand there."""

from __future__ import annotations

import asyncio
import gc
import importlib
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import App
from textual.binding import Binding, BindingType
from textual.screen import Screen

from sdxl_tui.tui.keys import OneKeyAtATime, is_text, mend_escape_sequences
from sdxl_tui.tui.link import Link
from sdxl_tui.tui.looks import Looks
from sdxl_tui.tui.notes import Notes
from sdxl_tui.tui.outlet import Outlet
from sdxl_tui.tui.painting.painted import Painted
from sdxl_tui.tui.quiet import QuietCover
from sdxl_tui.tui.screens.opening import OpeningScreen
from sdxl_tui.tui.signals import leave_on_signals

if TYPE_CHECKING:
    from textual.command import Provider

    from sdxl_tui.core.models import Model
    from sdxl_tui.core.settings import Settings
    from sdxl_tui.tui.messages import EngineReport
    from sdxl_tui.tui.rooms import EngineFactory, Rooms
    from sdxl_tui.tui.shelf import Shelf

PIECES = ("desk", "wording", "screens.base", "screens.picking", "screens.looking", "rooms")
"""What is imported after the first paint; each takes some milliseconds."""

log = logging.getLogger(__name__)


def _lab_commands() -> type[Provider]:
    from sdxl_tui.tui.commands import LabCommands

    return LabCommands


class LabApp(Painted, Looks, OneKeyAtATime, QuietCover, App[None], inherit_bindings=False):
    """The lab. Whoever runs it calls ``close`` afterwards: the event loop never waits for the GPU."""

    TITLE = "sdxl-tui"
    CSS_PATH: ClassVar[Any] = "opening.tcss"
    COMMANDS: ClassVar[set[Any]] = {_lab_commands}
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 - as App declares it
        (0, "-thin"),
        (60, "-narrow"),
        (100, "-normal"),
        (160, "-wide"),
    ]
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (18, "-short"), (32, "-tall")]  # noqa: RUF012 - as App declares it
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", "quit", id="app.quit", priority=True, tooltip="Leave; asks once if a job runs"),
        Binding("ctrl+c", "stop_job", "stop", id="app.stop", tooltip="Copy a selection, else stop the job"),
        Binding("f1", "help", "help", id="app.help", tooltip="Show what the keys do"),
        Binding("ctrl+p", "command_palette", "commands", id="app.palette", tooltip="Find any action by its name"),
        Binding("f2", "change_theme", "light or dark", id="app.theme", tooltip="Change to the other theme"),
        Binding("f3", "change_images", "pictures", id="app.images", tooltip="Show pictures in the next way there is"),
        Binding("ctrl+l", "look_again", "look at the terminal again", id="app.look", tooltip="And paint all anew"),
        Binding(
            "shift+f3", "why_images", "why pictures look so", id="app.why", tooltip="Way by way, what speaks for it"
        ),
    ]

    def __init__(
        self,
        settings: Settings,
        model: Model | None = None,
        prompt: str = "",
        *,
        load: bool = False,
        flags: Mapping[str, Any] | None = None,
        engine_factory: EngineFactory | None = None,
        shelf: Shelf | None = None,
    ) -> None:
        super().__init__()
        mend_escape_sequences()
        self.animation_level = "none"
        self.notes = Notes()
        self.link = Link(settings.link_bytes)
        self.link.watch(self.say_link)
        self.say_link()
        self.outlet = Outlet(self)
        """The way to the terminal for what is not painted: title, bell, clipboard, the data of pictures."""
        self.dress(settings)
        self.rooms: Rooms | None = None
        """The engine and the screens; None until the first paint is done."""
        self.goes_down = False
        """Whether the system ends the lab: what runs is offered again at the next start."""
        self.last_words = ""
        """A sentence for the terminal, once it is the user's again."""
        self._opening = OpeningScreen(prompt)
        self._settings, self._model, self._load = settings, model, load
        self._flags = flags or {}
        self._engine_factory, self._shelf = engine_factory, shelf

    def get_default_screen(self) -> Screen[None]:
        """Open on what is there at once."""
        return self._opening

    def on_mount(self) -> None:
        """Leave when the terminal goes."""
        if not self.is_headless:
            leave_on_signals(self)

    def on_unmount(self) -> None:
        """Take the pictures out of the terminal's store."""
        self.put_pictures_away()

    def on_ready(self) -> None:
        """After the first paint, let the prompt take letters; every other key waits for the lab."""
        self.listen(is_text)
        self.look_again()
        self.run_worker(self._furnish())

    def close(self, seconds: float) -> None:
        """Stop the engine, and wait that long for it."""
        if self.rooms is not None:
            self.rooms.desk.engine.close(seconds, keeps_running=self.goes_down)

    def on_engine_report(self, report: EngineReport) -> None:
        """Take what the engine says."""
        if self.rooms is not None:
            self.rooms.take(report.event)

    def watch_app_focus(self, focus: bool) -> None:
        """Read the card only while somebody looks."""
        if self.rooms is not None:
            self.rooms.show_meter(focus)

    def action_open(self, name: str) -> None:
        """Bring a screen to the front, as it was left."""
        if self.rooms is not None:
            self.rooms.open(name)

    def action_stop_job(self) -> None:
        """Stop the running job, else the next that waits."""
        if self.rooms is not None:
            self.rooms.stop_job()

    def action_help(self) -> None:
        """Show what the keys do."""
        from sdxl_tui.tui.help import help_rows
        from sdxl_tui.tui.screens.base import LabScreen
        from sdxl_tui.tui.screens.sheet import Sheet

        if isinstance(self.screen, LabScreen):
            self.push_screen(Sheet(help_rows(self.screen)))

    def action_command_palette(self) -> None:
        """Open the palette over a screen of the lab."""
        from sdxl_tui.tui.commands import LabPalette
        from sdxl_tui.tui.screens.base import LabScreen

        if isinstance(self.screen, LabScreen):
            self.push_screen(LabPalette())

    async def action_quit(self) -> None:
        """Leave; while a job runs ask once, and take a second ctrl+q as the answer."""
        from sdxl_tui.tui.screens.quit import QuitQuestion

        unsaved = self.rooms.unsaved() if self.rooms else ""
        asks = self.rooms is not None and (self.rooms.state.busy or unsaved)
        if self.rooms is None or not asks or isinstance(self.screen, QuitQuestion):
            self.exit()
        else:
            self.push_screen(QuitQuestion(self.rooms.state, unsaved), self._leave)

    def _leave(self, leave: str | None) -> None:
        if leave:
            self.exit()

    async def _furnish(self) -> None:
        """Import and build the lab, piece by piece between the keys; go on at home with what was typed by then."""
        for name in PIECES:
            importlib.import_module(f"sdxl_tui.tui.{name}")
            await asyncio.sleep(0)
        from sdxl_tui.tui.rooms import Rooms

        rooms = Rooms(self, self._settings, self._model, self._shelf, self._flags)
        await self.stop_listening()
        rooms.home.begin_with(self._opening.typed)
        rooms.home.set_classes(self._opening.classes)
        await self.push_screen(rooms.home)
        self.call_after_refresh(self._start, rooms)

    def _start(self, rooms: Rooms) -> None:
        rooms.start(self._engine_factory, load=self._load)
        self.rooms = rooms
        self.listen()
        gc.freeze()
        gc.enable()

    def _fatal_error(self) -> None:
        """Leave with a sentence where Textual would print a traceback; the log has the whole of it."""
        log.critical("The lab ended on an error in itself.", exc_info=self._exception)
        self.last_words = "sdxl-tui ended on an error in itself; app_events.log has the details."
        self._close_messages_no_wait()
