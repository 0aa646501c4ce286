"""The state as the engine's reports tell it: jobs that run together, and jobs that are saved beside the next."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sdxl_tui.engine import Event, JobCancelled, JobDone, JobQueued, JobStarted, QueueOrdered, StepDone
from sdxl_tui.tui.lab_state import LabState


def told(*events: Event) -> LabState:
    state = LabState()
    for event in events:
        state.take(event)
    return state


def queued(*names: str) -> list[Event]:
    return [JobQueued(name, number) for number, name in enumerate(names)]


def done(name: str) -> JobDone:
    record: dict[str, Any] = {}
    return JobDone(name, (Path(name),), 1.0, record)


TOGETHER = [JobStarted("a", 4, ("b", "c")), JobStarted("b", 4, ("a", "c")), JobStarted("c", 4, ("a", "b"))]


def test_jobs_of_one_pass_are_all_busy_until_the_last_has_ended() -> None:
    state = told(*queued("a", "b", "c", "d"), *TOGETHER)
    assert (state.running, state.waiting, state.burst_total) == ("c", ["d"], 4)
    for step in (StepDone("a", 1, 4, 1.0, 3.0), StepDone("c", 1, 4, 1.0, 3.0), StepDone("b", 2, 4, 1.0, 2.0)):
        state.take(step)
    assert state.step == StepDone("c", 1, 4, 1.0, 3.0)
    state.take(JobCancelled("c", 1, {}))
    assert state.running in ("a", "b")
    state.take(done("a"))
    assert state.running == "b"
    assert state.busy
    state.take(done("b"))
    assert state.running is None
    assert (state.waiting, state.burst_done) == (["d"], 3)


def test_a_job_that_is_saved_beside_the_next_does_not_end_that_one() -> None:
    state = told(*queued("a", "b"), JobStarted("a", 4), JobStarted("b", 4), StepDone("b", 1, 4, 1.0, 3.0), done("a"))
    assert (state.running, state.step.step, state.burst_total) == ("b", 1, 2)
    assert state.ended is None
    state.take(done("b"))
    assert (state.running, state.ended) == (None, done("b"))


def test_the_queue_is_shown_in_the_order_in_which_it_will_run() -> None:
    state = told(*queued("a", "b", "c"), QueueOrdered(("c", "a", "b")))
    assert state.waiting == ["c", "a", "b"]
    state.take(JobQueued("d", 3))
    state.take(QueueOrdered(("c", "a", "b", "d")))
    assert state.waiting == ["c", "a", "b", "d"]
