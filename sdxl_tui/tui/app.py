"""The Textual app: it paints header, footer and a prompt, and imports the rest of the lab when they stand there."""

from __future__ import annotations

import asyncio
import gc
import importlib
import logging
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import App
from textual.binding import Binding, BindingType
from textual.screen import Screen

from sdxl_tui.tui.clipboard import Clipboard
from sdxl_tui.tui.herald import Herald
from sdxl_tui.tui.keys import OneKeyAtATime, is_text, mend_escape_sequences
from sdxl_tui.tui.link import Link
from sdxl_tui.tui.looks import Looks
from sdxl_tui.tui.memory import LOOK, Memory
from sdxl_tui.tui.notes import Notes
from sdxl_tui.tui.outlet import Outlet
from sdxl_tui.tui.own_keys import WithOwnKeys
from sdxl_tui.tui.painting.painted import Painted
from sdxl_tui.tui.quiet import QuietCover
from sdxl_tui.tui.read_only import ReadOnly
from sdxl_tui.tui.screens.opening import OpeningScreen
from sdxl_tui.tui.signals import go_on_after_a_stop, leave_on_signals

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


class LabApp(
    Painted, Looks, WithOwnKeys, ReadOnly, Clipboard, OneKeyAtATime, QuietCover, App[None], inherit_bindings=False
):
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
        Binding("f9", "why_images", "why pictures look so", id="app.why", tooltip="Way by way, what speaks for it"),
    ]

    def __init__(
        self,
        settings: Settings,
        model: Model | None = None,
        prompt: str = "",
        *,
        load: bool = False,
        flags: Mapping[str, Any] | None = None,
        read_only: bool = False,
        memory: Memory | None = None,
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
        self.herald = Herald(self)
        self.dress(settings)
        self.rooms: Rooms | None = None
        """The engine and the screens; None until the first paint is done."""
        self.goes_down = False
        """Whether the system ends the lab: what runs is offered again at the next start."""
        self.last_words = ""
        """A sentence for the terminal, once it is the user's again."""
        self.is_read_only = read_only
        self._memory = memory
        prompt = (memory.prompt if memory else "") or prompt
        self._opening = OpeningScreen(prompt, looks_only=read_only)
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
            go_on_after_a_stop(self)
        self.herald.begin()

    def on_unmount(self) -> None:
        """Take the pictures out of the terminal's store, and give it back the title that it had."""
        self.put_pictures_away()
        if self._driver is not None and not self.is_headless:
            self._driver.write(self.herald.farewell())

    def on_ready(self) -> None:
        """After the first paint, let the prompt take letters; every other key waits for the lab."""
        if not self.is_read_only:
            self.listen(is_text)
        self.look_again()
        self.run_worker(self._furnish())

    def paint_anew(self) -> None:
        """Paint all of the screen, and say the title again: somebody else had the terminal."""
        self.repaint_all()
        self.herald.say_again()

    def close(self, seconds: float) -> None:
        """Leave things as they are, stop the engine, and wait that long for it. Any thread may ask."""
        if self._memory is not None:
            self._memory.leave(self)
        if self.rooms is not None:
            self.rooms.desk.engine.close(seconds, keeps_running=self.goes_down)

    def on_engine_report(self, report: EngineReport) -> None:
        """Take what the engine says."""
        if self.rooms is not None:
            self.rooms.take(report.event)
            self.herald.report(report.event)

    def watch_app_focus(self, focus: bool) -> None:
        """Read the card only while somebody looks."""
        self.herald.heed_focus()
        if self.rooms is not None:
            self.rooms.show_meter(focus)

    @property
    def settings_now(self) -> Settings:
        """The settings in force."""
        return self._settings if self.rooms is None else self.rooms.desk.settings

    @property
    def typed_so_far(self) -> str:
        """The prompt as it stands before the lab is there."""
        return self._opening.typed.text

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
        asks = self.rooms is not None and not self.is_read_only and (self.rooms.state.busy or unsaved)
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

        await self.begin_with_own_keys()
        rooms = Rooms(self, self._settings, self._model, self._shelf, self._flags, self._memory)
        await self.stop_listening()
        has_typed = self._opening.has_changed
        rooms.home.begin_with(self._opening.typed)
        rooms.home.set_classes(self._opening.classes)
        await self.push_screen(rooms.home)
        self.call_after_refresh(self._start, rooms, has_typed)

    def _start(self, rooms: Rooms, has_typed: bool) -> None:
        self.rooms = rooms
        rooms.start(self._engine_factory, load=self._load)
        if not has_typed and not self.has_waiting_keys:
            rooms.take_up_screen()
        if self._memory is not None:
            self.set_interval(LOOK, partial(self._memory.look, self))
        self.herald.show_title()
        self.listen()
        gc.freeze()
        gc.set_threshold(50_000, 20, 100)  # Looking at all there is takes as long as a key may.
        gc.enable()

    def _fatal_error(self) -> None:
        """Leave with a sentence where Textual would print a traceback; the log has the whole of it."""
        log.critical("The lab ended on an error in itself.", exc_info=self._exception)
        self.last_words = "sdxl-tui ended on an error in itself; app_events.log has the details."
        self._close_messages_no_wait()
