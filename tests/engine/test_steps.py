"""Steps on a device that works behind: one is under way, what is told of the others is true."""

from __future__ import annotations

from pathlib import Path

import pytest

from sdxl_tui.core.job import Job
from sdxl_tui.engine import Event, StepDone
from sdxl_tui.engine.run import Cancelled, Group, Run
from sdxl_tui.engine.steps import Steps, device_mark
from tests.engine.conftest import request


class LazyDevice:
    """Does what it was given when somebody waits for it."""

    def __init__(self) -> None:
        self.launched = self.done = 0

    def mark(self) -> Mark:
        self.launched += 1
        return Mark(self, self.launched)


class Mark:
    def __init__(self, device: LazyDevice, upto: int) -> None:
        self.device, self.upto = device, upto

    def synchronize(self) -> None:
        self.device.done = max(self.device.done, self.upto)


def group(told: list[Event], stopped: set[str], steps: int = 4) -> Group:
    job = Job("one", "now", request(steps=steps), 1, Path())
    return Group([Run(job, told.append)], lambda job: job.id in stopped, lambda *_: None)


def test_a_step_is_told_when_it_is_done_and_the_next_one_is_already_launched() -> None:
    device, told = LazyDevice(), []
    steps = Steps(group(told, set()), device.mark)
    seen = []
    for _ in range(4):
        steps(None)
        seen.append((device.launched, device.done, [event.step for event in told if isinstance(event, StepDone)]))
    assert seen == [(1, 0, []), (2, 1, [1]), (3, 2, [1, 2]), (4, 4, [1, 2, 3, 4])]
    assert told[-1].eta == 0


def test_a_stopped_job_stops_at_the_next_step() -> None:
    device, told, stopped = LazyDevice(), [], set()
    together = group(told, stopped)
    [run] = together.runs
    steps = Steps(together, device.mark)
    steps(None)
    steps(None)
    stopped.add("one")
    with pytest.raises(Cancelled):
        steps(None)
    assert (run.step, device.launched) == (1, 2)


def test_a_cpu_is_done_when_it_returns() -> None:
    told: list[Event] = []
    steps = Steps(group(told, set(), steps=2), device_mark("cpu"))
    steps(None)
    assert [event.step for event in told] == [1]
