"""Read the styles of other programs: A1111's ``styles.csv``, Fooocus' JSON, and single files of this lab.

Sources: A1111's ``modules/styles.py``, Fooocus' ``modules/sdxl_styles.py``.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.style_files import LONGEST_NAME, LONGEST_WORDS
from sdxl_tui.core.styles import read_style
from sdxl_tui.core.text import one_line
from sdxl_tui.core.words import named, shown_size

LARGEST = 8 * 1024**2
"""Bytes; the largest known collections take a tenth of it."""
MOST_PROBLEMS = 50
SUFFIXES = (".csv", ".json", ".toml")
WORD_COLUMNS = {"prompt": "prompt", "text": "prompt", "negative_prompt": "negative", "negative": "negative"}
"""Column of a styles.csv -> field of a style; ``text`` is what old A1111 wrote."""

_DIVIDER = re.compile(r"[\W_]*|[-=_*~#]{2,}.*[-=_*~#]{2,}")


@dataclass
class Sheet:
    """What a file holds."""

    styles: list[dict[str, Any]] = field(default_factory=list)
    """Tables as in the lab's own files."""
    problems: list[str] = field(default_factory=list)
    """A sentence for each row that was skipped."""
    notes: list[str] = field(default_factory=list)

    def take(self, place: str, name: str, values: dict[str, str]) -> None:
        """Take a style, or say why not."""
        words = {key: " ".join(one_line(value).split()) for key, value in values.items()}
        name = " ".join(one_line(name).split())
        if not name:
            self.problem(f"{place} has no name.")
        elif len(name) > LONGEST_NAME or any(len(text) > LONGEST_WORDS for text in words.values()):
            self.problem(f"{place} is too long for a style.")
        elif any(words.values()):
            self.styles.append({"name": name, **{key: text for key, text in words.items() if text}})

    def problem(self, sentence: str) -> None:
        """Say what was skipped; of very many only the first."""
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(sentence)
        elif len(self.problems) == MOST_PROBLEMS:
            self.problems.append("There are more rows like these.")


def read_sheet(file: Path) -> Sheet:
    """Return the styles of a file; raise UserError when it cannot be read or is of no known kind."""
    kind = file.suffix.lower()
    if kind == ".toml":
        style = read_style(file)
        values = {key: getattr(style, key) for key in ("description", "prompt", "negative", "scheduler", "steps")}
        values |= {"name": style.name, "guidance": style.guidance}
        return Sheet([{key: value for key, value in values.items() if value not in (None, "")}])
    text, notes = _text_of(file)
    sheet = Sheet(notes=notes)
    if kind == ".json" or (kind != ".csv" and text.lstrip()[:1] in ("[", "{")):
        _read_json(text, named(file.name), sheet)
    else:
        _read_csv(text, named(file.name), sheet)
    return sheet


def _text_of(file: Path) -> tuple[str, list[str]]:
    """The text of a file in the encoding it is most likely in, and what is to be said about that."""
    name = named(file.name)
    try:
        size = file.stat().st_size
        if size > LARGEST:
            raise UserError(f"{name} has {shown_size(size)}: a file of styles has {shown_size(LARGEST)} at most.")
        data = file.read_bytes()
    except (OSError, ValueError) as error:
        raise UserError(f"{name} cannot be read: {getattr(error, 'strerror', None) or error}.") from error
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace"), []
    try:
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace"), [f"{name} is not in UTF-8: it was read as Windows-1252."]


def _read_csv(text: str, name: str, sheet: Sheet) -> None:
    lines = text.splitlines(keepends=True)
    start = next((number for number, line in enumerate(lines) if line.strip()), len(lines))
    header_line = lines[start] if start < len(lines) else ""
    delimiter = ";" if header_line.count(";") > header_line.count(",") else ","
    rows = _rows(lines, start, delimiter, sheet)
    _, header = next(rows, (0, []))
    columns = [column.strip().casefold() for column in header]
    if "name" not in columns or not set(columns) & set(WORD_COLUMNS):
        raise UserError(f"{name} is no styles.csv: its first line must be name,prompt,negative_prompt.")
    for line, cells in rows:
        if len(cells) > len(columns) and any(cell.strip() for cell in cells[len(columns) :]):
            sheet.problem(
                f"Line {line} has {len(cells)} cells for {len(columns)} columns: a text with commas has quotes."
            )
            continue
        row = dict(zip(columns, cells, strict=False))
        row_name = row.get("name", "")
        words = {WORD_COLUMNS[column]: cell for column, cell in row.items() if column in WORD_COLUMNS}
        is_empty = not any(cell.strip() for cell in words.values())
        if row_name.lstrip().startswith("#") or (is_empty and _DIVIDER.fullmatch(row_name.strip())):
            continue
        if is_empty and row_name.strip():
            sheet.problem(f"Line {line}, {named(row_name)}, says nothing.")
            continue
        sheet.take(f"Line {line}", row_name, words)


def _rows(lines: list[str], start: int, delimiter: str, sheet: Sheet) -> Iterator[tuple[int, list[str]]]:
    """Each row with the number of its first line; a line that is none is told, and the next one begins anew."""
    while start < len(lines):
        rest = islice(lines, start, None)
        reader = csv.reader(rest, delimiter=delimiter, skipinitialspace=True, strict=True)
        begun = start
        try:
            for cells in reader:
                line, start = start + 1, begun + reader.line_num
                if any(cell.strip() for cell in cells):
                    yield line, cells
            return
        except csv.Error as error:
            sheet.problem(f"Line {start + 1} is no row of a CSV file: {error}.")
            start += 1


def _read_json(text: str, name: str, sheet: Sheet) -> None:
    try:
        rows = json.loads(text)
    except json.JSONDecodeError as error:
        raise UserError(f"{name} is not valid JSON: line {error.lineno}, {error.msg}.") from error
    except (RecursionError, ValueError) as error:
        raise UserError(f"{name} is not valid JSON: {error}.") from error
    if isinstance(rows, dict):
        rows = [rows]
    if not isinstance(rows, list) or not any(isinstance(row, dict) and "name" in row for row in rows):
        raise UserError(f'{name} holds no styles: it must be a list of {{"name", "prompt", "negative_prompt"}}.')
    for number, row in enumerate(rows, start=1):
        place = f"Entry {number}"
        if not isinstance(row, dict) or not isinstance(row.get("name"), str):
            sheet.problem(f"{place} is no style: it has no name.")
            continue
        words = {WORD_COLUMNS[key]: row[key] for key in WORD_COLUMNS if row.get(key) is not None}
        if not all(isinstance(text, str) for text in words.values()):
            sheet.problem(f"{place}, {named(row['name'])}, has a prompt that is no text.")
        elif not any(text.strip() for text in words.values()):
            sheet.problem(f"{place}, {named(row['name'])}, says nothing.")
        else:
            sheet.take(place, _fooocus_name(row["name"]), words)


def _fooocus_name(name: str) -> str:
    """A name as Fooocus shows it: ``sai-3d-model`` is SAI 3D Model."""
    words = name.replace("-", " ").split(" ")
    shown = " ".join(word[:1].upper() + word[1:].lower() for word in words)
    for written, wanted in (("3d", "3D"), ("Sai", "SAI"), ("Mre", "MRE"), ("(s", "(S")):
        shown = shown.replace(written, wanted)
    return shown
