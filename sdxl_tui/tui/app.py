"""The Textual app: one engine, one state, and the screens over them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import App
from textual.binding import Binding, BindingType
from textual.screen import Screen

from sdxl_tui.core.models import DEMO, Model
from sdxl_tui.core.settings import Settings
from sdxl_tui.core.styles import NONE
from sdxl_tui.engine import Engine, Event, ModelLoading
from sdxl_tui.tui.desk import Desk
from sdxl_tui.tui.draft import Draft
from sdxl_tui.tui.help import help_rows
from sdxl_tui.tui.keys import OneKeyAtATime, mend_escape_sequences
from sdxl_tui.tui.lab_state import LabState
from sdxl_tui.tui.looks import Looks
from sdxl_tui.tui.messages import EngineReport
from sdxl_tui.tui.notes import WARNING, Notes
from sdxl_tui.tui.screens.base import LabScreen
from sdxl_tui.tui.screens.gallery import GalleryScreen
from sdxl_tui.tui.screens.generate import GenerateScreen
from sdxl_tui.tui.screens.models import ModelsScreen
from sdxl_tui.tui.screens.quit import QuitQuestion
from sdxl_tui.tui.screens.sheet import Sheet
from sdxl_tui.tui.screens.styles import StylesScreen
from sdxl_tui.tui.shelf import Shelf, load_shelf
from sdxl_tui.tui.signals import leave_on_signals
from sdxl_tui.tui.start import begin
from sdxl_tui.tui.survey import Survey, look_around
from sdxl_tui.tui.wording import quit_sentence

if TYPE_CHECKING:
    from textual.command import Provider

log = logging.getLogger(__name__)


def _lab_commands() -> type[Provider]:
    """The palette takes a tenth of the start to import, and nobody opens it that early."""
    from sdxl_tui.tui.commands import LabCommands

    return LabCommands


class LabApp(Looks, OneKeyAtATime, App[None], inherit_bindings=False):
    """The lab. Whoever runs it closes ``engine`` afterwards: the event loop never waits for the GPU."""

    TITLE = "sdxl-tui"
    CSS_PATH: ClassVar[Any] = ["app.tcss", "generate.tcss", "gallery.tcss", "browse.tcss", "looks.tcss"]
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
        Binding("f3", "change_images", "pictures", id="app.images", tooltip="Half cells, kitty, sixel, or no pictures"),
    ]

    def __init__(
        self,
        settings: Settings,
        model: Model | None = None,
        prompt: str = "",
        *,
        load: bool = False,
        engine_factory: Callable[[Settings, Callable[[Event], None]], Engine] = Engine,
        shelf: Shelf | None = None,
    ) -> None:
        super().__init__()
        mend_escape_sequences()
        self.animation_level = "none"
        self.engine = engine_factory(settings, self._emit)
        self.state = LabState()
        self.shelf = load_shelf() if shelf is None else shelf
        self._given_model = model
        self._load = load
        draft = Draft(model or self.shelf.models[DEMO], self.shelf.styles[NONE])
        draft.prompt = prompt
        self.notes = Notes()
        self._settings = settings
        self.desk = desk = Desk(self.engine, self.state, self.shelf, draft, self.notes, settings)
        self.generate = GenerateScreen(desk)
        screens = (self.generate, GalleryScreen(desk), StylesScreen(desk), ModelsScreen(desk))
        self.lab_screens: dict[str, LabScreen] = {screen.TAB: screen for screen in screens}
        self.dress(settings)

    def get_default_screen(self) -> Screen[None]:
        """Open on the home screen; all are kept as they are left."""
        for screen in self.lab_screens.values():
            self.install_screen(screen, screen.TAB)
        return self.generate

    def on_mount(self) -> None:
        """Paint first: torch is imported and folders are read when there is something to look at."""
        if not self.is_headless:
            leave_on_signals(self)
        self.call_after_refresh(self._open)

    def on_engine_report(self, report: EngineReport) -> None:
        """Take a report of the engine into the state, and let the home screen show it."""
        self.state.take(report.event)
        if isinstance(report.event, ModelLoading):
            self.notes.clear("start")
        for screen in self.lab_screens.values():
            if screen.is_running:
                screen.report(report.event)

    def action_open(self, name: str) -> None:
        """Bring a screen to the front, as it was left; the home screen always lies under the others."""
        screen = self.lab_screens[name]
        if self.screen is self.generate and screen is not self.generate:
            self.push_screen(screen)
        elif self.screen is not self.generate and screen is self.generate:
            self.pop_screen()
        elif self.screen is not screen:
            self.switch_screen(screen)

    def action_stop_job(self) -> None:
        """Stop the running job, else the next that waits."""
        job_id = self.state.running or next(iter(self.state.waiting), None)
        if job_id is not None:
            self.engine.cancel(job_id)
        else:
            self.generate.say_nothing_runs()

    def action_help(self) -> None:
        """Show what the keys do."""
        if isinstance(self.screen, LabScreen):
            self.push_screen(Sheet(help_rows(self.screen)))

    def action_command_palette(self) -> None:
        """Open the palette over a screen of the lab."""
        if isinstance(self.screen, LabScreen):
            from sdxl_tui.tui.commands import LabPalette

            self.push_screen(LabPalette(placeholder="find a command, a style, a model"))

    async def action_quit(self) -> None:
        """Leave; while a job runs ask once, and take a second ctrl+q as the answer."""
        if not self.state.busy or isinstance(self.screen, QuitQuestion):
            self.exit()
        else:
            self.push_screen(QuitQuestion(quit_sentence(self.state)), self._leave)

    def _leave(self, leave: bool | None) -> None:
        if leave:
            self.exit()

    def _emit(self, event: Event) -> None:
        """Called on the engine's thread."""
        self.post_message(EngineReport(event))

    def _open(self) -> None:
        self.listen()
        self.engine.start()
        if self._load and self._given_model is not None:
            self.engine.load(self._given_model)
        self.check_models(first=self._given_model is None)
        self.run_worker(self._read_marks, thread=True, exit_on_error=False)

    def check_models(self, *, first: bool = False) -> None:
        """Look at all models' folders, off the event loop; ``first``: then choose what the form begins with."""
        self.shelf.reports.clear()
        self.state.load_failures.clear()
        self.run_worker(partial(self._look_around, first), thread=True, exit_on_error=False)

    def _read_marks(self) -> None:
        problem = self.desk.kept.read(self.desk.settings.output_dir)
        self.call_later(self._use_marks, problem)

    def _use_marks(self, problem: str) -> None:
        if problem:
            self.notes.put("marks", WARNING, problem)
        for screen in self.lab_screens.values():
            if screen.is_current:
                screen.show()

    def _look_around(self, first: bool) -> None:
        """Runs on a thread of its own."""
        survey = look_around(self.shelf, self._settings.output_dir, lambda: self.call_later(self._show_all))
        self.call_later(self._use_survey, survey, first)

    def _use_survey(self, survey: Survey, first: bool) -> None:
        self.shelf.cache_folders = survey.cache_folders
        self.state.load_seconds = survey.load_seconds | self.state.load_seconds
        if first:
            begin(self.desk, self.generate, survey.last_used)
        self._show_all()

    def _show_all(self) -> None:
        for screen in self.lab_screens.values():
            if screen.is_running:
                screen.show()

    def _fatal_error(self) -> None:
        """Leave with a sentence where Textual would print a traceback; the log has the whole of it."""
        log.critical("The lab ended on an error in itself.", exc_info=self._exception)
        self._exit_renderables.append("sdxl-tui ended on an error in itself; app_events.log has the details.")
        self._close_messages_no_wait()
