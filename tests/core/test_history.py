"""The days of jobs.log."""

from __future__ import annotations

from pathlib import Path

import pytest

from sdxl_tui.core import joblog
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.history import UNDATED, History, day_of


@pytest.mark.parametrize(
    ("record", "day"),
    [
        ({"timestamp": "2026-11-23T17:49:00.123+01:00", "job_id": "20261124-000000-ab12cd"}, "2026-11-23"),
        ({"timestamp": "2025-01-02 03:04:05"}, "2025-01-02"),
        ({"timestamp": None, "job_id": "20261124-000000-ab12cd"}, "2026-11-24"),
        ({"timestamp": 1732380000, "job_id": "mine"}, UNDATED),
        ({"timestamp": ["2026-11-23"], "date": "20250102_030405"}, "2025-01-02"),
        ({"timestamp": "2026-99-99"}, UNDATED),
        ({}, UNDATED),
    ],
)
def test_the_day_of_any_line(record: dict[str, object], day: str) -> None:
    assert day_of(record) == day


def test_days_and_their_jobs_newest_first(tmp_path: Path) -> None:
    history = History(tmp_path)
    assert history.follow() == set()
    for number, day in enumerate(("2026-11-22", "2026-11-23", "2026-11-23")):
        joblog.append(tmp_path, {"timestamp": f"{day}T10:00:0{number}", "number": number})
    assert history.follow() == {"2026-11-22", "2026-11-23"}
    assert history.days() == ["2026-11-22", "2026-11-23"]
    assert [record["number"] for record in history.jobs_of("2026-11-23")] == [2, 1]
    assert history.jobs_of("2020-01-01") == []


def test_it_follows_the_log_and_waits_for_a_whole_line(tmp_path: Path) -> None:
    history = History(tmp_path)
    joblog.append(tmp_path, {"number": 1})
    history.follow()
    log = tmp_path / joblog.NAME
    with log.open("ab") as lines:
        lines.write(b'{"number": ')
    assert history.follow() == set()
    with log.open("ab") as lines:
        lines.write(b'2}\nnot json\n{"number": 3}\n')
    assert history.follow() == {UNDATED}
    assert [record["number"] for record in history.jobs_of(UNDATED)] == [3, 2, 1]
    assert history.follow() == set()


def test_another_log_in_its_place_is_read_from_its_beginning(tmp_path: Path) -> None:
    history = History(tmp_path)
    joblog.append(tmp_path, {"timestamp": "2026-11-22", "prompt": "x" * 200})
    history.follow()
    (tmp_path / joblog.NAME).write_text('{"timestamp": "2026-11-23"}\n')
    assert history.follow() == {"2026-11-22", "2026-11-23"}
    assert history.days() == ["2026-11-23"]
    (tmp_path / joblog.NAME).unlink()
    assert history.follow() == {"2026-11-23"}
    assert history.days() == []


def test_a_log_that_cannot_be_read_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / joblog.NAME).mkdir()
    with pytest.raises(UserError, match=r"jobs\.log cannot be read: Is a directory\."):
        History(tmp_path).follow()
