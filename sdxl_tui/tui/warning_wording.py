"""What the memory warning shows, put into words: the bar, who the others are, the ways to make a job fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from sdxl_tui.core.request import GenerationRequest
from sdxl_tui.core.text import one_line
from sdxl_tui.core.vram import NEARLY, OTHERS, SAME, Card, Choice, Outlook, Process, gib
from sdxl_tui.tui import vram_wording
from sdxl_tui.tui.widgets.words import Part

Row = list[Part]
SHORT_PICTURES = {SAME: "same", NEARLY: "nearly", OTHERS: "others"}
ROOMY, NARROW = 84, 60
"""Cells from which the last column is written out, and below which there is none of time and pictures."""
LONGEST_NAME = 40
MARKED = "▌"


@dataclass(frozen=True)
class Columns:
    """Cells of a way's columns: its words have the rest."""

    verdict: int
    needs: int
    time: int
    pictures: int

    def words(self, width: int) -> int:
        """Cells for what is done."""
        return max(8, width - 4 - self.verdict - self.needs - self.time - self.pictures)


def columns(width: int) -> Columns:
    """The columns of a table of so many cells."""
    if width < NARROW:
        return Columns(12, 6, 0, 0)
    return Columns(14, 9, 11, 17) if width >= ROOMY else Columns(12, 6, 11, 9)


def title_ends(outlook: Outlook, width: int) -> tuple[Row, Row]:
    """What is wrong, and how sure that is."""
    right: Row = [(f"estimate ± {outlook.error:.0%}".replace("%", " %"), "muted")] if width >= NARROW else []
    if outlook.fits:
        return [("● ", "ok"), ("This job fits now", "ok")], right
    return [("▲ ", "busy"), (f"This job needs {gib(outlook.asked.over)} GiB more than is free", "warning")], right


def bar_rows(outlook: Outlook, card: Card, width: int) -> tuple[Row, Row]:
    """The card's memory in cells, and under what is free the job, with its overhang."""
    asked = outlook.asked
    room = max(0, asked.room)
    ours = max(0, card.ours - card.spare)
    others = max(0, card.total - ours - room)
    over = asked.over
    whole = max(card.total, ours + others + asked.needs) or 1
    ends = [0, ours, ours + others, ours + others + room, ours + others + max(room, asked.needs)]
    cells = [round(end * width / whole) for end in ends]
    us, them, free, overhang = (after - before for before, after in pairwise(cells))
    inside = free if over else round(asked.needs * width / whole)
    free_label = f" free {gib(room)}"
    row: Row = [_segment(f" us {gib(ours)}", us, "us"), _segment(f" others {gib(card.others)}", them, "others")]
    row += [_segment(free_label, free, "free")]
    if free < len(free_label) <= overhang:
        row += [(free_label, "muted")]
    job_label, over_label = f" this job {gib(asked.needs)}", f" +{gib(over)}"
    job: Row = [(" " * (us + them), "")]
    if len(job_label) > inside and over:
        job += [(" " * inside, "job"), _segment(f"{job_label},{over_label}", overhang, "over", over_label)]
    else:
        job += [_segment(job_label, inside, "job"), *([_segment(over_label, overhang, "over")] if over else [])]
    return [part for part in row if part[0]], [part for part in job if part[0]]


def others_rows(others: Sequence[Process], card: Card, width: int, most: int) -> list[Row]:
    """Who the others are, in as many rows as there may be."""
    lead = f"{'others':<8}"
    if not others:
        if card.others < card.total // 100:
            return [[(lead, "muted"), ("nobody else is on the card", "muted")]]
        return [[(lead, "muted"), (f"{gib(card.others)} GiB; the driver does not say whose", "muted")]]
    rows: list[Row] = [[(lead, "muted")]]
    room = width - len(lead) - (len("and 99 more") + 3 if len(others) > 1 else 0)
    for number, process in enumerate(others):
        entry = _entry(process, room)
        rest = len(others) - number
        more = f"and {rest} more"
        is_first = len(rows[-1]) == 1
        gap: Row = [] if is_first else [("   ", "")]
        rest = len(others) - number
        more = f"   and {rest} more"
        needed = _cells([*rows[-1], *gap, *entry]) + (len(more) if rest > 1 and len(rows) == most else 0)
        if needed > width and not is_first:
            if len(rows) == most:
                rows[-1].append((more, "muted"))
                break
            rows.append([(" " * len(lead), "")])
            gap = []
        rows[-1] += [*gap, *entry]
    return rows


