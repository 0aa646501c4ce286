"""A file of jobs: a JSON object a line, or a prompt a line."""

from __future__ import annotations

import codecs
import hashlib
import json
import stat
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.words import named, shown_size

STDIN = "-"
MOST_LINE_BYTES = 2**20
TOO_LONG = "\0"
"""Stands for the text of a line that is longer; no line is this."""
SOURCE_DIGITS = 16
NO_JOBS = "{} holds no jobs: write a JSON object or a prompt a line."

Record = dict[str, Any]


@dataclass(frozen=True)
class Line:
    """A line that asks for a job."""

    number: int
    """1-based, as an editor counts."""
    record: Record
    """What it says; empty when it cannot be read."""
    source: str
    """Hex digits that only this line has: of what it says, of how many before it say the same, and of the options it
    is read with. The same line of the same file has them again at the next start."""
    problem: str = ""
    """The sentence that says why it cannot be read."""


def read_jobs(name: str, options: Mapping[str, Any]) -> list[Line]:
    """Return the lines of the file ``name``, ``-`` for stdin; blank ones and those that begin with ``#`` are skipped.

    A file whose first line is a JSON object has one a line, any other a prompt a line. ``options`` are what the command
    line sets for every line. Raises UserError when the file is not there, is no text or holds no jobs.
    """
    with _opened(name) as file:
        texts = list(_texts(file, _shown(name)))
    if not texts:
        raise UserError(NO_JOBS.format(_shown(name)))
    is_json = _is_object(texts[0][1])
    known = hashlib.sha256(json.dumps(options, sort_keys=True, default=str).encode())
    before = Counter[str]()
    lines = []
    for number, text in texts:
        record, problem = _read(text, is_json)
        digest = known.copy()
        digest.update(f"\n{before[text]}\n{text}".encode())
        before[text] += 1
        lines.append(Line(number, record, digest.hexdigest()[:SOURCE_DIGITS], problem))
    return lines


def _read(text: str, is_json: bool) -> tuple[Record, str]:
    """What a line says, and what is wrong with it."""
    if text == TOO_LONG:
        return {}, f"It is longer than {shown_size(MOST_LINE_BYTES)}: no job is."
    if not is_json:
        return {"prompt": text}, ""
    try:
        record = json.loads(text)
    except json.JSONDecodeError as error:
        return {}, f"It is no JSON: {error.msg[0].lower()}{error.msg[1:]} at column {error.colno}."
    except (ValueError, RecursionError):
        return {}, "It is no JSON that can be read."
    return (record, "") if isinstance(record, dict) else ({}, "It is no JSON object: write {…} around its keys.")


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def _texts(file: BinaryIO, name: str) -> Iterator[tuple[int, str]]:
    """Number and text of each line that is not blank and no comment; of one that is too long as much as tells that."""
    number = 0
    while line := file.readline(MOST_LINE_BYTES + 1):
        number += 1
        if number == 1 and line.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise UserError(f"{name} is UTF-16: save it as UTF-8.")
        if b"\0" in line:
            raise UserError(f"{name} is no text file: a file of jobs has a JSON object or a prompt a line.")
        if len(line) > MOST_LINE_BYTES:
            yield number, TOO_LONG
            while not line.endswith(b"\n") and (line := file.readline(MOST_LINE_BYTES)):
                pass
            continue
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
        except UnicodeDecodeError:
            raise UserError(f"Line {number} of {name} is not UTF-8: save the file as UTF-8.") from None
        if text and not text.startswith("#"):
            yield number, text


@contextmanager
def _opened(name: str) -> Iterator[BinaryIO]:
    if name == STDIN:
        yield sys.stdin.buffer
        return
    shown = _shown(name)
    if not name:
        raise UserError("--jobs names no file: give it one, or - for stdin.")
    try:
        path = Path(name).expanduser()
        if stat.S_ISDIR(path.stat().st_mode):
            raise UserError(f"{shown} is a folder: name a file of jobs.")
        with path.open("rb") as file:
            yield file
    except (FileNotFoundError, NotADirectoryError):
        raise UserError(f"There is no file {shown}.") from None
    except PermissionError:
        raise UserError(f"{shown} may not be read: mend its rights.") from None
    except (OSError, ValueError, RuntimeError) as error:
        reason = str(getattr(error, "strerror", None) or error).rstrip(".")
        raise UserError(f"{shown} cannot be read: {reason}.") from error


def _shown(name: str) -> str:
    return "stdin" if name == STDIN else named(name)
