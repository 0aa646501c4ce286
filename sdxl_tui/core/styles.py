"""Styles: words a job brings along, one TOML file each."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sdxl_tui.core import paths
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.schedulers import SCHEDULERS
from sdxl_tui.core.toml import read_toml

PLACEHOLDER = "{prompt}"
NONE = "none"

_TEXT = ((str,), "a text in quotes")
FIELDS: dict[str, tuple[tuple[type, ...], str]] = {
    "name": _TEXT,
    "description": _TEXT,
    "prompt": _TEXT,
    "negative": _TEXT,
    "scheduler": _TEXT,
    "steps": ((int,), "a whole number"),
    "guidance": ((int, float), "a number"),
}
"""What a style's file may hold."""


@dataclass(frozen=True)
class Style:
    """One style: suffixes for the prompt and the negative prompt, and settings where they help."""

    id: str
    """Name of the file, without ``.toml``."""
    name: str
    description: str = ""
    prompt: str = ""
    """Suffix, or a text in which ``{prompt}`` is replaced by the user's."""
    negative: str = ""
    scheduler: str | None = None
    steps: int | None = None
    guidance: float | None = None

    def styled_prompt(self, prompt: str) -> str:
        """The prompt as it is encoded and logged."""
        return with_words(self.prompt, prompt)

    def styled_negative_prompt(self, negative_prompt: str) -> str:
        """The negative prompt as it is encoded and logged."""
        return with_words(self.negative, negative_prompt)


def with_words(words: str, text: str) -> str:
    """Return ``text`` with a style's words behind it, or around it where they say ``{prompt}``."""
    if PLACEHOLDER in words:
        return words.replace(PLACEHOLDER, text)
    return ", ".join(part for part in (text, words) if part)


def style_folders() -> list[Path]:
    """The folders that hold styles, weakest first: the package's own (or the checkout's), then the user's."""
    package = Path(__file__).resolve().parent.parent
    shipped = package / "styles"
    return [shipped if shipped.is_dir() else package.parent / "styles", own_folder()]


def own_folder() -> Path:
    """The folder of the user's own styles."""
    return paths.config_dir() / "styles"


def signature(folders: list[Path] | None = None) -> tuple[tuple[str, int, int], ...]:
    """Return what changes when a file of the folders does: each file's path, time and size."""
    found = []
    for folder in style_folders() if folders is None else folders:
        for file in sorted(folder.glob("*.toml")):
            try:
                state = file.stat()
            except OSError:
                continue
            found.append((str(file), state.st_mtime_ns, state.st_size))
    return tuple(found)


def load_styles(folders: list[Path] | None = None) -> tuple[dict[str, Style], list[str]]:
    """Return the styles by id, ``none`` first and the rest by name, and a sentence for each file that was skipped.

    A style of a later folder replaces those with its name or its id (the name of its file).
    """
    read = [styles_in(folder) for folder in (style_folders() if folders is None else folders)]
    return laid_over([styles for styles, _ in read]), [problem for _, problems in read for problem in problems]


def styles_in(folder: Path) -> tuple[dict[str, Style], list[str]]:
    """Return the styles of one folder by id, and a sentence for each file that was skipped."""
    styles: dict[str, Style] = {}
    problems: list[str] = []
    files_by_name: dict[str, str] = {}
    for file in sorted(folder.glob("*.toml")):
        try:
            style = read_style(file)
            name = style.name.casefold()
            if name in files_by_name:
                raise UserError(f"{files_by_name[name]} has the name '{style.name}' too.")
        except UserError as error:
            problems.append(f"{file.name} was skipped: {error}")
            continue
        files_by_name[name] = file.name
        styles[style.id] = style
    return styles, problems


def laid_over(folders: Sequence[Mapping[str, Style]]) -> dict[str, Style]:
    """Return the styles of several folders, weakest first, as ``load_styles`` does."""
    styles: dict[str, Style] = {}
    for folder in folders:
        names = {style.name.casefold() for style in folder.values()}
        kept = {key: style for key, style in styles.items() if style.name.casefold() not in names}
        styles = kept | dict(folder)
    ordered = sorted(styles.values(), key=lambda style: (style.id != NONE, style.name.casefold()))
    return {style.id: style for style in ordered}


def read_style(file: Path) -> Style:
    """Return the style of one file; raise UserError that says what is wrong with it."""
    table = read_toml(file)
    for key, value in table.items():
        if key not in FIELDS:
            raise UserError(f"'{key}' is no field; there are {', '.join(FIELDS)}.")
        kinds, wanted = FIELDS[key]
        if not isinstance(value, kinds) or isinstance(value, bool):
            raise UserError(f"{_line_of(file, key)}'{key}' must be {wanted}.")
    for key, wrong in problems_of(table).items():
        raise UserError(f"{_line_of(file, key) if key in table else ''}{wrong}")
    return Style(id=file.stem, **table)


def problems_of(table: Mapping[str, Any]) -> dict[str, str]:
    """Return a sentence for each field of a style whose value is out of its range."""
    problems = {}
    if not str(table.get("name") or "").strip():
        problems["name"] = 'it has no name: add a line such as name = "Noir".'
    if table.get("scheduler", "euler") not in SCHEDULERS:
        problems["scheduler"] = f"there is no scheduler '{table['scheduler']}'; there are {', '.join(SCHEDULERS)}."
    if not 1 <= table.get("steps", 1) <= 200:
        problems["steps"] = "steps go from 1 to 200."
    if not 0 <= table.get("guidance", 0) <= 50:
        problems["guidance"] = "guidance goes from 0 to 50."
    return problems


def _line_of(file: Path, key: str) -> str:
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        if re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=", line):
            return f"line {number}, "
    return ""
