"""How pictures, their settings and their days are put into words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta

from sdxl_tui.core.history import UNDATED
from sdxl_tui.core.text import one_line
from sdxl_tui.tui.hires_wording import larger_words
from sdxl_tui.tui.keys_in_force import key, said
from sdxl_tui.tui.pictured import Pictured, short_model
from sdxl_tui.tui.reuse import Reuse
from sdxl_tui.tui.view import View
from sdxl_tui.tui.widgets.words import PRESSED, Part
from sdxl_tui.tui.wording import seconds

KEPT: Part = ("◆", "accent")


def day_words(day: str, today: date) -> str:
    """A day as people say it: ``today``, ``yesterday``, ``Sun 2026-11-22``."""
    if day == UNDATED:
        return "undated"
    if day == today.isoformat():
        return "today"
    if day == (today - timedelta(days=1)).isoformat():
        return "yesterday"
    try:
        return f"{WEEKDAYS[date.fromisoformat(day).weekday()]} {day}"
    except ValueError:
        return day


WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def day_parts(
    day: str | None, today: date, found: int | None, there: int, share: float, width: int
) -> tuple[list[Part], list[Part]]:
    """How many pictures are found (None: they are being counted), of how many, and the day of the chosen one."""
    if share < 1:
        what = "reading " if width < 30 else "reading jobs.log "
        return [(what, "muted"), (f"{share:.0%}".replace("%", " %"), "busy")], []
    number = "…" if found is None else f"{found:,}"
    of = f" of {there:,}" if found is not None and found != there else ""
    name = "" if day is None else day_words(day, today)
    if width < 30:
        name = re.sub(r"\b\d{4}-", "", name)
        return [], [(number, "strong"), (f"{of}  " if len(of) < 9 else "  ", "muted"), (name, "value")]
    left: list[Part] = [(number, "strong"), (f"{of} {'picture' if there == 1 else 'pictures'}", "muted")]
    return [*left, (" · " if name else "", "muted"), (name, "value")], [("newest first", "muted")]


def heading_parts(day: str, today: date, jobs: int | None) -> tuple[list[Part], list[Part]]:
    """Above the jobs of a day: its name, and how many there are (None: not known yet)."""
    count = "" if jobs is None else f"{jobs:,} {'job' if jobs == 1 else 'jobs'}"
    return [("  ", ""), (day_words(day, today), "soft")], [(f"{count} ", "muted")]


def settings_rows(
    pictured: Pictured, differing: Sequence[str] | None, short: bool
) -> list[tuple[list[Part], list[Part]]]:
    """What a picture was made with, a row each: a left and a right end.

    ``differing``: what the form has otherwise; None: there is no form.
    """
    use = [] if differing is None else _use_parts(differing, short)
    seed = "" if pictured.seed is None else f"seed {pictured.seed}"
    guidance = f"cfg {pictured.guidance.removesuffix('.0')}" if pictured.guidance else ""
    steps = pictured.whole("steps")
    if short:
        return [([(_joined([seed, short_model(pictured.model), steps, guidance]), "soft")], use)]
    took = "" if pictured.seconds is None else f"{seconds(pictured.seconds)} s"
    steps = f"{steps} steps" if steps else ""
    made_with = [pictured.model, pictured.scheduler, steps, larger_words(pictured.record), guidance]
    made_with += [pictured.text("style"), pictured.text("speed")]
    made_with.append(pictured.loras)
    rows = [
        (_labelled("prompt", pictured.text("styled_prompt") or pictured.prompt), []),
        (_labelled("not", pictured.text("styled_negative_prompt") or pictured.text("negative_prompt")), []),
        (_labelled("with", _joined(made_with)), []),
        (_labelled("made", _joined([seed, pictured.time, took])), use),
    ]
    if pictured.path is not None:
        rows.append(([(pictured.path.name, "soft")], [("y", "key"), (" copy", "soft")]))
    return rows


def title_of(pictured: Pictured, kept: bool, width: int) -> tuple[list[Part], list[Part]]:
    """Above the picture: its prompt and its mark; which of its job, its size."""
    left: list[Part] = [(pictured.prompt or "no prompt", "strong")]
    right: list[Part] = [KEPT, ("  ", "")] if kept else []
    if pictured.path is not None:
        right += [(str(pictured.index + 1), "strong"), (f" of {pictured.count}", "label")]
    if pictured.pixels and width >= 40:
        right += [("  ", ""), (pictured.pixels, "value")]
    return left, right


def missing_rows(pictured: Pictured) -> list[list[Part]]:
    """What stands in the place of a picture that cannot be shown, or never was."""
    use: list[Part] = [("u", "key"), (" takes its settings into the form.", "soft")]
    if pictured.path is not None:
        name = one_line(pictured.path.name)
        if pictured.is_gone:
            again: list[Part] = [("r", "key"), (" makes it again.", "soft")]
            gone: list[Part] = [(f"{name} is not there any more; its line in the log is.", "value")]
            return [[("▒▒▒", "muted")], [], gone, [], use, again]
        return [[("▒▒▒", "muted")], [], [(f"{name} is not there any more, or cannot be read.", "value")], [], use]
    if pictured.status == "failed":
        why: list[Part] = [("× ", "error"), (pictured.reason or "It failed; the log does not say why.", "value")]
    elif pictured.status == "cancelled":
        why = [("– ", "soft"), (pictured.reason or "Stopped before a picture was saved.", "value")]
    else:
        why = [("▒▒▒ ", "muted"), (pictured.reason or "The log names no picture of this job.", "value")]
    return [why, [], [("e", "key"), (" says all of it.", "soft")], use]


def used_sentence(pictured: Pictured, reuse: Reuse, differing: Sequence[str], elsewhere: bool) -> str:
    """What taking a picture's settings did."""
    whose = f"picture {pictured.index + 1} of {pictured.count}" if pictured.path else "this job"
    if pictured.seed is not None and pictured.path:
        whose += f" (seed {pictured.seed})"
    if len(differing) > 1:
        changed = f"{len(differing)} differed: {', '.join(differing)}"
    else:
        changed = f"{differing[0]} differed" if differing else "nothing differed"
    go_on = said(" {tab.generate:1}, then {generate.generate:enter} makes more.") if elsewhere else ""
    return " ".join([f"Settings of {whose} are in the form; {changed}.{go_on}", *reuse.problems])


