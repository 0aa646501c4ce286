"""A query as SQL over the tables of the index."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sdxl_tui.core.query import WORDS, Query, Term

OF_PICTURES = ("kept", "seed")
"""Fields that are true of some of a job's pictures."""


@dataclass
class Search:
    """The parts of a SELECT for one log."""

    tables: str = "index_job AS job"
    order: str = "job.id"
    """What counts up with the place in the log."""
    job_conditions: list[str] = field(default_factory=list)
    job_values: list[Any] = field(default_factory=list)
    picture_conditions: list[str] = field(default_factory=list)
    """On ``index_picture AS picture``."""
    picture_values: list[Any] = field(default_factory=list)
    is_narrow: bool = False
    """Whether so few pictures fit that it is quicker to begin with them."""

    @property
    def of_job(self) -> str:
        """The conditions on a job itself, with ``job_values``."""
        return " AND ".join(self.job_conditions)

    @property
    def of_picture(self) -> str:
        """Which of a job's pictures are meant, with ``picture_values``."""
        return " AND ".join(self.picture_conditions) or "1"

    @property
    def where(self) -> str:
        """All conditions on a job, with ``values``: one of its pictures at least must be meant."""
        if not self.picture_conditions:
            return self.of_job
        if self.is_narrow:
            some = f"job.id IN (SELECT picture.job FROM index_picture AS picture WHERE {self.of_picture})"
        else:
            some = f"EXISTS (SELECT 1 FROM index_picture AS picture WHERE picture.job = job.id AND {self.of_picture})"
        return f"{self.of_job} AND {some}"

    @property
    def values(self) -> list[Any]:
        """The values for ``where``."""
        return [*self.job_values, *self.picture_values]


def search_of(query: Query, first: int, last: int, *, has_words: bool) -> Search:
    """Return the search for jobs with ids in ``first..last``; ``has_words``: there is the table ``index_words``.

    A query with ``kept:`` needs the table ``kept_now`` with the keys of the kept pictures.
    """
    search = Search()
    wanted = [term for term in query.terms if term.field == WORDS and not term.is_excluded]
    if wanted and has_words:
        search.tables = "index_words CROSS JOIN index_job AS job ON job.id = index_words.rowid"
        search.order = "index_words.rowid"
        search.job_conditions.append("index_words MATCH ?")
        search.job_values.append(" AND ".join(_match(term) for term in wanted))
    elif wanted:
        search.tables = "index_text AS text CROSS JOIN index_job AS job ON job.id = text.id"
        search.order = "text.id"
        for term in wanted:
            search.job_conditions.append("text.words LIKE ?")
            search.job_values.append(_like(term))
    search.job_conditions.append(f"{search.order} BETWEEN ? AND ?")
    search.job_values += [first, last]
    for term in query.terms:
        if term in wanted:
            continue
        if term.field in OF_PICTURES:
            condition, values = _of_picture(term)
            search.picture_conditions.append(f"NOT ({condition})" if term.is_excluded else condition)
            search.picture_values += values
            search.is_narrow |= term.value is not False and not term.is_excluded
        else:
            condition, values = _of_words(term, has_words) if term.field == WORDS else _of_job(term)
            search.job_conditions.append(f"NOT ({condition})" if term.is_excluded else condition)
            search.job_values += values
    return search


def _match(term: Term) -> str:
    """A phrase for FTS5; words hold letters and digits only, so nothing in it is an operator."""
    return f'"{" ".join(term.value)}"{"" if term.is_whole else "*"}'


def _like(term: Term) -> str:
    return f"% {' '.join(term.value)}{' ' if term.is_whole else ''}%"


def _of_words(term: Term, has_words: bool) -> tuple[str, list[Any]]:
    if has_words:
        return "job.id IN (SELECT rowid FROM index_words WHERE index_words MATCH ?)", [_match(term)]
    return "job.id IN (SELECT id FROM index_text WHERE words LIKE ?)", [_like(term)]


def _of_job(term: Term) -> tuple[str, list[Any]]:
    value = term.value
    match term.field:
        case "style":  # of several at once, each in any order
            parts = [part.strip() for part in value.split("+") if part.strip()] or [value]
            return " AND ".join("instr(job.style, ?) > 0" for _ in parts), parts
        case "model" | "scheduler":
            return f"instr(job.{term.field}, ?) > 0", [value]
        case "mode" | "status":
            return f"substr(job.{term.field}, 1, ?) = ?", [len(value), value]
        case "size":
            return "(job.width IS ? AND job.height IS ?)", [*value]
        case "steps":
            return "ifnull(job.steps BETWEEN ? AND ?, 0)", [*value]
        case "since":
            return "job.day >= ?", [value[0]]
        case "day":
            return "job.day BETWEEN ? AND ?", [*value]
    raise AssertionError(f"no condition for {term.field}")


def _of_picture(term: Term) -> tuple[str, list[Any]]:
    if term.field == "seed":
        return "picture.seed IS ?", [term.value]
    is_kept = "picture.key IS NOT NULL AND picture.key IN (SELECT key FROM kept_now)"
    return (is_kept if term.value else f"NOT ({is_kept})"), []