def heading(width: int) -> Row:
    """The names of the columns."""
    table = columns(width)
    left = f"{'what to do':<{4 + table.words(width) + table.verdict}}"
    needs = "needs GiB" if width >= ROOMY else "GiB"
    rest = f"{'time':>{table.time}}{'pictures':>{table.pictures}}" if table.time else ""
    return [(f"{left}{needs:>{table.needs}}{rest}", "muted")]


def way_row(
    key: str, choice: Choice, request: GenerationRequest, seconds: float | None, width: int, marked: bool
) -> Row:
    """One way: its key, what is done, whether it fits, what it needs and costs, what becomes of the pictures."""
    table = columns(width)
    words = cut(vram_wording.way_words(choice, request), table.words(width) - 1)
    verdict = f"× {gib(choice.over)} over" if choice.over else "● fits"
    pictures = choice.pictures if width >= ROOMY else SHORT_PICTURES.get(choice.pictures, choice.pictures)
    return [
        (MARKED if marked else " ", "accent"),
        (f"{key:<3}", "key"),
        (f"{words:<{table.words(width)}}", "value"),
        (f"{verdict:<{table.verdict}}", "error" if choice.over else "ok"),
        (f"{gib(choice.needs):>{table.needs}}", "value"),
        (f"{time_words(choice.pace, seconds):>{table.time}}{pictures:>{table.pictures}}" if table.time else "", "soft"),
    ]


def anyway_row(outlook: Outlook, width: int, marked: bool) -> Row:
    """The job as it is, come what may."""
    table = columns(width)
    label = "run it as it is" if outlook.fits else "run it anyway"
    verdict, end = ("● fits", "") if outlook.fits else ("", "may fail")
    return [
        (MARKED if marked else " ", "accent"),
        ("r  ", "key"),
        (f"{label:<{table.words(width)}}", "value"),
        (f"{verdict:<{table.verdict}}", "ok"),
        (f"{gib(outlook.asked.needs):>{table.needs}}{'':>{table.time}}", "value"),
        (f"{end:>{table.pictures}}" if table.pictures else "", "soft"),
    ]


def time_words(pace: float, seconds: float | None) -> str:
    """What a way costs in time: ``+1.9 s``, ``-21 s``; a multiple where the job's own time is not known."""
    if seconds is None:
        return "" if round(pace, 1) == 1 else f"{pace:.1f} times"
    more = seconds * (pace - 1)
    if abs(more) < 0.05:
        return ""
    return f"{more:+.1f} s" if abs(more) < 10 else f"{more:+.0f} s"


def cut(text: str, cells: int) -> str:
    """A text in so many cells."""
    return text if len(text) <= cells else f"{text[: cells - 1]}…" if cells > 0 else ""


def _entry(process: Process, room: int) -> Row:
    user = f" ({cut(one_line(process.user), 20)})" if process.user else ""
    size = f" {gib(process.bytes)}" if process.bytes is not None else ""
    name_room = room - len(f"pid {process.pid} {user}{size}")
    name = cut(one_line(process.name), max(0, min(LONGEST_NAME, name_room)))
    who = f" {name}{user}" if name or user else ""
    return [("pid ", "muted"), (str(process.pid), "value"), (who, "soft"), (size, "strong")]


def _segment(label: str, cells: int, kind: str, shorter: str = "") -> Part:
    """A piece of the bar with its label, where that fits."""
    fits = next((text for text in (label, shorter) if text and len(text) <= cells), "")
    return f"{fits:<{cells}}" if cells > 0 else "", kind


def _cells(row: Row) -> int:
    return sum(len(text) for text, _ in row)
