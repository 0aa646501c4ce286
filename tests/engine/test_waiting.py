"""What comes next: who came first, unless joining or fewer switches were asked for; nobody waits for ever."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sdxl_tui.core.job import Job
from sdxl_tui.core.models import CATALOGUE, DEMO, Model
from sdxl_tui.core.settings import Settings
from sdxl_tui.engine.waiting import MOST_OVERTAKEN, PreloadImg2Img, Turn, Waiting
from tests.engine.conftest import request

A, B = (replace(CATALOGUE[DEMO], id=name, name=name) for name in ("a", "b"))


def job(name: str, model: Model = A, **changes: Any) -> Job:
    return Job(name, "now", request(model=model, **changes), 1, Path())


def waiting(*items: Any, **settings: Any) -> Waiting:
    line = Waiting(Settings(**settings))
    for item in items:
        line.add(item)
    return line


def turns(line: Waiting, in_use: Model | None = None) -> list[Any]:
    """The ids of each pass, in order; of loads and others the very thing."""
    found: list[Any] = []
    while line:
        turn = line.take(in_use)
        if isinstance(turn, Turn):
            in_use = turn.jobs[0].request.model
            found.append([one.id for one in turn.jobs])
        else:
            in_use = turn if isinstance(turn, Model) else in_use
            found.append(turn)
    return found


def ids(jobs: tuple[Job, ...]) -> str:
    return "".join(one.id for one in jobs)


def test_first_come_first_served() -> None:
    line = waiting(job("1"), job("2", B), job("3"))
    assert ids(line.in_order(B)) == "123"
    assert turns(line, B) == [["1"], ["2"], ["3"]]


def test_jobs_of_the_model_in_use_come_first_and_keep_their_order() -> None:
    def line() -> Waiting:
        return waiting(job("1"), job("2", B), job("3"), job("4", B), fewest_switches="on")

    assert ids(line().in_order(A)) == "1324"
    assert ids(line().in_order(B)) == "2413"
    assert ids(line().in_order(None)) == "1324"
    assert turns(line(), B) == [["2"], ["4"], ["1"], ["3"]]


def test_asking_for_the_order_changes_nothing() -> None:
    line = waiting(job("1"), *(job(name, B) for name in "23456789abcdef"), fewest_switches="on")
    assert line.in_order(B) == line.in_order(B)
    assert len(line) == 15


def test_nobody_is_overtaken_more_than_so_often() -> None:
    line = waiting(job("old"), *(job(f"new{number}", B) for number in range(20)), fewest_switches="on")
    order = [one for [one] in turns(line, B)]
    assert order.index("old") == MOST_OVERTAKEN
    assert sorted(order) == sorted(["old", *(f"new{number}" for number in range(20))])


def test_nothing_overtakes_a_load_that_was_asked_for() -> None:
    preload = PreloadImg2Img()
    line = waiting(job("1", B), A, job("2"), preload, job("3", B), fewest_switches="on", join_jobs="on")
    assert ids(line.in_order(A)) == "123"
    assert turns(line, A) == [["1"], A, ["2"], preload, ["3"]]


def test_jobs_that_differ_in_words_and_seeds_join() -> None:
    line = waiting(job("1"), job("2", prompt="a blue bowl"), job("3", seed=9, negative_prompt="text"), join_jobs="on")
    assert turns(line) == [["1", "2", "3"]]


@pytest.mark.parametrize(
    "change",
    [
        {"model": B}, {"width": 192}, {"height": 192}, {"steps": 5}, {"guidance_scale": 5.0}, {"scheduler": "unipc"},
        {"mode": "animate_steps", "frames": 2},
    ],
    ids=lambda change: next(iter(change)),
)  # fmt: skip
def test_jobs_that_differ_in_anything_else_do_not(change: dict[str, Any]) -> None:
    assert turns(waiting(job("1"), job("2", **change), join_jobs="on")) == [["1"], ["2"]]


def test_a_pass_holds_so_many_pictures_and_later_ones_may_fill_it() -> None:
    line = waiting(job("1", batch_size=2), job("2", batch_size=3), job("3", batch_size=2), join_jobs="on")
    assert turns(line) == [["1", "3"], ["2"]]
    line = waiting(*(job(str(number)) for number in range(5)), join_jobs="on", join_pictures=2)
    assert turns(line) == [["0", "1"], ["2", "3"], ["4"]]
    assert turns(waiting(job("1", batch_size=9), job("2"), join_jobs="on")) == [["1"], ["2"]]


def test_who_joins_does_not_overtake_for_ever_either() -> None:
    line = waiting(job("1"), job("old", B), *(job(f"new{number}") for number in range(20)), join_jobs="on",
                   join_pictures=64)  # fmt: skip
    first, second, *_ = turns(line)
    assert len(first) == 1 + MOST_OVERTAKEN
    assert second == ["old"]


def test_a_turn_says_whom_it_overtook() -> None:
    line = waiting(job("1"), job("2", B), job("3", B), job("4"), fewest_switches="on", join_jobs="on")
    turn = line.take(B)
    assert isinstance(turn, Turn)
    assert (ids(turn.jobs), ids(turn.overtaken)) == ("23", "1")


def test_jobs_that_are_put_back_come_next() -> None:
    line = waiting(job("3"), join_jobs="on")
    line.put_back([job("1"), job("2")], alone=True)
    assert turns(line) == [["1"], ["2"], ["3"]]
    line.add(job("3"))
    line.put_back([job("1"), job("2")], alone=False)
    assert turns(line) == [["1", "2", "3"]]
