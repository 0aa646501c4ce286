"""A view of what another lab makes: it looks, follows and exports, and has neither an engine nor torch."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, cast

from textual.actions import parse
from textual.app import App
from textual.screen import Screen

from sdxl_tui.core.errors import UserError

if TYPE_CHECKING:
    from sdxl_tui.core.job import Job
    from sdxl_tui.core.vram import Card
    from sdxl_tui.tui.lab_state import LabState
    from sdxl_tui.tui.rooms import Rooms

SENTENCE = "This view is read only: ctrl+q leaves it, and `sdxl-tui` opens the lab or leads to the one that runs."

TABS = ("gallery", "queue", "frames")
"""The screens that show what was made; on the others there is nothing to do without an engine."""

LOOK = 2.0
"""Seconds between two looks at the other lab's queue."""

MAKING = frozenset(
    (
        *("generate", "keep", "enlarge", "use_settings", "hold_seed", "start_from", "repeat", "more", "delete"),
        *("new_sequence", "stop_job", "move", "move_first", "double", "times", "repeat_until_stopped", "cancel"),
        *("stop_after_picture", "clear", "again", "all_again", "pause"),
    )
)
"""The actions of screens that make, change, keep, delete or queue something."""

HINTS = frozenset(
    (
        *("keep", "use settings", "img2img", "larger", "repeat", "new", "use as init", "hold seed", "move", "edit"),
        *("double", "cancel", "pause", "run", "run next", "times", "clear", "stop now", "after this picture"),
        *("try again", "retry failed", "stop", "trash"),
    )
)
"""How the footer calls them."""


class ReadOnly:
    """Mix-in before App: what would make or change anything says that this view is read only."""

    is_read_only = False
    rooms: Rooms | None

    async def run_action(self, action: Any, default_namespace: Any = None, namespaces: Any = None) -> bool:
        """Do what a key or the palette asks for, or say why not."""
        if self.is_read_only and self.rooms is not None and isinstance(default_namespace, (Screen, App, type(None))):
            name = parse(action)[1] if isinstance(action, str) else action[1]
            if name in MAKING:
                self.rooms.say_read_only()
                return True
        return await cast("App[Any]", super()).run_action(action, default_namespace, namespaces)


class NoEngine:
    """Stands where the engine is, and does nothing."""

    def submit(self, *_: Any, **__: Any) -> NoReturn:
        """Raise UserError: nothing is queued here."""
        raise UserError(SENTENCE)

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


def hints_of(hints: Collection[tuple[str, str]]) -> list[tuple[str, str]]:
    """The keys that do something in this view."""
    return [hint for hint in hints if hint[1] not in HINTS]
