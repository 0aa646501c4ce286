"""How an import of styles is put into words."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sdxl_tui.core import paths
from sdxl_tui.core.style_import import NEW, SAME, Candidate
from sdxl_tui.core.style_sheets import Sheet
from sdxl_tui.core.styles import own_folder
from sdxl_tui.core.text import one_line
from sdxl_tui.tui.widgets.lab_list import Ends, ListItem
from sdxl_tui.tui.widgets.words import Part

MOST_PROBLEMS = 3
"""Rows that were skipped and are named; the rest is counted."""


def title() -> tuple[list[Part], list[Part]]:
    """What can be read."""
    return [("import styles", "strong")], [("A1111 csv · Fooocus json", "muted")]


def summary_rows(found: Sequence[Candidate], wanted: int, sheet: Sheet) -> list[Ends]:
    """How many there are, how many are taken, and what was skipped."""
    if not found and not sheet.problems:
        return []
    counts: list[Part] = [(str(wanted), "strong"), (f" of {len(found)} are taken", "soft")]
    same = sum(each.mark == SAME for each in found)
    counts += [(f", {same} {'is' if same == 1 else 'are'} here already", "soft")] if same else []
    rows: list[Ends] = [(counts, ())]
    rows += [([("● ", "ok"), (one_line(note), "soft")], ()) for note in sheet.notes]
    rows += [([("▲ ", "busy"), (one_line(problem), "soft")], ()) for problem in sheet.problems[:MOST_PROBLEMS]]
    if (more := len(sheet.problems) - MOST_PROBLEMS) > 0:
        rows.append(
            ([("▲ ", "busy"), (f"{more} more row{'s' if more > 1 else ''} of the file cannot be used.", "soft")], ())
        )
    return rows


def items(found: Sequence[Candidate], wanted: Collection[int]) -> list[ListItem]:
    """A row for each style of the file: whether it is taken, and what it is beside those that are here."""
    rows = []
    for place, each in enumerate(found):
        mark: Part = ("● ", "ok") if place in wanted else ("  ", "")
        kind = "muted" if each.mark == SAME else "value"
        right: Part = (each.mark, "ok" if each.mark == NEW else "muted")
        if each.own_name != each.name:
            right = (f"as {one_line(each.own_name)}", "busy") if place in wanted else (each.mark, "busy")
        rows.append(ListItem(str(place), (([mark, (one_line(each.name), kind)], [right]),)))
    return rows


def word_rows(candidate: Candidate | None) -> list[Ends]:
    """The words of a style of the file."""
    if candidate is None:
        return []
    rows: list[Ends] = []
    for label, key in (("prompt    ", "prompt"), ("negative  ", "negative")):
        if text := candidate.values.get(key):
            rows.append(([(label, "label"), (one_line(str(text)), "added")], ()))
    return rows


def done_sentence(count: int, same: int) -> str:
    """What came of it."""
    here = f"; {same} {'was' if same == 1 else 'were'} here already" if same else ""
    return f"{count} style{'s' if count != 1 else ''} imported to {paths.shown(own_folder())}{here}."
