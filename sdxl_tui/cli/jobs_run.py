"""Run the jobs of a file: few of them wait in the engine at a time, and what is stopped is left for the next start."""

from __future__ import annotations

import queue
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sdxl_tui.cli.precheck import Precheck
from sdxl_tui.cli.progress import END, Bar, Report, StopAsked, stops_as_reports, wait_for_card
from sdxl_tui.core import joblog
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.job import queued
from sdxl_tui.core.jobs_plan import Planned, failed_record
from sdxl_tui.core.request import GenerationRequest
from sdxl_tui.core.settings import Settings
from sdxl_tui.core.text import one_line
from sdxl_tui.engine import Engine, Event, JobCancelled, JobDone, JobFailed, JobStarted

AHEAD = 4
"""Jobs in the engine: one runs, one is being saved, and the next ones are there when they are wanted."""
AHEAD_TO_CHOOSE = 64
"""The same where the engine picks what goes well together: of more it would not choose better."""


@dataclass
class Outcome:
    """How the jobs of a file went."""

    done: int = 0
    failed: int = 0
    cancelled: int = 0
    left: int = 0
    """Jobs that were not begun, or were stopped: the next start goes on with them."""
    held: str = ""
    """The sentence that says why the rest was left, where that was not the user's wish."""
    stopped: bool = False


@dataclass
class _Pace:
    """How long the rest will take, by the work of what has run."""

    left: float
    """Work that is to be done, in pixels times steps."""
    done: float = 0.0
    began: float = field(default_factory=time.monotonic)
    """When the first of them did, on the clock of ``time.monotonic``."""

    def told(self, job: Planned) -> None:
        """One more job has ended."""
        self.done += work_of(job)
        self.left -= work_of(job)

    def __str__(self) -> str:
        seconds = (time.monotonic() - self.began) * max(0.0, self.left) / self.done if self.done else 0.0
        return f"about {duration(seconds)} left" if round(seconds) else ""


class JobsRun:
    """The jobs of one file under way."""

    def __init__(
        self,
        settings: Settings,
        jobs: Sequence[Planned],
        finish: Callable[[Planned], GenerationRequest],
        take: Callable[[Mapping[str, Any]], None],
        bar: Bar,
        *,
        fit: bool,
    ) -> None:
        """``finish`` gives the request of a job that is to run now, or raises UserError.

        ``take`` is given the log line of each job as it ends; ``fit``: see Precheck.
        """
        self._settings, self._finish, self._take, self._bar = settings, finish, take, bar
        self._reports: queue.SimpleQueue[Report] = queue.SimpleQueue()
        self._engine = Engine(settings, self._reports.put)
        self._precheck = Precheck(self._engine, settings, fit=fit)
        self._pending = deque(jobs)
        self._given: dict[str, Planned] = {}
        """By id, those that the engine has."""
        self._pace = _Pace(sum(map(work_of, jobs)))
        self._total = len(jobs)
        self.outcome = Outcome()

    def run(self) -> Outcome:
        """Run them to their ends, or until the user stops them or the disk is full."""
        self._engine.start(rehearses=False)
        try:
            with stops_as_reports(self._reports):
                self._count()
                if self._precheck.is_on:
                    wait_for_card(self._engine, self._reports)
                self._watch()
        except KeyboardInterrupt:
            self.outcome.stopped = True
        finally:
            self._let_go()
            self._engine.close(timeout=2.0)
        self.outcome.left = len(self._pending) + len(self._given) + self.outcome.cancelled
        return self.outcome

    def _watch(self) -> None:
        while True:
            self._give_more()
            if not self._given:
                return
            event = self._reports.get()
            if isinstance(event, StopAsked):
                self.outcome.stopped = True
                self._bar.say("stopping")
                self._let_go()
            elif isinstance(event, END):
                self._end(event)
            else:
                self._show(event)

    def _show(self, event: Event) -> None:
        if isinstance(event, JobStarted) and not self._pace.done:
            self._pace.began = time.monotonic()
        self._bar.show(event)

    @property
    def _goes_on(self) -> bool:
        return not self.outcome.stopped and not self.outcome.held

    def _give_more(self) -> None:
        """Let the engine have the next jobs."""
        chooses = "on" in (self._settings.fewest_switches, self._settings.join_jobs)
        while self._pending and self._goes_on and len(self._given) < (AHEAD_TO_CHOOSE if chooses else AHEAD):
            planned = self._pending.popleft()
            try:
                request = self._finish(planned)
            except UserError as error:
                self._refuse(planned, str(error))
                continue
            request, warning = self._precheck.checked(request)
            if warning:
                self._bar.line(one_line(f"▲ Line {planned.line.number}: {warning}"), sys.stderr)
            job = replace(queued(request, self._settings.output_dir, planned.job_id), carried=planned.carried)
            self._given[job.id] = planned
            self._engine.submit_job(job)

    def _let_go(self) -> None:
        """Take back what waits, as if it had never been given, and stop what runs."""
        for job_id in reversed(list(self._given)):
            if self._engine.withdraw(job_id):
                self._pending.appendleft(self._given.pop(job_id))
            else:
                self._engine.cancel(job_id)

    def _hold(self, reason: str) -> None:
        """Leave the rest for another time: it would fail, too."""
        if self._goes_on:
            self.outcome.held = reason
            self._let_go()

    def _end(self, end: JobDone | JobFailed | JobCancelled) -> None:
        planned = self._given.pop(end.job_id)
        self._pace.told(planned)
        match end:
            case JobDone():
                self.outcome.done += 1
            case JobFailed():
                self._fail(planned, end.reason)
            case JobCancelled():
                self.outcome.cancelled += 1
        self._take(end.record)
        self._count()
        if isinstance(end, JobFailed) and end.disk_refused:
            self._hold(end.reason)

    def _refuse(self, planned: Planned, problem: str) -> None:
        """What was right when the file was read is not so any more."""
        record = failed_record(planned.line, planned.job_id, problem, datetime.now().astimezone())
        self._fail(planned, problem)
        self._take(record)
        self._pace.told(planned)
        try:
            joblog.append(self._settings.output_dir, record)
        except UserError as error:
            self._hold(str(error))

    def _fail(self, planned: Planned, problem: str) -> None:
        self.outcome.failed += 1
        self._bar.line(one_line(f"sdxl-tui: line {planned.line.number}: {problem}"), sys.stderr)

    def _count(self) -> None:
        ended = self.outcome.done + self.outcome.failed
        self._bar.count(ended, f"{ended}/{self._total}  {self._pace}")


def work_of(job: Planned) -> float:
    """How much a job is, in pixels times steps."""
    request = job.request
    return request.effort(request.denoising_steps) * request.width * request.height


def duration(seconds: float) -> str:
    """Seconds as people say them: ``40 s``, ``12 min``, ``3 h 20 min``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
