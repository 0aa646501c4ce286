"""What is said of denoising steps, without the device ever waiting for it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from sdxl_tui.engine.events import StepDone
from sdxl_tui.engine.run import Group


class Steps:
    """Told after each step that was launched; reports those that are done, for every job of the pass.

    A GPU works behind the program that launches. Told of a step, this waits for the one before it: one is always under
    way, so the GPU never idles, and progress and cancel are true to a step.
    """

    def __init__(
        self, group: Group, mark: Callable[[], Any] | None, look: Callable[[int, Any], None] = lambda *_: None
    ) -> None:
        """``mark`` returns something with ``synchronize()``, which waits for what was launched so far; None: a CPU.

        ``look`` is told how many steps were launched, and what the last one led to.
        """
        self._group, self._mark, self._look = group, mark, look
        self._request = group.runs[0].job.request
        self._steps = self._request.steps_from(group.runs[0].made)
        self._began = time.perf_counter()
        self._launched = 0
        self._under_way: Any = None

    def __call__(self, latents: Any) -> None:
        """Take one more step, with what it led to; raise Cancelled once no job wants any more of them."""
        self._launched += 1
        self._group.check(f"at step {self._launched + 1} of {self._steps}")
        if self._launched < self._steps:
            self._look(self._launched, latents)
        for _ in range(self._finished()):
            self._report()

    def take_back(self, steps: int) -> None:
        """The last so many steps are launched anew."""
        self._launched -= steps
        self._under_way = None
        for run in self._group.runs:
            run.step = min(run.step, self._launched)

    def _finished(self) -> int:
        """How many steps have finished since this was asked before."""
        if self._mark is None:
            return 1
        before, self._under_way = self._under_way, self._mark()
        marks = [before] if self._launched < self._steps else [before, self._under_way]
        finished = [mark for mark in marks if mark is not None]
        for mark in finished:
            mark.synchronize()
        return len(finished)

    def _report(self) -> None:
        seconds, effort = max(1e-9, time.perf_counter() - self._began), self._request.effort
        for run in self._group.runs:
            run.step += 1
            left = seconds * (effort(self._steps) / effort(run.step) - 1)
            run.emit(StepDone(run.job.id, run.step, self._steps, run.step / seconds, left))


def device_mark(kind: str) -> Callable[[], Any] | None:
    """Return what marks the place up to which a device of this kind was given work; None where it is done at once."""
    if kind != "cuda":
        return None
    import torch

    def mark() -> Any:
        event = torch.cuda.Event(blocking=True)
        event.record()
        return event

    return mark
