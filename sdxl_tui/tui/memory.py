"""As you left it: form, screens and what was chosen on them, on disk soon after each change."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.app import ScreenStackError

from sdxl_tui.core import state

if TYPE_CHECKING:
    from sdxl_tui.tui.app import LabApp
    from sdxl_tui.tui.rooms import Rooms

LOOK = 2.0
"""Seconds from one look at what has changed to the next: what a kill can take."""

log = logging.getLogger(__name__)


class Memory:
    """How the lab of one output folder is left, and was left before."""

    def __init__(self, folder: Path) -> None:
        """Read it; a state that cannot be read is an empty one."""
        self._folder = folder
        self._before = self._wanted = state.left_in(folder)
        self._written = dict(self._before)
        self._turn = threading.Lock()
        self._writes = False

    @property
    def form(self) -> Mapping[str, Any]:
        """The form as it was left."""
        return _mapping(self._before.get("form"))

    @property
    def prompt(self) -> str:
        """The prompt that was left."""
        prompt = self.form.get("prompt")
        return prompt if isinstance(prompt, str) else ""

    @property
    def screen(self) -> str:
        """The name of the screen that was in front."""
        name = self._before.get("screen")
        return name if isinstance(name, str) else ""

    def of_screen(self, name: str) -> Mapping[str, Any]:
        """What was chosen on a screen."""
        return _mapping(_mapping(self._wanted.get("screens")).get(name))

    def look(self, app: LabApp) -> None:
        """Bring what has changed to the disk, off the event loop."""
        if app.rooms is None or self._writes:
            return
        self._note(app)
        if self._wanted != self._written:
            self._writes = True
            app.run_worker(self._write, thread=True, exit_on_error=False, group="memory")

    def leave(self, app: LabApp) -> None:
        """Bring all to the disk now. Any thread may ask, also while the event loop hangs."""
        if app.rooms is not None:
            try:
                self._note(app)
            except Exception:  # a screen that is half gone: what was noted last is left
                log.exception("the form could not be read any more")
        elif (typed := app.typed_so_far) != self.prompt:
            self._wanted = {**self._before, "form": {**self.form, "prompt": typed}}
        self._write()

    def _note(self, app: LabApp) -> None:
        rooms = app.rooms
        if rooms is None or rooms.home.form.picker.question is not None:
            return  # What a list walks through is not chosen yet.
        screens = dict(_mapping(self._wanted.get("screens")))
        screens |= {name: screen.left() for name, screen in list(rooms.screens.items())}
        self._wanted = {
            "form": rooms.home.left_form(),
            "screen": _front(app, rooms) or self.screen,
            "screens": {name: left for name, left in screens.items() if left},
        }

    def _write(self) -> None:
        with self._turn:
            wanted = self._wanted
            if wanted != self._written and state.leave_in(self._folder, wanted):
                self._written = wanted
            self._writes = False


def _front(app: LabApp, rooms: Rooms) -> str:
    """The name of the screen in front, or of that below what is open over it."""
    try:
        stack = list(app.screen_stack)
    except ScreenStackError:
        return ""
    names = {id(screen): name for name, screen in rooms.screens.items()}
    return next((names[id(screen)] for screen in reversed(stack) if id(screen) in names), "")


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
