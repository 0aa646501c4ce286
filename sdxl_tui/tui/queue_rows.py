"""The rows of the queue's three lists, each drawn when it is looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual.strip import Strip

from sdxl_tui.core.job import Job
from sdxl_tui.core.text import one_line
from sdxl_tui.engine import Preview
from sdxl_tui.tui import queue_wording
from sdxl_tui.tui.desk import Desk
from sdxl_tui.tui.keys_in_force import said
from sdxl_tui.tui.pictured import Pictured
from sdxl_tui.tui.thumbs import SWATCH_GRAIN, Thumb
from sdxl_tui.tui.today import TodayJobs
from sdxl_tui.tui.widgets.cells import strips_of
from sdxl_tui.tui.widgets.section_list import Place
from sdxl_tui.tui.widgets.section_rows import LEAD, SWATCH, Row
from sdxl_tui.tui.widgets.words import Part

RUNNING, WAITING, TODAY = "running", "waiting", "today"


class QueueRows:
    """Knows what ended today, and asks the desk for the rest."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.today = TodayJobs()
        self.done: dict[str, Pictured] = {}
        """The jobs of today by the keys of their rows, newest first."""
        self._preview: tuple[str, Strip] | None = None
        """The running job's id, and a swatch of what it comes to."""
        self._starts: dict[str, tuple[Part, ...]] = {}
        """By job id: when it begins, as it was said last."""

    def take(self, today: TodayJobs) -> None:
        """Show these from now on; a line of the log without an id has a key of its own."""
        count = len(today.shown)
        self.today = today
        self.done = {one.job_id or f"line {count - place}": one for place, one in enumerate(today.shown)}

    def take_preview(self, event: Preview) -> None:
        """Show what the running job comes to."""
        from PIL import Image

        small = event.image.convert("RGB").resize(SWATCH_GRAIN.pixels(SWATCH, 1), Image.Resampling.BOX)
        self._preview = event.job_id, strips_of(small, SWATCH_GRAIN)[0]

    def end_preview(self, job_id: str) -> None:
        """This job makes no more."""
        if self._preview is not None and self._preview[0] == job_id:
            self._preview = None

    def forget_times(self) -> None:
        """Say anew when what waits begins: at each step that would change all rows."""
        self._starts.clear()

    def sections(self, words: str) -> Mapping[str, Sequence[str]]:
        """The keys of the rows whose jobs have all these words."""
        state, wanted = self._desk.state, words.casefold().split()

        def fitting(keys: Sequence[str]) -> Sequence[str]:
            return [key for key in keys if self._fits(key, wanted)] if wanted else list(keys)

        always = {WAITING: fitting(state.waiting), TODAY: fitting(list(self.done))}
        has_head = state.running is not None or state.paused is not None
        return {RUNNING: fitting(state.all_running), **always} if has_head else always

    def row(self, place: Place, width: int) -> Row:
        """A row of so many cells."""
        section, job_id = place
        state, end = self._desk.state, queue_wording.end_cells(width)
        if not job_id:
            return self._heading(section, width)
        lead = LEAD + SWATCH + 2
        if section == TODAY:
            done = self.done[job_id]
            left, right = queue_wording.done_columns(done, width, lead), queue_wording.done_parts(done, width)
            return Row(tuple(left), tuple(right), queue_wording.STATUS[done.status], self._swatch(done))
        job = state.jobs.get(job_id)
        if job is None:
            return Row(((job_id, "muted"),), (), ("·", "muted"))
        left = queue_wording.job_columns(job, width, lead)
        if section == RUNNING:
            swatch = self._preview[1] if self._preview and self._preview[0] == job_id else None
            progress = tuple(queue_wording.progress_parts(state, width)) if job_id == state.running else ()
            return Row(tuple(left), progress, ("►", "busy"), swatch, end)
        number = "∞" if job_id in state.repeating else str(state.waiting.index(job_id) + 1)
        return Row(tuple(left), self._start(job), (number, "muted"), None, end)

    def thumbs(self, places: Sequence[Place]) -> list[Thumb]:
        """The swatches of these rows."""
        paths = [self.done[key].path for section, key in places if section == TODAY and key in self.done]
        return [Thumb(path, SWATCH, 1) for path in paths if path is not None]

    def _start(self, job: Job) -> tuple[Part, ...]:
        if job.id not in self._starts:
            times, state = self._desk.times, self._desk.state
            parts = queue_wording.waiting_parts(
                times.span(job.id),
                times.left(),
                repeats=job.id in state.repeating,
                paused=state.paused is not None,
                took=times.seconds(job),
            )
            self._starts[job.id] = tuple(parts)
        return self._starts[job.id]

    def _heading(self, section: str, width: int) -> Row:
        state, times = self._desk.state, self._desk.times
        if section == RUNNING:
            left, right = queue_wording.running_heading(state)
        elif section == TODAY:
            left, right = queue_wording.today_heading(self.today, width)
        elif state.waiting:
            left, right = queue_wording.waiting_heading(len(state.waiting), times.sums, times.all_done(), width)
        else:
            left, right = [(said(queue_wording.NOTHING_WAITS), "soft")], []
        return Row(tuple(left), tuple(right))

    def _swatch(self, done: Pictured) -> Strip | None:
        drawn = None if done.path is None else self._desk.thumbs.get(Thumb(done.path, SWATCH, 1))
        return drawn[0] if drawn else None

    def _fits(self, key: str, wanted: Sequence[str]) -> bool:
        job, done = self._desk.state.jobs.get(key), self.done.get(key)
        if job is not None:
            text = f"{job.request.styled_prompt} {job.request.model.name}"
        elif done is not None:
            text = f"{done.text('styled_prompt')} {done.prompt} {done.model} {done.reason}"
        else:
            return False
        return all(word in one_line(text).casefold() for word in wanted)
