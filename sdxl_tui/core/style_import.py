"""Take the styles of a file into the user's own: which are new, which are here already, which need another name."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.style_files import save_style, slug_of
from sdxl_tui.core.styles import Style

NEW, SAME, TAKEN = "new", "same", "name taken"


@dataclass(frozen=True)
class Candidate:
    """A style of a file, and what taking it would do."""

    values: Mapping[str, Any]
    """As in a file of the lab's own."""
    mark: str
    """NEW, SAME (here already, word for word) or TAKEN (another style has its name)."""
    own_name: str
    """The name it would get here."""

    @property
    def name(self) -> str:
        """Its name in the file."""
        return str(self.values["name"])


@dataclass(frozen=True)
class Taken:
    """What came of an import."""

    styles: tuple[Style, ...] = ()
    problem: str = ""
    """Why it ended before the last one."""


def candidates(sheets: Iterable[Iterable[Mapping[str, Any]]], styles: Mapping[str, Style]) -> list[Candidate]:
    """Return the styles of the files, in their order, beside those that are here.

    One that was imported before, also under a name with a number behind it, is SAME; so is a second one of the files.
    """
    words = {(_plain(style.name), style.prompt, style.negative) for style in styles.values()}
    names = {style.name.casefold() for style in styles.values()}
    found = []
    for values in (values for sheet in sheets for values in sheet):
        name = str(values["name"])
        key = (_plain(name), str(values.get("prompt", "")), str(values.get("negative", "")))
        if key in words:
            found.append(Candidate(values, SAME, name))
            continue
        own_name = _free(name, names)
        found.append(Candidate(values, NEW if own_name == name else TAKEN, own_name))
        words.add(key)
        names.add(own_name.casefold())
    return found


def take(chosen: Iterable[Candidate], styles: Mapping[str, Style]) -> Taken:
    """Write these candidates as styles of the user's, each whole; stops where the disk refuses one."""
    ids = set(styles)
    taken: list[Style] = []
    for candidate in chosen:
        style_id = slug_of(candidate.own_name, ids)
        try:
            taken.append(save_style({**candidate.values, "name": candidate.own_name}, style_id))
        except UserError as error:
            return Taken(tuple(taken), str(error))
        ids.add(style_id)
    return Taken(tuple(taken))


def without_taken(found: Iterable[Candidate]) -> list[Candidate]:
    """The candidates that are new also by their names."""
    return [candidate for candidate in found if candidate.mark == NEW]


def _free(name: str, names: Collection[str]) -> str:
    number, free = 1, name
    while free.casefold() in names:
        number += 1
        free = f"{name} {number}"
    return free


def _plain(name: str) -> str:
    """A name without the number that an import may have put behind it."""
    return re.sub(r" \d+$", "", name.casefold())
