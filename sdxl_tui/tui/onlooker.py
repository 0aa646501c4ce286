"""What stands behind a view of what another lab makes: no engine and no torch, but that lab's queue as it is."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, cast

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.job import Job
from sdxl_tui.core.vram import Card
from sdxl_tui.tui.keys_in_force import said
from sdxl_tui.tui.lab_state import LabState
from sdxl_tui.tui.read_only import SENTENCE

if TYPE_CHECKING:
    from sdxl_tui.engine import Engine
    from sdxl_tui.tui.app import LabApp
    from sdxl_tui.tui.rooms import Rooms

LOOK = 2.0
"""Seconds between two looks at the other lab's queue."""


class Onlooker:
    """Follows the other lab."""

    def __init__(self, app: LabApp, rooms: Rooms) -> None:
        self._app, self._rooms = app, rooms

    def begin(self) -> None:
        """Open the gallery, and look at the queue now and then."""
        self._rooms.desk.engine = cast("Engine", NoEngine())
        self._look()
        self._app.set_interval(LOOK, self._look)
        self._rooms.open("gallery")

    def _look(self) -> None:
        self._app.run_worker(self._read, thread=True, exit_on_error=False, group="queue", exclusive=True)

    def _read(self) -> None:
        """Runs on a thread of its own."""
        self._app.call_later(self._show, read_queue(self._rooms.desk.settings.output_dir))

    def _show(self, jobs: Sequence[tuple[Job, bool]]) -> None:
        if show_queue(self._rooms.state, jobs):
            for screen in self._rooms.screens.values():
                if screen.is_current:
                    screen.show()
                    screen.show_frame()


class NoEngine:
    """Stands where the engine is, and does nothing."""

    def submit(self, *_: Any, **__: Any) -> NoReturn:
        """Raise UserError: nothing is queued here."""
        raise UserError(said(SENTENCE))

    submit_all = repeat = replace = submit

    def cancel(self, *_: Any, **__: Any) -> bool:
        """Nothing of this view's runs."""
        return False

    start = load = keep_warm = preload_img2img = use_settings = show_previews = show_meter = pause = resume = cancel
    stop_loading = stop_after_picture = move = cancel

    def clear_waiting(self) -> int:
        """Nothing of this view's waits."""
        return 0

    def read_card(self) -> Card | None:
        """Nobody asks the driver."""
        return None

    def close(self, timeout: float, *, keeps_running: bool = False) -> bool:
        """There is nothing to end."""
        return True


def read_queue(folder: Path) -> list[tuple[Job, bool]]:
    """What waits in the lab of a folder, and whether it runs; what cannot be read is left out. Takes its time."""
    from sdxl_tui.core import job_record
    from sdxl_tui.core.queue_store import RUNNING, QueueStore

    jobs = []
    with closing(QueueStore(folder)) as store:
        for row in store.read():
            try:
                jobs.append((job_record.read(row.job), row.state == RUNNING))
            except UserError:
                continue
    return jobs


def show_queue(state: LabState, jobs: Sequence[tuple[Job, bool]]) -> bool:
    """Let the state say what the other lab's queue is; return whether that is new."""
    running = [job.id for job, runs in jobs if runs]
    waiting = [job.id for job, runs in jobs if not runs]
    if (running[:1], waiting) == ([state.running] if state.running else [], state.waiting):
        return False
    state.jobs = {job.id: job for job, _ in jobs}
    state.running, state.waiting = (running[0] if running else None), waiting
    state.queue_changes += 1
    return True
