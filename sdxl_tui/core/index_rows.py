"""What the index keeps of a line of jobs.log, whoever wrote it and whatever it holds."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sdxl_tui.core.history import day_of
from sdxl_tui.core.lab_db import as_text
from sdxl_tui.core.lenient import whole
from sdxl_tui.core.query import MODES, STATUSES, folded, search_words
from sdxl_tui.core.request import MAX_SEED

LONGEST_NAME = 4096

BORDER = " \N{SYMBOL FOR RECORD SEPARATOR} "
"""Between two texts, so that no phrase reaches from one into the next."""

_TEXTS = (
    "styled_prompt",
    "prompt",
    "styled_negative_prompt",
    "negative_prompt",
    "model_name",
    "model",
    "style",
    "scheduler",
    "error",
)
_LISTS_OF_TEXTS = ("frame_prompts", "end_prompts", "outputs")


@dataclass(frozen=True)
class JobRow:
    """One job as it is searched."""

    day: str
    status: str
    mode: str
    model: str
    style: str
    scheduler: str
    steps: int | None
    width: int | None
    height: int | None
    words: str
    """Its texts as words with a space before and behind each: `` a red fox ``."""
    pictures: tuple[tuple[int | None, int | None], ...]
    """The key of its name and the seed of each; one without a key where there is none."""


def row_of(record: Mapping[str, Any]) -> JobRow:
    """Return the row of a record; what is missing or impossible in it is left out."""
    return JobRow(
        day=day_of(record),
        status=status_of(record),
        mode=mode if (mode := record.get("mode")) in MODES else MODES[0],
        model=_folded(record, "model", "model_name"),
        style=_folded(record, "style"),
        scheduler=_folded(record, "scheduler", "scheduler_choice"),
        steps=whole(record.get("steps")),
        width=whole(record.get("width")),
        height=whole(record.get("height")),
        words=f" {BORDER.join(_phrases(record))} ",
        pictures=_pictures(record),
    )


def status_of(record: Mapping[str, Any]) -> str:
    """One of STATUSES; the old lab logged what it had made, without one."""
    status = record.get("status")
    if isinstance(status, str) and status in STATUSES:
        return status
    return "failed" if record.get("error") else "done"


def outputs_of(record: Mapping[str, Any]) -> list[str]:
    """The names of a job's pictures, relative to its log's folder."""
    outputs = record.get("outputs")
    if not isinstance(outputs, list):
        return []
    return [name for name in outputs if isinstance(name, str) and 0 < len(name) <= LONGEST_NAME and "\0" not in name]


def key_of(name: str) -> int:
    """A file name as 64 bits: names are long, and there are as many as pictures."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big", signed=True)


def _pictures(record: Mapping[str, Any]) -> tuple[tuple[int | None, int | None], ...]:
    seeds, first = record.get("seeds"), whole(record.get("seed"))
    pictures: list[tuple[int | None, int | None]] = []
    names: list[str | None] = [*outputs_of(record)] or [None]
    for index, name in enumerate(names):
        seed = whole(seeds[index]) if isinstance(seeds, list) and index < len(seeds) else None
        if seed is None and first is not None:
            seed = (first + index) % (MAX_SEED + 1)
        pictures.append((None if name is None else key_of(as_text(name)), seed))
    return tuple(pictures)


def _folded(record: Mapping[str, Any], *keys: str) -> str:
    return "\n".join(folded(value) for value in (record.get(key) for key in keys) if isinstance(value, str))


def _phrases(record: Mapping[str, Any]) -> list[str]:
    """The texts of a record as words; one that another holds is left out, as the prompt is that was sent as typed."""
    phrases: list[str] = []
    for text in _texts(record):
        phrase = " ".join(search_words(text))
        if phrase and not any(f" {phrase} " in f" {other} " for other in phrases):
            phrases.append(phrase)
    return phrases


def _texts(record: Mapping[str, Any]) -> Iterator[str]:
    for key in _TEXTS:
        if isinstance(value := record.get(key), str):
            yield value
    for key in _LISTS_OF_TEXTS:
        values = record.get(key)
        yield from (value for value in (values if isinstance(values, list) else ()) if isinstance(value, str))
