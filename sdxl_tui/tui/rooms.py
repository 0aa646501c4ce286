"""All that stands behind the first paint: one engine, one desk, and the screens over it."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.models import DEMO, Model
from sdxl_tui.core.settings import Settings
from sdxl_tui.core.styles import NONE
from sdxl_tui.engine import (
    CardRead,
    Event,
    JobCancelled,
    JobDone,
    JobFailed,
    ModelLoading,
    QueuePaused,
    QueueProblem,
    QueueRuns,
)
from sdxl_tui.tui import queue_wording, read_only
from sdxl_tui.tui.desk import Desk
from sdxl_tui.tui.draft import Draft
from sdxl_tui.tui.keys_in_force import said
from sdxl_tui.tui.lab_state import LabState
from sdxl_tui.tui.messages import EngineReport
from sdxl_tui.tui.meter_wording import others_sentence
from sdxl_tui.tui.notes import ERROR, OK, PAUSED, STOPPED, STOPPING, WARNING
from sdxl_tui.tui.picture_files import OpenedPicture, read_picture
from sdxl_tui.tui.screens.base import LabScreen
from sdxl_tui.tui.screens.generate import GenerateScreen
from sdxl_tui.tui.screens.picture_actions import PictureActions
from sdxl_tui.tui.screens.question import Question
from sdxl_tui.tui.sending import Sender
from sdxl_tui.tui.shelf import Shelf, load_shelf
from sdxl_tui.tui.start import begin
from sdxl_tui.tui.survey import Survey, look_around
from sdxl_tui.tui.tabs import TABS
from sdxl_tui.tui.walks import ListWalk

if TYPE_CHECKING:
    from sdxl_tui.engine import Engine
    from sdxl_tui.tui.app import LabApp
    from sdxl_tui.tui.memory import Memory

EngineFactory = Callable[[Settings, Callable[[Event], None]], "Engine"]


def _lasting_engine(settings: Settings, emit: Callable[[Event], None]) -> Engine:
    """An engine whose queue outlives it."""
    from sdxl_tui.core.queue_store import QueueStore
    from sdxl_tui.engine import Engine

    return Engine(settings, emit, QueueStore(settings.output_dir))


class Rooms:
    """Hands what the engine reports to the screens, and leads from one screen to another."""

    def __init__(
        self,
        app: LabApp,
        settings: Settings,
        model: Model | None,
        shelf: Shelf | None,
        flags: Mapping[str, Any],
        memory: Memory | None,
    ) -> None:
        self._app = app
        self._given_model = model
        self._memory = memory
        self.state = LabState()
        self.state.is_read_only = app.is_read_only
        self.shelf = shelf or load_shelf()
        draft = Draft(model or self.shelf.models[DEMO], self.shelf.styles[NONE])
        draft.use_settings(settings)
        self.desk = Desk(self.state, self.shelf, draft, app.notes, settings, flags, app.session)
        self.sender = Sender(app, self, self.desk)
        self.home = GenerateScreen(self.desk)
        if memory is not None and memory.form:
            self.home.take_up_form(memory.form, with_model=model is None)
        self._others_before: int | None = None
        """Bytes that others had on the card when the last job ended, or when it was first read."""
        self.screens: dict[str, LabScreen] = {self.home.TAB: self.home}
        """Those that were opened by now, by the names of their tabs; they are kept as they are left."""

    def start(self, engine_factory: EngineFactory | None, *, load: bool) -> None:
        """Begin to work: torch is imported and folders are read, all off the event loop."""
        if self.state.is_read_only:
            from sdxl_tui.tui.onlooker import Onlooker

            Onlooker(self._app, self).begin()
            self._app.run_worker(self._read_marks, thread=True, exit_on_error=False)
            return
        self.desk.engine = (engine_factory or _lasting_engine)(self.desk.settings, self._emit)
        self.desk.engine.start()
        self.show_meter(self._app.app_focus)
        self.home.ask_for_previews()
        if load and self._given_model is not None:
            self.desk.engine.load(self._given_model)
        self.check_models(first=self._given_model is None)
        self._app.run_worker(self._read_marks, thread=True, exit_on_error=False)

    def take_up_screen(self) -> None:
        """Open the screen that was in front when the lab was left, where nothing was typed since."""
        name = "" if self._memory is None else self._memory.screen
        if name != self.home.TAB and name in (tab.name for tab in TABS):
            self.open(name)

    def take(self, event: Event) -> None:
        """Take a report of the engine into the state, and let the screens show it."""
        self.state.take(event)
        if isinstance(event, ModelLoading):
            self._app.notes.clear("start")
        elif isinstance(event, QueuePaused):
            self._app.notes.put("paused", PAUSED, queue_wording.paused_note(event.reason))
        elif isinstance(event, QueueRuns):
            self._app.notes.clear("paused", "waits")
        elif isinstance(event, (JobDone, JobFailed, JobCancelled)):
            self._app.notes.clear(STOPPING)
        elif isinstance(event, QueueProblem) and not event.reason:
            self._app.notes.clear("queue file")
        for screen in self.screens.values():
            if screen.is_running:
                screen.report(event)
        self.sender.report(event)
        self._watch_others(event)
        if (answer := self.desk.repeats.answer(event)) is not None:
            self.say("repeat", *answer)

    def open(self, name: str) -> None:
        """Bring a screen to the front, as it was left; the home screen always lies under the others."""
        if self.state.is_read_only and name not in read_only.TABS:
            self.say_read_only()
            return
        app, screen = self._app, self._screen(name)
        if app.screen is self.home and screen is not self.home:
            app.push_screen(screen)
        elif app.screen is not self.home and screen is self.home:
            app.pop_screen()
        elif app.screen is not screen:
            app.switch_screen(screen)

    def say(self, cause: str, glyph: str, sentence: str) -> None:
        """Say something where the user is."""
        screen = self._app.screen
        if isinstance(screen, PictureActions):
            screen.say(cause, glyph, sentence)
        else:
            self.desk.notes.put(cause, glyph, sentence)

    def say_read_only(self) -> None:
        """Say why nothing is done, and where it can be."""
        self.say("read only", PAUSED, said(read_only.SENTENCE))

    def show_meter(self, on: bool) -> None:
        """Read the card, or no longer: nobody looks."""
        self.desk.engine.show_meter(on)

    def open_picture(self, path: Path) -> None:
        """Show a picture of any program in full size, with the settings that are in it."""
        self._app.run_worker(partial(self._read_picture, path), thread=True, exit_on_error=False, group="open")

    def stop_job(self) -> None:
        """Stop the running job, else the next that waits; nothing of a queue that is paused is about to run."""
        state = self.state
        job_id = state.running or next(iter(state.waiting if state.paused is None else ()), None)
        if job_id is not None:
            self.desk.engine.cancel(job_id)
        else:
            self.home.say_nothing_runs()

    def stop_after_picture(self) -> None:
        """End the running job when the picture in hand is saved; then the queue is paused."""
        if self.desk.engine.stop_after_picture():
            self.say(STOPPING, STOPPED, "It stops when this picture is saved; then the queue is paused.")
        else:
            self.say("queue", OK, "Nothing runs that could be stopped.")

    def turn_queue(self) -> None:
        """Pause the queue, or let it run."""
        if self.state.paused is None:
            self.desk.engine.pause()
        else:
            self.desk.engine.resume()

    def clear_queue(self) -> None:
        """Ask once, and cancel all jobs that wait."""
        if not self.state.waiting:
            self.say("queue", OK, said(queue_wording.NOTHING_WAITS))
            return
        choices = [("enter", "cancel them", "clear"), ("escape", "keep them", "")]
        self._app.push_screen(Question(queue_wording.clear_sentence(len(self.state.waiting)), choices), self._clear)

    def check_models(self, *, first: bool = False, again: bool = False) -> None:
        """Look at all models' folders, off the event loop.

        ``first``: then choose what the form begins with; ``again``: look for models that were added, too.
        """
        self.shelf.reports.clear()
        self.state.load_failures.clear()
        self._app.run_worker(partial(self._look_around, first, again), thread=True, exit_on_error=False)

    def read_styles(self, *, again: bool = False) -> None:
        """Take in what changed among the styles' files, or read them all again."""
        if self.shelf.read_styles(again=again):
            self.home.know_styles()
            self.show_all()

    def use_settings(self, settings: Settings) -> None:
        """Take other settings from now on: those that count at once, the rest as the lab was started with."""
        before, desk = self.desk.settings, self.desk
        desk.settings = settings
        desk.draft.use_settings(settings)
        desk.engine.use_settings(settings)
        self._app.link.use(settings.link_bytes)
        if any(getattr(before, name) != getattr(settings, name) for name in ("theme", "glyphs", "images")):
            self._app.change_clothes(settings, before)
        self._app.herald.show_title()
        for screen in self.screens.values():
            screen.use_settings()
        self.show_all()

    def unsaved(self) -> str:
        """What is typed on a screen and saved nowhere; empty: nothing."""
        return next((what for screen in self.screens.values() if (what := screen.unsaved())), "")

    def show_all(self) -> None:
        """Let every screen that is there show how things stand now."""
        for screen in self.screens.values():
            if screen.is_running:
                screen.show()

    def _watch_others(self, event: Event) -> None:
        """Say when others have taken much of the card since the last job, until they gave it back."""
        meter = self.state.meter
        if meter is None:
            return
        if self._others_before is None or isinstance(event, (JobDone, JobFailed, JobCancelled)):
            self._others_before = meter.card.others
            self._app.notes.clear("others")
        elif isinstance(event, CardRead) and (sentence := others_sentence(self._others_before, event)):
            self._app.notes.put("others", WARNING, sentence)
        elif isinstance(event, CardRead):
            self._app.notes.clear("others")

    def _clear(self, answer: str | None) -> None:
        if answer:
            count = self.desk.engine.clear_waiting()
            self.say("queue", STOPPED, queue_wording.cleared_sentence(count))

    def _screen(self, name: str) -> LabScreen:
        if name not in self.screens:
            module = importlib.import_module(f"sdxl_tui.tui.screens.{name}")
            screen: LabScreen = getattr(module, f"{name.title()}Screen")(self.desk)
            if self._memory is not None:
                screen.take_up(self._memory.of_screen(name))
            self._app.install_screen(screen, name)
            self.screens[name] = screen
        return self.screens[name]

    def _emit(self, event: Event) -> None:
        """Called on the engine's thread."""
        self._app.post_message(EngineReport(event))

    def _read_picture(self, path: Path) -> None:
        """Runs on a thread of its own."""
        try:
            opened = read_picture(path.expanduser().absolute(), self.shelf.models)
        except (UserError, RuntimeError) as error:
            self._app.call_later(self.say, "picture", ERROR, str(error))
        else:
            self._app.call_later(self._show_opened, opened)

    def _show_opened(self, opened: OpenedPicture) -> None:
        from sdxl_tui.tui.screens.zoom import ZoomScreen

        screen = ZoomScreen(self.desk, ListWalk([opened.pictured], 0), lambda _: None)
        self._app.push_screen(screen)
        screen.call_after_refresh(screen.say, "picture", OK if opened.is_whole else WARNING, opened.sentence)

    def _read_marks(self) -> None:
        problem = self.desk.kept.read(self.desk.settings.output_dir)
        self._app.call_later(self._use_marks, problem)

    def _use_marks(self, problem: str) -> None:
        if problem:
            self._app.notes.put("marks", WARNING, problem)
        self.show_all()

    def _look_around(self, first: bool, again: bool) -> None:
        """Runs on a thread of its own."""
        if again:
            try:
                self.shelf.restock()
                self._app.call_later(self.home.know_models)
                self._app.call_later(self._app.notes.clear, "catalogue")
            except UserError as error:
                self._app.call_later(self._app.notes.put, "catalogue", WARNING, str(error))
        tell = partial(self._app.call_later, self.show_all)
        self._app.call_later(self._use_survey, look_around(self.shelf, self.desk.settings, tell), first)

    def _use_survey(self, survey: Survey, first: bool) -> None:
        self.shelf.cache_folders = survey.cache_folders
        if survey.missing_folders:
            self._app.notes.put("checkpoint_dir", WARNING, " ".join(survey.missing_folders))
        else:
            self._app.notes.clear("checkpoint_dir")
        self.state.load_seconds = survey.load_seconds | self.state.load_seconds
        self.state.switch_seconds = survey.switch_seconds | self.state.switch_seconds
        if self.state.kept_warm is None:
            self.state.kept_warm = set(survey.kept_warm)
        if first:
            begin(self.desk, self.home, self.home.left_model or survey.last_used)
        self.show_all()
