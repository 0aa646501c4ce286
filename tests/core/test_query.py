"""What is typed into a search."""

from __future__ import annotations

import random
from contextlib import suppress
from datetime import date
from typing import Any

import pytest

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.query import WORDS, Query, Term, parse_query, search_words

MONDAY, TODAY = "2026-11-23", date(2026, 11, 24)


def terms(typed: str) -> list[tuple[Any, ...]]:
    """Field, value and whether it is excluded, of each term."""
    return [(term.field, term.value, term.is_excluded) for term in parse_query(typed, TODAY).terms]


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("", []),
        ("red Fox", [(WORDS, ("red",), False), (WORDS, ("fox",), False)]),
        ("-fox", [(WORDS, ("fox",), True)]),
        ("red-fox_seed7.png", [(WORDS, ("red", "fox", "seed7", "png"), False)]),
        ("Füchslein ÉTÉ", [(WORDS, ("fuchslein",), False), (WORDS, ("ete",), False)]),
        ("東京", [(WORDS, ("東", "京"), False)]),
        ("(deep snow:1.2)", [(WORDS, ("deep",), False), (WORDS, ("snow", "1", "2"), False)]),
        ("model:Real", [("model", "real", False)]),
        ('model:"SDXL Base" style:cine', [("model", "sdxl base", False), ("style", "cine", False)]),
        ("-model:turbo", [("model", "turbo", True)]),
        ("MODEL:x", [("model", "x", False)]),
        ("status:fail mode:img", [("status", "fail", False), ("mode", "img", False)]),
        ("kept:yes", [("kept", True, False)]),
        ("kept:no", [("kept", False, False)]),
        ("seed:7", [("seed", 7, False)]),
        ("size:1024x768 size:64×64", [("size", (1024, 768), False), ("size", (64, 64), False)]),
        ("steps:30", [("steps", (30, 30), False)]),
        ("steps:20-30", [("steps", (20, 30), False)]),
        ("steps:>=20", [("steps", (20, 10**9), False)]),
        ("steps:<20", [("steps", (0, 19), False)]),
        ("since:monday", [("since", (MONDAY, MONDAY), False)]),
        ("since:tue", [("since", ("2026-11-24", "2026-11-24"), False)]),
        ("since:wednesday", [("since", ("2026-11-18", "2026-11-18"), False)]),
        ("day:today", [("day", ("2026-11-24", "2026-11-24"), False)]),
        ("day:Yesterday", [("day", (MONDAY, MONDAY), False)]),
        ("day:2026-11-23", [("day", (MONDAY, MONDAY), False)]),
        ("day:2026-11", [("day", ("2026-11-01", "2026-11-31"), False)]),
    ],
)
def test_words_and_fields(typed: str, wanted: list[tuple[Any, ...]]) -> None:
    assert terms(typed) == wanted


def test_quotes_hold_words_together_and_whole() -> None:
    assert parse_query('"red fox" sno') == Query(
        (Term(WORDS, ("red", "fox"), is_whole=True), Term(WORDS, ("sno",), is_whole=False))
    )
    assert terms('"model:real"') == [(WORDS, ("model", "real"), False)]
    assert terms('-"red fox') == [(WORDS, ("red", "fox"), True)]


@pytest.mark.parametrize("typed", ["model:", "kept: ", "since:", "-", "--", '"', '""', "(", "* ( [/]", 'seed:""'])
def test_what_says_nothing_yet_is_no_condition(typed: str) -> None:
    assert terms(typed) == []


def test_signs_are_never_operators() -> None:
    typed = r'[/] [red]x[/red] " * ( OR'
    assert terms(typed) == [(WORDS, ("red", "x", "red"), False), (WORDS, ("or",), False)]
    assert terms("NOT fox AND near(a)") == [
        (WORDS, (word,), False) if isinstance(word, str) else (WORDS, word, False)
        for word in ("not", "fox", "and", ("near", "a"))
    ]


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("modle:real", "There is no field 'modle:' to search in; did you mean mode:? In quotes it is a word."),
        ("zzz:1", "There is no field 'zzz:' to search in; there are model, style, "),
        ("kept:maybe", "kept: is yes or no, not 'maybe'."),
        ("seed:x", "seed: is a whole number from 0 to 4294967295, not 'x'."),
        ("seed:99999999999", "seed: is a whole number from 0 to 4294967295, not '99999999999'."),
        ("size:big", "Size is written as 1024x768, not 'big'."),
        ("steps:few", "steps: is a number such as 30, 20-30, >20 or <30, not 'few'."),
        ("since:someday", "'someday' is no day: write it as today, yesterday, monday, 2026-11-23 or 2026-11."),
        ("day:2026-13-01", "'2026-13-01' is no day"),
        ("status:broken", "There is no status 'broken'; there are done, failed, cancelled, partial."),
        ("mode:video", "There is no mode 'video'; there are txt2img, img2img, inpaint, animate_steps."),
    ],
)
def test_what_cannot_be_meant_is_a_sentence(typed: str, sentence: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_query(typed, TODAY)
    assert str(caught.value).startswith(sentence)


def test_any_text_is_a_query_or_a_sentence() -> None:
    rand = random.Random(5)
    signs = ['"', "-", ":", "model", "seed", " ", "*", "(", ")", "fox", "'", "\0", "\ud83e", "🦊", "^", "{", "7", "\n"]
    for _ in range(3000):
        typed = "".join(rand.choices(signs, k=10))
        with suppress(UserError):
            parse_query(typed)


def test_only_letters_and_digits_are_words() -> None:
    assert search_words("a_b-c.d é🦊'%\0\ud83e2x²") == ["a", "b", "c", "d", "e", "2x2"]
