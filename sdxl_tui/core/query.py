"""What is typed into a search: words, ``field:value``, ``-`` before what must not be there, quotes."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.request import MAX_SEED, parse_size

STATUSES = ("done", "failed", "cancelled", "partial")
MODES = ("txt2img", "img2img", "inpaint", "animate_steps")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

WORDS = "words"
"""The field of a term that names none."""
LONGEST_WORD = 64
"""Letters of a word that count."""
MOST_WORDS = 4096
"""Words of a text that count."""

_YES, _NO = ("y", "ye", "yes", "true", "1"), ("n", "no", "false", "0")
_PART = re.compile(
    r"""
    (?P<minus>-?)
    (?:(?P<field>[A-Za-z]+):(?![+-]?[\d.]+\)))?  # not the weight in a pasted (deep snow:1.2)
    (?:"(?P<quoted>[^"]*)"?|(?P<bare>\S*))
    """,
    re.VERBOSE,
)
_WORD = re.compile(r"[^\W_]+")
_WITHOUT_SPACES = re.compile("([\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff])")
"""Letters of scripts that put no space between words: each is a word."""


@dataclass(frozen=True)
class Term:
    """One condition."""

    field: str
    """WORDS or one of FIELDS."""
    value: Any
    """What the field's reader returned; for WORDS a tuple of words that stand beside each other."""
    is_excluded: bool = False
    is_whole: bool = False
    """Whether the last of the words must be whole; else it is the beginning of one."""


@dataclass(frozen=True)
class Query:
    """Conditions that all must be true; none: everything is found."""

    terms: tuple[Term, ...] = ()


def parse_query(typed: str, today: date | None = None) -> Query:
    """Return what was typed as conditions; raise UserError for an unknown field or a value that is none of its own.

    A field without a value, and signs without a letter or a digit, are no condition: the list does not empty while one
    types.
    """
    today = date.today() if today is None else today
    terms = []
    place = 0
    while place < len(typed):
        if typed[place].isspace():
            place += 1
            continue
        match = _PART.match(typed, place)
        assert match is not None  # every part of it is optional
        place = max(match.end(), place + 1)
        value = match["quoted"] if match["quoted"] is not None else match["bare"]
        is_excluded = bool(match["minus"])
        if match["field"] is None:
            words = search_words(value)
            if words:
                terms.append(Term(WORDS, tuple(words), is_excluded, match["quoted"] is not None))
        else:
            reader = _reader(match["field"].lower())
            if value.strip():
                terms.append(Term(match["field"].lower(), reader(value.strip(), today), is_excluded))
    return Query(tuple(terms))


def search_words(text: str) -> list[str]:
    """Return the words of a text as they are compared: without case, accents and signs."""
    plain = text.casefold()
    if not plain.isascii():
        letters = unicodedata.normalize("NFKD", plain)
        plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
        plain = _WITHOUT_SPACES.sub(r" \1 ", plain)
    words = _WORD.findall(plain)
    return [word[:LONGEST_WORD] for word in words[:MOST_WORDS]]


def folded(text: str) -> str:
    """A name as it is compared: without case, and without what no database takes."""
    return text.casefold().encode("utf-8", "replace").decode().replace("\0", " ")


def _reader(field: str) -> Callable[[str, date], Any]:
    if field not in FIELDS:
        near = difflib.get_close_matches(field, FIELDS, n=1)
        hint = f"did you mean {near[0]}:?" if near else f"there are {', '.join(FIELDS)}."
        raise UserError(f"There is no field '{field}:' to search in; {hint} In quotes it is a word.")
    return FIELDS[field]


def _name(value: str, _today: date) -> str:
    return folded(value)


def _one_of(field: str, choices: tuple[str, ...]) -> Callable[[str, date], str]:
    def read(value: str, _today: date) -> str:
        wanted = value.casefold()
        if not any(choice.startswith(wanted) for choice in choices):
            raise UserError(f"There is no {field} '{value}'; there are {', '.join(choices)}.")
        return wanted

    return read


def _kept(value: str, _today: date) -> bool:
    if value.casefold() not in (*_YES, *_NO):
        raise UserError(f"kept: is yes or no, not '{value}'.")
    return value.casefold() in _YES


def _seed(value: str, _today: date) -> int:
    if not re.fullmatch(r"\d{1,10}", value, re.ASCII) or int(value) > MAX_SEED:
        raise UserError(f"seed: is a whole number from 0 to {MAX_SEED}, not '{value}'.")
    return int(value)


def _size(value: str, _today: date) -> tuple[int, int]:
    return parse_size(value)


def _steps(value: str, _today: date) -> tuple[int, int]:
    """The lowest and the highest number that ``30``, ``20-30``, ``>20`` or ``<30`` allow."""
    if match := re.fullmatch(r"(\d{1,6})(?:-(\d{1,6}))?", value, re.ASCII):
        return int(match[1]), int(match[2] or match[1])
    if match := re.fullmatch(r"([<>])(=?)(\d{1,6})", value, re.ASCII):
        border = int(match[3])
        if match[1] == ">":
            return border + (not match[2]), 10**9
        return 0, border - (not match[2])
    raise UserError(f"steps: is a number such as 30, 20-30, >20 or <30, not '{value}'.")


def _days(value: str, today: date) -> tuple[str, str]:
    """The first and the last day that ``2026-11-23``, ``2026-11``, ``today``, ``yesterday``, ``monday`` stand for."""
    wanted = value.casefold()
    if match := re.fullmatch(r"(\d{4})(?:-(0[1-9]|1[0-2])(?:-(0[1-9]|[12]\d|3[01]))?)?", wanted, re.ASCII):
        year, month, day = match.groups()
        return f"{year}-{month or '01'}-{day or '01'}", f"{year}-{month or '12'}-{day or '31'}"
    ago = {"today": 0, "yesterday": 1}.get(wanted)
    if ago is None and len(wanted) >= 3:
        named = next((number for number, name in enumerate(WEEKDAYS) if name.startswith(wanted)), None)
        ago = None if named is None else (today.weekday() - named) % 7
    if ago is None:
        raise UserError(f"'{value}' is no day: write it as today, yesterday, monday, 2026-11-23 or 2026-11.")
    day = (today - timedelta(days=ago)).isoformat()
    return day, day


FIELDS: dict[str, Callable[[str, date], Any]] = {
    "model": _name,
    "style": _name,
    "scheduler": _name,
    "mode": _one_of("mode", MODES),
    "status": _one_of("status", STATUSES),
    "kept": _kept,
    "seed": _seed,
    "size": _size,
    "steps": _steps,
    "since": _days,
    "day": _days,
}
"""Field -> reader of its value, given today."""
