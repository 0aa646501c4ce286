"""When the jobs that wait will run."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from sdxl_tui.core.job import Job, queued
from sdxl_tui.core.models import DEMO
from sdxl_tui.engine import JobQueued, JobStarted, QueueOrdered, QueuePaused, QueueRuns, StepDone
from sdxl_tui.tui.lab_state import LabState
from sdxl_tui.tui.pace import Pace
from sdxl_tui.tui.queue_times import QueueTimes, Span
from tests.tui.conftest import REAL
from tests.tui.test_queue import asked

NOON = datetime(2026, 11, 23, 12, 0, 0)


def waits(state: LabState, prompt: str, **changes: object) -> Job:
    job = queued(asked(prompt, **changes), Path("/srv/pictures"))
    state.take(JobQueued(job.id, len(state.waiting), job))
    return job


def test_jobs_run_one_after_the_other_and_a_model_switch_takes_its_time() -> None:
    state = LabState()
    times = QueueTimes(state)
    state.pace.learn((DEMO, 256, 256), 0.1)
    state.model, state.load_seconds[REAL] = DEMO, 4.0
    first = waits(state, "a fox")
    second = waits(state, "a castle", batch_size=2, model=REAL, width=512, height=512)
    assert times.span(first.id) == Span(0.0, 2.0)
    # Nothing is known of the other model, and its pictures have four times the pixels.
    assert times.span(second.id) == Span(6.0, pytest.approx(22.0))
    assert (times.sums.pictures, times.sums.switches, times.sums.switch_seconds) == (3, 1, 4.0)
    state.take(QueueOrdered((second.id, first.id)))
    assert times.span(first.id).start >= times.span(second.id).end
    assert times.sums.switches == 2


def test_a_first_job_tells_by_its_steps_what_the_next_ones_take() -> None:
    state = LabState()
    times = QueueTimes(state)
    first, second = waits(state, "a fox"), waits(state, "a castle")
    assert times.span(second.id) is None
    assert times.all_done() == ""
    state.take(JobStarted(first.id, 20))
    state.take(StepDone(first.id, 10, 20, 5.0, 2.0))
    assert times.left() == 2.0
    assert times.span(second.id) == Span(0.0, 4.0)


def test_the_minute_that_is_shown_does_not_go_to_and_fro() -> None:
    state, now = LabState(), NOON
    times = QueueTimes(state, lambda: now)
    state.pace.learn((DEMO, 256, 256), 0.1)
    job = waits(state, "a fox", steps=200)
    state.take(JobStarted(job.id, 200))
    for eta, shown in ((59.0, "12:00"), (61.0, "12:00"), (59.0, "12:00"), (150.0, "12:02"), (115.0, "12:02")):
        state.take(StepDone(job.id, 5, 200, 1.0, eta))
        assert times.all_done() == shown
    waits(state, "a castle")
    state.take(QueuePaused(""))
    assert times.all_done() == ""
    state.take(QueueRuns())
    now = NOON + timedelta(hours=1)
    assert times.all_done().startswith("13:0")


def test_what_is_unknown_follows_from_what_is_near() -> None:
    pace = Pace()
    assert pace.likely(("a", 512, 512)) is None
    pace.guess(("a", 512, 512), 1.0)
    pace.learn(("a", 1024, 1024), 8.0)
    assert pace.exact(("a", 512, 512)) is None
    assert pace.likely(("a", 512, 512)) == 1.0
    assert pace.likely(("a", 256, 256)) == 0.25
    assert pace.likely(("b", 1024, 1024)) == 8.0
