"""Write, copy and delete the user's own styles; the shipped files are never touched."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from sdxl_tui.core import paths
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.styles import FIELDS, NONE, Style, own_folder, problems_of, read_style
from sdxl_tui.core.text import one_line
from sdxl_tui.core.toml import read_document, write_document

SLUG_LENGTH = 60
LONGEST_NAME, LONGEST_WORDS = 120, 8_000
"""Letters; no text encoder reads more."""


def slug_of(name: str, taken: Collection[str] = ()) -> str:
    """Return a name as that of a file: ASCII, lower case, hyphens; never empty, ``none``, or one that is taken."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    slug = re.sub("[^a-z0-9]+", "-", plain).strip("-")[:SLUG_LENGTH].rstrip("-") or "style"
    used = {NONE, *(each.casefold() for each in taken)}
    number, free = 1, slug
    while free in used:
        number += 1
        free = f"{slug}-{number}"
    return free


def style_file(style_id: str) -> Path:
    """Where the user's style with this id lies, or would."""
    return own_folder() / f"{style_id}.toml"


def values_of(style: Style) -> dict[str, Any]:
    """A style as the table of its file: what it does not say is not there."""
    values = {key: getattr(style, key) for key in FIELDS}
    return {key: value for key, value in values.items() if key == "name" or value not in (None, "")}


def name_problem(name: str, style_id: str, styles: Mapping[str, Style]) -> str:
    """Return why a style with this id cannot have this name (empty: it can): another one has it."""
    wanted = name.strip().casefold()
    for other in styles.values():
        if other.id != style_id and other.name.casefold() == wanted:
            return f"There is a style '{one_line(other.name)}' already: choose another name."
    return ""


def save_style(values: Mapping[str, Any], style_id: str, *, like: Path | None = None) -> Style:
    """Write the user's style ``style_id``, and return it as it is read again.

    What the file says already is kept with its comments and order; only fields with other values are written anew.
    A file that is not there yet begins as a copy of ``like``, if given. Raises UserError when a value is out of its
    range, when the file is damaged, or when it cannot be written; nothing has changed then.
    """
    values = {key: _tidy(value) for key, value in values.items()}
    values = {key: value for key, value in values.items() if key == "name" or value not in (None, "")}
    for problem in problems_of(values).values():
        raise UserError(problem[0].upper() + problem[1:])
    if len(values["name"]) > LONGEST_NAME or any(len(str(value)) > LONGEST_WORDS for value in values.values()):
        raise UserError(f"It is too long: a name has {LONGEST_NAME} letters at most, a text {LONGEST_WORDS:,}.")
    file = style_file(style_id)
    document = read_document(file if file.is_file() or like is None else like)
    for key in [key for key in document if key not in values]:
        del document[key]
    for key in FIELDS:
        if key in values and (key not in document or document[key] != values[key]):
            document[key] = values[key]
    name = one_line(values["name"])
    write_document(file, document, f"The style '{name}' is not saved")
    return read_style(file)


def delete_style(style_id: str) -> Path:
    """Move the user's style to the trash; return where it lay. Raises UserError when there is none or it stays."""
    from sdxl_tui.core.trash import to_trash

    file = style_file(style_id)
    if not file.is_file():
        raise UserError(f"{paths.shown(file)} is not there any more.")
    to_trash(file)
    return file


def _tidy(value: Any) -> Any:
    """A text in one line, as a prompt is: the encoders read a line break as a space."""
    return " ".join(one_line(value).split()) if isinstance(value, str) else value
