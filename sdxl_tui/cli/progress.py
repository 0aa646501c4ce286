"""What an engine reports, as a bar on stderr for whoever watches, and its end for whoever waits."""

from __future__ import annotations

import queue
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import FrameType
from typing import Any, TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.text import Text

from sdxl_tui.cli.precheck import Precheck
from sdxl_tui.core.job import Job
from sdxl_tui.core.request import GenerationRequest
from sdxl_tui.core.settings import Settings
from sdxl_tui.engine import Engine, Event, JobCancelled, JobDone, JobFailed, JobStarted, ModelLoading, Notice, StepDone

LOOK_AGAIN = 0.02
"""Seconds from one look at an engine that is starting to the next."""

END = JobDone | JobFailed | JobCancelled


@dataclass(frozen=True)
class StopAsked:
    """The user, a plain kill or a dropped line wants what runs to end."""


Report = Event | StopAsked


def run_one(settings: Settings, request: GenerationRequest, *, fit: bool = False) -> JobDone | JobFailed | JobCancelled:
    """Run one request to its end and return that end; ctrl+c stops the job, a second one leaves at once."""
    reports: queue.SimpleQueue[Report] = queue.SimpleQueue()
    engine = Engine(settings, reports.put)
    precheck = Precheck(engine, settings, fit=fit)
    engine.start(rehearses=False)
    try:
        with stops_as_reports(reports), Bar() as bar:
            if precheck.is_on:
                wait_for_card(engine, reports)
            request, warning = precheck.checked(request)
            if warning:
                bar.line(f"▲ {warning}", sys.stderr)
            return _watched(engine, engine.submit(request), reports, bar)
    finally:
        engine.close(timeout=2.0)


def _watched(engine: Engine, job: Job, reports: queue.SimpleQueue[Report], bar: Bar) -> Any:
    while True:
        event = reports.get()
        if isinstance(event, StopAsked):
            engine.cancel(job.id)
            bar.say("stopping")
        elif isinstance(event, END):
            return event
        else:
            bar.show(event)


def wait_for_card(engine: Engine, reports: queue.SimpleQueue[Report]) -> None:
    """Wait until the engine can say what its card is like, or that it has none; a stop ends that and stays a report."""
    seen: list[Report] = []
    while engine.status.starting and engine.read_card() is None and StopAsked() not in seen:
        with suppress(queue.Empty):
            seen.append(reports.get(timeout=LOOK_AGAIN))
    for report in seen:
        reports.put(report)


@contextmanager
def stops_as_reports(reports: queue.SimpleQueue[Report]) -> Iterator[None]:
    """Let the first ctrl+c, plain kill or dropped line come as a StopAsked; the next one raises KeyboardInterrupt.

    So no line of whoever reads the reports is cut in two.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    has_asked = False

    def ask(number: int, frame: FrameType | None) -> None:
        nonlocal has_asked
        if has_asked:
            raise KeyboardInterrupt
        has_asked = True
        reports.put(StopAsked())

    with _handled(ask, (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)):
        yield


@contextmanager
def interrupts_as_keyboard() -> Iterator[None]:
    """A plain kill and a dropped line end what runs as ctrl+c does, in order."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    with _handled(signal.default_int_handler, (signal.SIGTERM, signal.SIGHUP)):
        yield


@contextmanager
def _handled(handler: Callable[[int, FrameType | None], Any], signals: Sequence[signal.Signals]) -> Iterator[None]:
    before = {number: signal.signal(number, handler) for number in signals}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)


class Bar:
    """What runs as one line on stderr when that is a terminal, below how far all jobs are; nothing otherwise."""

    def __init__(self, jobs: int = 1) -> None:
        """``jobs``: how many there are; of one alone no count is shown."""
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[figures]}", markup=False),
            console=Console(stderr=True),
            transient=True,
            disable=not sys.stderr.isatty(),
            redirect_stdout=False,
        )
        self._jobs = self._progress.add_task("jobs", total=jobs, figures="") if jobs > 1 else None
        self._task = self._progress.add_task("starting", total=1.0, figures="")

    def __enter__(self) -> Bar:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def line(self, text: str, file: TextIO) -> None:
        """Print a line of harmless text to ``file``; where that is the bar's terminal, it stands above the bar."""
        if self._progress.disable or not file.isatty():
            print(text, file=file, flush=True)
        else:
            self._progress.console.print(Text(text), soft_wrap=True)

    def say(self, text: str) -> None:
        """Name what goes on."""
        self._progress.update(self._task, description=text)

    def count(self, ended: int, figures: str) -> None:
        """Show how many jobs have ended."""
        if self._jobs is not None:
            self._progress.update(self._jobs, completed=ended, figures=figures)

    def show(self, event: Event) -> None:
        """Show one report."""
        match event:
            case ModelLoading():
                figures = f"{event.share:4.0%}  {event.elapsed:.1f} s"
                if event.expected:
                    figures += f" of about {event.expected:.1f} s"
                self._set(f"{event.name}: {event.step}", event.share, figures)
            case JobStarted():
                self._set("encoding", 0.0, "")
            case StepDone():
                figures = f"{event.step}/{event.steps}  {event.rate:.1f} it/s  {event.eta:.1f} s left"
                self._set("generating" if event.step < event.steps else "decoding", event.step / event.steps, figures)
            case Notice():
                self._progress.console.print(Text(f"▲ {event.text}"))

    def _set(self, description: str, share: float, figures: str) -> None:
        self._progress.update(self._task, description=description, completed=share, figures=figures)