def nothing_rows(typed: str, failed: str, *, looks_only: bool = False) -> list[list[Part]]:
    """What stands in an empty gallery; ``looks_only``: nothing can be made here."""
    if failed:
        return [[("× ", "error"), (failed, "value")]]
    if typed:
        return [[(f'Nothing matches "{typed}"; ', "value"), ("esc", "key"), (" clears the search.", "value")]]
    if looks_only:
        return [[("No pictures in this folder yet.", "value")]]
    home, enter = key("tab.generate", "1"), key("generate.generate", "enter")
    return [[("No pictures yet: ", "value"), (home, PRESSED), (", then ", "value"), (enter, PRESSED), (".", "value")]]


def _use_parts(differing: Sequence[str], short: bool) -> list[Part]:
    if not differing:
        return [("as in the form", "muted")]
    if short:
        return [("u", "key"), (" use", "soft")]
    return [
        ("form differs in ", "muted"),
        (str(len(differing)), "strong"),
        (", ", "muted"),
        ("u", "key"),
        (" use it", "soft"),
    ]


def _labelled(label: str, text: str) -> list[Part]:
    return [(f"{label:<8}", "label"), (text or "–", "value" if text else "muted")]


def _joined(facts: Sequence[str]) -> str:
    return " · ".join(fact for fact in facts if fact)


def zoom_parts(
    pictured: Pictured, number: int, count: int, kept: bool, view: View | None
) -> tuple[list[Part], list[Part]]:
    """Below a picture in full size: which one it is, what a cell shows; the part in view and the scale."""
    left: list[Part] = [(" ", ""), (str(number), "strong"), (f" of {count}", "label")]
    left += [("  ", ""), KEPT] if kept else []
    if pictured.seed is not None:
        left += [("  seed ", "label"), (str(pictured.seed), "strong")]
    if view is None:
        return left, []
    across, down = view.grain.across / view.scale, 2 * view.grain.across / view.scale
    left += [(f"  ·  1 cell = {_short(across)} × {_short(down)} px", "muted")]
    (wide, tall), (whole_wide, whole_tall) = view.part, view.whole
    of = f"{whole_wide}×{whole_tall}"
    if view.is_whole:
        right: list[Part] = [(f"all of {of}", "muted")]
    else:
        right = [(f"{wide / whole_wide:.0%} × {tall / whole_tall:.0%} of {of}".replace("%", " %"), "muted")]
    scale = "1:1" if abs(view.scale - 1) < 1e-6 else f"{view.scale:.0%}".replace("%", " %")
    return left, [*right, ("   ", ""), (scale, "strong"), (" ", "")]


def _short(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
