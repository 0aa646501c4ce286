"""A jobs.log for the gallery's tests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from PIL import Image

from sdxl_tui.core import joblog
from tests.core.records import job_record


def log_jobs(folder: Path, *jobs: dict[str, Any], days_ago: int = 0) -> None:
    """Append jobs of a day, oldest first; each dict holds what differs from an ordinary job."""
    for number, changes in enumerate(jobs):
        log_job(folder, number, changes, days_ago)


def log_job(folder: Path, number: int, changes: dict[str, Any], days_ago: int = 0) -> None:
    """Append one job, its pictures painted unless it says which there are."""
    noon = datetime.now().astimezone().replace(hour=12, minute=0, second=0, microsecond=0)
    when = noon - timedelta(days=days_ago) + timedelta(seconds=number)
    usual = {
        "job_id": f"{when:%Y%m%d-%H%M%S}-{number:06x}",
        "timestamp": when.isoformat(timespec="milliseconds"),
        "scheduler_choice": "dpmpp_2m",
        "batch_size": 1,
        "seeds": [123456],
        "styled_prompt": f"{changes.get('prompt', 'a red fox')}, cinematic still",
    }
    record = job_record(**{**usual, **changes})
    if "outputs" not in changes:
        names = [f"{record['job_id']}_{index + 1:02d}.png" for index in range(record["batch_size"])]
        paint(folder, names)
        record["outputs"] = names
    joblog.append(folder, record)


def paint(folder: Path, names: Sequence[str]) -> None:
    """Save small pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(names):
        Image.new("RGB", (64, 64), (200, 40 * number % 256, 90)).save(folder / name)
