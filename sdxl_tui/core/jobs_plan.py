"""What is to be done of a file of jobs: which lines run, which are done already, and which cannot run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.job_lines import LineReader
from sdxl_tui.core.jobs_file import Line
from sdxl_tui.core.past_jobs import LONGEST_ID, SOURCE, PastJobs, job_ids, own_id
from sdxl_tui.core.request import GenerationRequest

OF_JOBS = (
    "schema", "job_id", "timestamp", "mode", "model", "model_name", "scheduler", "scheduler_choice", "style",
    "prompt", "negative_prompt", "styled_prompt", "styled_negative_prompt", "prompt_syntax", "prompt_template",
    "negative_prompt_template", "steps", "guidance_scale", "width", "height", "batch_size", "seed", "seeds",
    "loras", "init_image", "strength", "mask_image", "mask_blur", "frames", "motion", "variation", "easing",
    "end_seeds", "end_prompts", "frame_prompts", "hires", "plan", "threaded", "speed", "speed_choice",
)  # fmt: skip
OF_RUNS = (
    "status", "finished", "outputs", "pixels_sha256", "load_seconds", "lora_seconds", "vram", "seconds", "error",
    "model_revision", "dtype", "vae_dtype", "device", "versions", "tokens", "init_image_sha256", "mask_sha256",
    "ran_before", "joined_with", "decoded_again", "image_index", "job_source",
)  # fmt: skip
KNOWN = frozenset((*OF_JOBS, *OF_RUNS))
"""The lab's own keys of a log line; all others are carried over from a line to what is logged of it."""


@dataclass(frozen=True)
class Planned:
    """A line that is to run."""

    line: Line
    job_id: str
    request: GenerationRequest
    """As ``LineReader.request`` gives it."""

    @property
    def carried(self) -> dict[str, Any]:
        """What its log line has beside the lab's own keys."""
        return _carried(self.line, self.job_id)


@dataclass(frozen=True)
class Refused:
    """A line that cannot run."""

    number: int
    problem: str
    """One sentence."""
    record: Mapping[str, Any]
    """Its log line."""
    is_logged: bool
    """Whether the log has it from an earlier start."""


@dataclass(frozen=True)
class JobsPlan:
    """All lines of a file."""

    jobs: tuple[Planned, ...]
    refused: tuple[Refused, ...]
    done: int
    """How many the log has as done."""

    @property
    def lines(self) -> int:
        """How many there are."""
        return len(self.jobs) + len(self.refused) + self.done


def plan_jobs(lines: Sequence[Line], past: PastJobs, reader: LineReader, now: datetime) -> JobsPlan:
    """Return what is to be done of ``lines`` in their order; ``now`` is when they are begun, with its time zone."""
    jobs: list[Planned] = []
    refused: list[Refused] = []
    done = 0
    first = dict[str, int]()
    lines = _without_earlier_ends(lines)
    for line, job_id in zip(lines, job_ids(lines, past, now), strict=True):
        try:
            _check_id(line, first)
            if job_id in past.done:
                done += 1
                continue
            if line.problem:
                raise UserError(line.problem)
            request = reader.request(line.record, job_id)
        except UserError as error:
            problem = str(error)
            record = failed_record(line, job_id, problem, now)
            refused.append(Refused(line.number, problem, record, past.errors.get(job_id) == problem))
        else:
            jobs.append(Planned(line, job_id, request))
    return JobsPlan(tuple(jobs), tuple(refused), done)


def _without_earlier_ends(lines: Sequence[Line]) -> list[Line]:
    """A log may have several lines of one job, which was begun again: the last one is it."""
    last = {own_id(line): line.number for line in lines if "status" in line.record}
    return [line for line in lines if "status" not in line.record or _is_last(line, last)]


def _is_last(line: Line, last: Mapping[str, int]) -> bool:
    own = own_id(line)
    return not own or last[own] == line.number


def _check_id(line: Line, first: dict[str, int]) -> None:
    """Raise UserError when the id that a line gives itself is none, or another line's."""
    if line.record.get("job_id") is None:
        return
    own = own_id(line)
    if not own:
        raise UserError(f"'job_id' must be a text of 1 to {LONGEST_ID} characters in quotes.")
    if own in first:
        raise UserError(f"Its job_id is that of line {first[own]}: give it one of its own, or none.")
    first[own] = line.number


def _carried(line: Line, job_id: str) -> dict[str, Any]:
    unknown = {key: value for key, value in line.record.items() if key not in KNOWN}
    return unknown if job_id == own_id(line) else {**unknown, SOURCE: line.source}


def failed_record(line: Line, job_id: str, problem: str, now: datetime) -> dict[str, Any]:
    """Return the log line of a line that cannot run: what it asked for, as far as it can be read."""
    when = now.isoformat(timespec="milliseconds")
    return {
        "schema": 1,
        "job_id": job_id,
        "timestamp": when,
        "prompt": "",
        **{key: value for key, value in line.record.items() if key not in ("job_id", "timestamp", "schema", *OF_RUNS)},
        **({} if job_id == own_id(line) else {SOURCE: line.source}),
        "status": "failed",
        "finished": when,
        "outputs": [],
        "error": problem,
    }
