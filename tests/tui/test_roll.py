"""Places of pictures, jobs and days: what the gallery counts with."""

from __future__ import annotations

from array import array
from pathlib import Path

import pytest

from sdxl_tui.core.index import Found, Outline
from sdxl_tui.tui.roll import HELD, Roll
from sdxl_tui.tui.widgets.day_rows import DayRows


def found(job: int, *numbers: int, gone: tuple[int, ...] = ()) -> Found:
    """A job of three pictures, of which these fit."""
    record = {"job_id": str(job), "outputs": [f"{job}_{number}.png" for number in range(3)]}
    return Found(job, record, numbers, frozenset(gone))


def test_places_of_pictures_and_of_jobs_without_one() -> None:
    jobs = [found(40, 0, 2), found(30), found(20, 0, 1, 2, gone=(1,))]
    roll = Roll(Path("/p"), Outline(array("q", [40, 30, 20]), array("q", [2, 0, 3]), [("2026-11-24", 0), ("", 2)]))
    assert (roll.jobs, roll.places, roll.pictures) == (3, 6, 5)
    assert [roll.job_at(place) for place in range(6)] == [0, 0, 1, 2, 2, 2]
    assert [roll.day_of(job) for job in range(3)] == [0, 0, 1]
    assert roll.pictured(0) is None
    assert roll.missing(range(3)) == [40, 30, 20]
    roll.take(jobs)
    assert roll.missing(range(3)) == []
    assert [roll.pictured(place).path for place in (0, 1, 2)] == [Path("/p/40_0.png"), Path("/p/40_2.png"), None]
    assert [roll.pictured(place).is_gone for place in (3, 4, 5)] == [False, True, False]
    assert roll.pictured(6) is None
    assert [roll.number_of(place) for place in (0, 1, 3, 5)] == [1, 2, 3, 5]
    for place in range(6):
        assert roll.place_of(roll.key(place)) == place
        assert roll.find(roll.pictured(place)) == place
    assert roll.place_of((35, 0)) is None
    assert roll.place_of((40, 1)) == 0


def test_an_empty_roll_has_no_places() -> None:
    roll = Roll(Path("/p"))
    assert (roll.jobs, roll.places, roll.pictures, roll.pictured(0), roll.key(0)) == (0, 0, 0, None, None)


def test_of_many_lines_the_newest_are_held() -> None:
    count = HELD + 10
    roll = Roll(Path("/p"), Outline(array("q", range(count, 0, -1)), array("q", [1] * count), [("", 0)]))
    roll.take(found(job, 0) for job in range(count, 0, -1))
    assert len(roll.missing(range(count))) == 10


@pytest.mark.parametrize("columns", [1, 2, 3])
@pytest.mark.parametrize("firsts", [[0], [0, 1, 4], [0, 5, 6]])
def test_every_line_leads_to_the_cell_that_stands_there(columns: int, firsts: list[int]) -> None:
    cells, height = 7, 3
    days = DayRows(firsts, cells, columns, height, 1)
    seen: list[int] = []
    headings = 0
    for line in range(days.lines):
        row, day, within = days.at_line(line)
        if row is None:
            headings += 1
            continue
        if within == 0:
            assert days.top_of(row) == line
            assert (days.top_of(row, with_heading=True) == line - 1) == (days.cells_of(row).start in firsts)
            seen += days.cells_of(row)
        assert all(days.row_of(cell) == row for cell in days.cells_of(row))
        assert firsts[day] <= days.cells_of(row).start
    assert seen == list(range(cells))
    assert headings == len(firsts)
