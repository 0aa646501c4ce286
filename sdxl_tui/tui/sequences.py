"""Sequences of frames: those of this session as they come, and those of the log."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sdxl_tui.core.animation import EASINGS, LATENT, LIGHT, MOTIONS, PROMPT
from sdxl_tui.core.index import Index
from sdxl_tui.core.modes import ANIMATE_STEPS
from sdxl_tui.core.query import Query, Term
from sdxl_tui.core.text import one_line
from sdxl_tui.tui.lab_state import LabState
from sdxl_tui.tui.pictured import Pictured, Record, of_record

WAITS, RUNS, ENDED = "waits", "runs", "ended"
LATEST = 100
"""Sequences of the log that are read at once."""


@dataclass(frozen=True)
class FrameSequence:
    """One job that makes frames."""

    job_id: str
    frames: tuple[Pictured, ...]
    """Those that were made, in order."""
    planned: int
    state: str
    """WAITS, RUNS or ENDED."""
    record: Record = field(compare=False)
    step: tuple[int, int] = (0, 0)
    """Of the frame that is made now: the steps that are done, and how many it takes."""

    @property
    def is_partial(self) -> bool:
        """Whether it ended before all its frames were made."""
        return self.state == ENDED and len(self.frames) < self.planned

    @property
    def prompt(self) -> str:
        """What it was asked for with."""
        text = self.record.get("prompt") or self.record.get("styled_prompt")
        return one_line(text) if isinstance(text, str) else ""

    @property
    def day_and_time(self) -> tuple[str, str]:
        """``2026-11-24`` and ``14:02``; empty where the record does not say."""
        stamp = str(self.record.get("timestamp", ""))
        match = re.match(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)", stamp)
        return (match[1], match[2]) if match else ("", "")

    @property
    def shape(self) -> tuple[int, int]:
        """Width and height in pixels; square where the record does not say."""
        sides = (self.record.get("width"), self.record.get("height"))
        width, height = (side if isinstance(side, int) and 0 < side < 100_000 else 1 for side in sides)
        return width, height

    @property
    def motion(self) -> str:
        """Row of MOTIONS; the sequences of the old lab are light ones."""
        motion = self.record.get("motion")
        return motion if isinstance(motion, str) and motion in MOTIONS else LIGHT

    @property
    def easing(self) -> str:
        """Row of EASINGS."""
        easing = self.record.get("easing")
        return easing if isinstance(easing, str) and easing in EASINGS else "linear"

    @property
    def seeds(self) -> list[str]:
        """The seeds it goes through; of a light motion the first and the last one."""
        first = self.record.get("seed")
        if self.motion == LIGHT:
            seeds = self.record.get("seeds")
            ends = [seeds[0], seeds[-1]] if isinstance(seeds, list) and seeds else [first]
        else:
            further = self.record.get("end_seeds")
            ends = [first, *(further if isinstance(further, list) else [])]
        return list(dict.fromkeys(one_line(str(seed)) for seed in ends if seed is not None))

    @property
    def prompts(self) -> list[str]:
        """The prompts it goes through, as they were typed."""
        further = self.record.get("end_prompts") if self.motion in (LATENT, PROMPT) else None
        ends = further if isinstance(further, list) else []
        return [self.prompt, *(one_line(prompt) for prompt in ends if isinstance(prompt, str))]

    def prompt_of(self, index: int) -> str:
        """What one frame was told."""
        prompts = self.record.get("frame_prompts")
        own = prompts[index] if isinstance(prompts, list) and index < len(prompts) else None
        return one_line(own) if isinstance(own, str) and own else self.prompt

    def share(self, index: int) -> float | None:
        """Where on its way a frame is, from 0 to 1; None: it is on none."""
        if self.motion == LIGHT or self.planned < 2:
            return None
        return EASINGS[self.easing](min(1.0, index / (self.planned - 1)))

    def stations(self, labels: Sequence[str]) -> list[tuple[int, str]]:
        """The frames at which the way has reached each of these ends."""
        last = len(labels) - 1
        found: list[tuple[int, str]] = []
        for number, label in enumerate(labels):
            share = number / last if last else 0.0
            reached = (at for at in range(self.planned) if (self.share(at) or 0.0) >= share - 1e-9)
            found.append((next(reached, self.planned - 1), label))
        return found


def of_session(state: LabState) -> list[FrameSequence]:
    """The sequences of this session, newest first; one that ended without a frame is left out."""
    made: dict[str, list[Path]] = {}
    for painting in state.paintings:
        made.setdefault(painting.job.id, []).append(painting.path)
    sequences = []
    for job in reversed(state.jobs.values()):
        if job.request.mode != ANIMATE_STEPS:
            continue
        paths = made.get(job.id, [])
        stands = RUNS if state.running == job.id else WAITS if job.id in state.waiting else ENDED
        if not paths and stands == ENDED:
            continue
        record = {**job.as_log(), "outputs": [path.name for path in paths], "seconds": state.seconds.get(job.id)}
        frames = tuple(Pictured(path, record, index, job.id) for index, path in enumerate(paths))
        step = (0, job.request.steps)
        if stands == RUNS and state.step is not None:
            step = (state.step.step - len(paths) * job.request.steps, job.request.steps)
        sequences.append(FrameSequence(job.id, frames, job.request.frames, stands, record, step))
    return sequences


def of_log(index: Index, count: int = LATEST) -> list[FrameSequence]:
    """The newest ``count`` sequences of the log that have a frame; raises UserError when it cannot be read."""
    index.follow()
    found = index.search(Query((Term("mode", ANIMATE_STEPS),)), count=count)
    sequences = [_of_record(other.record, index.folder) for other in found]
    return [sequence for sequence in sequences if sequence.frames]


def together(session: Sequence[FrameSequence], logged: Sequence[FrameSequence]) -> list[FrameSequence]:
    """Those of this session, then those of the log, each once; of one that ended the log knows more."""
    by_id = {sequence.job_id: sequence for sequence in logged}
    ours = [by_id.get(own.job_id, own) if own.state == ENDED else own for own in session]
    known = {sequence.job_id for sequence in ours}
    return [*ours, *(sequence for sequence in logged if sequence.job_id not in known)]


def _of_record(record: dict[str, Any], folder: Path) -> FrameSequence:
    frames = tuple(pictured for pictured in of_record(record, folder) if pictured.path is not None)
    planned = record.get("frames")
    whole = planned if isinstance(planned, int) and not isinstance(planned, bool) and planned > 0 else 0
    job_id = frames[0].job_id if frames else ""
    return FrameSequence(job_id, frames, max(len(frames), min(whole, 100_000)), ENDED, record)
