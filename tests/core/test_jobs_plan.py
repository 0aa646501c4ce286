"""What is to be done of a file of jobs: ids, and what a folder knows of its lines."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from sdxl_tui.core import joblog
from sdxl_tui.core.job_lines import LineReader
from sdxl_tui.core.jobs_file import Line, read_jobs
from sdxl_tui.core.jobs_plan import JobsPlan, plan_jobs
from sdxl_tui.core.models import CATALOGUE
from sdxl_tui.core.past_jobs import SOURCE, PastJobs, job_ids
from sdxl_tui.core.settings import Settings
from sdxl_tui.core.styles import NONE, Style

NOW = datetime(2026, 11, 25, 22, 30).astimezone()


def planned(folder: Path, *records: dict[str, Any], options: dict[str, Any] | None = None) -> JobsPlan:
    """The plan of a file with these lines, for the pictures of ``folder``."""
    file = folder / "night.jsonl"
    file.write_text("".join(json.dumps(record) + "\n" for record in records))
    options = {"model": "demo", **(options or {})}
    lines = read_jobs(str(file), options)
    reader = LineReader(CATALOGUE, {NONE: Style(NONE, "None / Raw")}, Settings(), options, folder)
    return plan_jobs(lines, PastJobs.of(folder, {line.source for line in lines}), reader, NOW)


def test_an_id_is_of_the_start_and_of_the_line_and_draws_the_seed(tmp_path: Path) -> None:
    first, second = planned(tmp_path, {"prompt": "a fox"}, {"prompt": "a fox"}).jobs
    assert first.job_id.startswith("20261125-223000-")
    assert first.job_id != second.job_id
    assert first.request.seed != second.request.seed
    again = planned(tmp_path, {"prompt": "a fox"}, {"prompt": "a fox"}).jobs
    assert [(job.job_id, job.request) for job in again] == [(job.job_id, job.request) for job in (first, second)]


def test_lines_whose_digits_are_the_same_have_other_ids(tmp_path: Path) -> None:
    lines = [Line(number, {"prompt": "x"}, f"abcdef{number:010}") for number in range(3)]
    ids = job_ids(lines, PastJobs(tmp_path, taken={"20261125-223000-abcdef"}), NOW)
    assert len({*ids, "20261125-223000-abcdef"}) == 4


def test_a_job_that_failed_is_begun_again_with_its_id(tmp_path: Path) -> None:
    [job] = planned(tmp_path, {"prompt": "a fox"}).jobs
    before = "20260101-080000-abcdef"
    record = {"job_id": before, "status": "failed", SOURCE: job.carried[SOURCE]}
    joblog.append(tmp_path, record)
    assert [job.job_id for job in planned(tmp_path, {"prompt": "a fox"}).jobs] == [before]
    joblog.append(tmp_path, {**record, "status": "done"})
    plan = planned(tmp_path, {"prompt": "a fox"})
    assert (plan.jobs, plan.done) == ((), 1)
    assert len(planned(tmp_path, {"prompt": "a fox"}, options={"steps": 3}).jobs) == 1


def test_of_a_log_the_last_line_of_each_job_counts(tmp_path: Path) -> None:
    old = {"job_id": "one", "status": "failed", "prompt": "a fox", "steps": 3}
    plan = planned(tmp_path, old, {**old, "status": "done", "steps": 4}, {"prompt": "a cat", "job_id": "two"})
    assert next((job.job_id, job.request.steps) for job in plan.jobs) == ("one", 4)
    assert plan.lines == 2


@pytest.mark.parametrize("name", ["", "x" * 101, "a\nb", 7, True])
def test_an_id_that_is_none_is_refused_and_logged_under_another(name: Any, tmp_path: Path) -> None:
    [refused] = planned(tmp_path, {"prompt": "x", "job_id": name}).refused
    assert refused.problem == "'job_id' must be a text of 1 to 100 characters in quotes."
    assert refused.record["job_id"].startswith("20261125-223000-")


def test_what_the_lab_does_not_know_is_carried_and_what_a_run_found_is_not(tmp_path: Path) -> None:
    line = {"prompt": "a fox", "mood": [1], "outputs": ["a.png"], "seconds": 3, "device": "x", "job_id": "one"}
    [job] = planned(tmp_path, line).jobs
    assert job.carried == {"mood": [1]}
