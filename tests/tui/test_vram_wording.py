"""The words of memory: plans, ways, the bar, who the others are."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sdxl_tui.core.models import CATALOGUE, DEMO
from sdxl_tui.core.plans import QUICKEST, Plan
from sdxl_tui.core.request import GenerationRequest
from sdxl_tui.core.vram import NEARLY, OTHERS, SAME, Card, Choice, Outlook, Process
from sdxl_tui.engine import CopiesChanged
from sdxl_tui.tui.vram_wording import (
    enter_verdict,
    given_back_words,
    job_words,
    plan_words,
    runs_words,
    sent_sentence,
    short_outlook,
    way_words,
    would_fit_words,
)
from sdxl_tui.tui.warning_wording import bar_rows, others_rows, time_words, title_ends, way_row
from tests.tui.conftest import NASTY, STYLES

GIB = 1024**3
REQUEST = GenerationRequest(CATALOGUE[DEMO], "a fox", "", STYLES[0], "euler", 12, 4.0, 1536, 1536, batch_size=8)


def way(plan: Plan = QUICKEST, size: tuple[int, int] = (1536, 1536), needs: float = 5, pictures: str = SAME) -> Choice:
    """A way that has 17.8 GiB."""
    return Choice(plan, size, int(needs * GIB), int(17.8 * GIB), pictures)


@pytest.mark.parametrize(
    ("most", "pictures", "words"),
    [
        (0, 8, ""),
        (8, 8, ""),
        (4, 8, "4 + 4"),
        (3, 8, "3 + 3 + 2"),
        (1, 8, "one by one"),
        (4, 64, "16 times 4"),
        (5, 64, "13 times 4 or 5"),
    ],
)
def test_splits(most: int, pictures: int, words: str) -> None:
    assert Plan(pass_pictures=most).splits_shown(pictures) == words


@pytest.mark.parametrize(
    ("choice", "does", "said", "fits"),
    [
        (
            way(Plan(lean=True)),
            "give back copies and graphs",
            "gives back copies and graphs",
            "without copies and graphs it would fit",
        ),
        (way(Plan(True, 4)), "run as 4 + 4", "runs as 4 + 4", "4 + 4 would fit"),
        (way(Plan(True, 1)), "run one by one", "runs one by one", "one by one would fit"),
        (
            way(Plan(True, 4, True)),
            "run as 4 + 4, tiled decode",
            "runs as 4 + 4, tiled decode",
            "4 + 4, tiled decode would fit",
        ),
        (way(Plan(tiled=True)), "tiled decode", "is decoded in tiles", "tiled decode would fit"),
        (way(Plan(), (1152, 1152)), "make them 1152×1152", "is made 1152×1152", "1152×1152 would fit"),
        (
            way(Plan(True, 4), (1152, 1152)),
            "make them 1152×1152, as 4 + 4",
            "is made 1152×1152, as 4 + 4",
            "1152×1152, as 4 + 4 would fit",
        ),
        (way(), "run it as it is", "runs as it is", ""),
    ],
)
def test_ways(choice: Choice, does: str, said: str, fits: str) -> None:
    assert way_words(choice, REQUEST) == does
    assert runs_words(choice, REQUEST) == said
    if fits:
        assert would_fit_words(choice, REQUEST) == fits


def test_sentences() -> None:
    over = way(needs=26.3)
    assert short_outlook(Outlook(over, (way(Plan(True, 4), needs=15.9),), 0.04), REQUEST) == (
        "This job needs 26.3 GiB, 17.8 are free: 4 + 4 would fit."
    )
    assert short_outlook(Outlook(over, (over,), 0.04), REQUEST).endswith("free: no way of running it fits.")
    assert sent_sentence(way(Plan(True, 4), needs=15.9, pictures=NEARLY), REQUEST) == (
        "It runs as 4 + 4: 15.9 of 17.8 GiB; the pictures are nearly the same."
    )
    assert sent_sentence(way(Plan(), (1152, 1152), 15, OTHERS), REQUEST, by_itself=True) == (
        "This job would not have fitted: it is made 1152×1152: 15.0 of 17.8 GiB; the pictures are other ones."
    )
    assert job_words(REQUEST) == "8 pictures at 1536×1536, text to image, Demo"
    named = replace(REQUEST, model=replace(REQUEST.model, name=f"X {NASTY}\x1b"), batch_size=1)
    assert job_words(named, 3) == f"3 jobs of 1 picture at 1536×1536, text to image, X {NASTY}␛"
    assert plan_words(QUICKEST, 8) == ""
    assert plan_words(Plan(lean=True), 8) == "copies given back"
    assert plan_words(Plan(True, 4, True), 8) == "4 + 4, tiled decode"
    assert "± 4 %" in title_ends(Outlook(over, (), 0.04), 86)[1][0][0]


def test_what_is_given_back() -> None:
    card = Card(80 * GIB, 10 * GIB, 60 * GIB, copies=13 * GIB, graphs=2 * GIB)
    assert given_back_words(card, CopiesChanged({"a": "VRAM"})) == "1 model copy, 13.0 GiB, and graphs, 2.0 GiB"
    assert given_back_words(replace(card, copies=0), CopiesChanged()) == "graphs, 2.0 GiB"
    assert given_back_words(replace(card, copies=0, graphs=0), CopiesChanged()) == ""


@pytest.mark.parametrize("width", [30, 70, 86, 140])
@pytest.mark.parametrize("free", [0, 0.3, 17, 60])
@pytest.mark.parametrize("needs", [0.1, 26, 300])
def test_the_bar_never_leaves_its_row_and_the_job_begins_where_the_free_memory_does(
    width: int, free: float, needs: float
) -> None:
    card = Card(80 * GIB, int(free * GIB), 15 * GIB, spare=GIB)
    asked = Choice(QUICKEST, (64, 64), int(needs * GIB), int((free + 0.5) * GIB), SAME)
    memory, job = bar_rows(Outlook(asked, (), 0.04), card, width)
    for row in (memory, job):
        assert sum(len(text) for text, _ in row) <= width
    before = sum(len(text) for text, kind in memory if kind in ("us", "others"))
    assert job[0] == (" " * before, "")
    assert any(kind == "over" for _, kind in job) == (asked.over > 0)


@pytest.mark.parametrize("width", [40, 70, 86])
@pytest.mark.parametrize("most", [1, 3])
def test_the_others_fit_their_rows(width: int, most: int) -> None:
    card = Card(80 * GIB, 10 * GIB, 15 * GIB)
    others = [Process(pid, GIB * pid, f"python {NASTY} train.py \x1b[31m", "mira") for pid in range(1, 30)]
    rows = others_rows(others, card, width, most)
    assert len(rows) <= most
    assert all(sum(len(text) for text, _ in row) <= width for row in rows)
    assert "more" in rows[-1][-1][0]
    assert "\x1b" not in str(rows)
    [row] = others_rows([], card, width, most)
    assert "does not say whose" in row[1][0]
    [row] = others_rows([], replace(card, ours=70 * GIB), width, most)
    assert "nobody else" in row[1][0]


def test_time() -> None:
    assert time_words(1.0, None) == time_words(1.0, 5.0) == ""
    assert time_words(1.4, None) == "1.4 times"
    assert [time_words(pace, 10.0) for pace in (1.19, 3.1, 0.5)] == ["+1.9 s", "+21 s", "-5.0 s"]


@pytest.mark.parametrize("width", [40, 70, 86, 106])
def test_a_way_is_one_row(width: int) -> None:
    row = way_row("1", way(Plan(True, 4, True), (1152, 1152), 26.3), REQUEST, 5.6, width, True)
    assert sum(len(text) for text, _ in row) == width
    assert "8.5 over" in str(row)


@pytest.mark.parametrize("width", [20, 36, 48, 58])
@pytest.mark.parametrize("needs", [9.6, 26.3])
def test_the_enter_bar_says_as_much_as_fits(width: int, needs: float) -> None:
    left = [(" enter  ", ""), ("load Demo, ", ""), ("generate 8", "")]
    outlook = Outlook(way(needs=needs), (way(Plan(True, 4)),), 0.04)
    looks, shown, right = enter_verdict("", left, [("≈ 5.6 s ", "")], outlook, True, width)
    assert looks == ("-risky" if needs > 17.8 else "")
    if width >= 36 and needs > 17.8:
        assert "▲ 8.5 GiB over" in str(right)
    if width >= 58:
        assert ("asks first" if needs > 17.8 else "≈ 5.6 s  fits: 9.6 GiB") in str(right)
    assert "".join(text for text, _ in shown).startswith(" enter  ")
    assert enter_verdict("-busy", left, [], outlook, True, width) == ("-busy", left, [])
