"""What an engine reports, as a bar on stderr for whoever watches, and its end for whoever waits."""

from __future__ import annotations

import queue
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.text import Text

from sdxl_tui.core.job import Job
from sdxl_tui.core.request import GenerationRequest
from sdxl_tui.core.settings import Settings
from sdxl_tui.engine import Engine, Event, JobCancelled, JobDone, JobFailed, JobStarted, ModelLoading, Notice, StepDone

END = JobDone | JobFailed | JobCancelled


def run_one(settings: Settings, request: GenerationRequest) -> JobDone | JobFailed | JobCancelled:
    """Run one request to its end and return that end; ctrl+c stops the job, a second one leaves at once."""
    reports: queue.SimpleQueue[Event] = queue.SimpleQueue()
    engine = Engine(settings, reports.put)
    engine.start()
    job = engine.submit(request)
    try:
        with interrupts_as_keyboard(), _Bar() as bar:
            return _watched(engine, job, reports, bar)
    finally:
        engine.close(timeout=2.0)


def _watched(engine: Engine, job: Job, reports: queue.SimpleQueue[Event], bar: _Bar) -> Any:
    while True:
        try:
            event = reports.get()
        except KeyboardInterrupt:
            engine.cancel(job.id)
            bar.say("stopping")
            continue
        if isinstance(event, END):
            return event
        bar.show(event)


@contextmanager
def interrupts_as_keyboard() -> Iterator[None]:
    """A plain kill and a dropped line end what runs as ctrl+c does, in order."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    signals = (signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, signal.default_int_handler) for number in signals}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Bar:
    """One line on stderr when that is a terminal; nothing otherwise."""

    def __init__(self) -> None:
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[figures]}", markup=False),
            console=Console(stderr=True),
            transient=True,
            disable=not sys.stderr.isatty(),
        )
        self._task = self._progress.add_task("starting", total=1.0, figures="")

    def __enter__(self) -> _Bar:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def say(self, text: str) -> None:
        """Name what goes on."""
        self._progress.update(self._task, description=text)

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
