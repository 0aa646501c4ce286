"""The days of jobs.log."""

from __future__ import annotations

import pytest

from sdxl_tui.core.history import UNDATED, day_of


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
