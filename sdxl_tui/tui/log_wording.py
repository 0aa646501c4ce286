"""How jobs of the log are spoken of: why one failed, what is deleted, what a repeat gave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sdxl_tui.core.text import one_line
from sdxl_tui.tui.keys_in_force import said
from sdxl_tui.tui.notes import ERROR, OK, STOPPED, WARNING
from sdxl_tui.tui.pictured import Pictured
from sdxl_tui.tui.widgets.words import Part

GONE_WRONG = {
    "failed": [("× ", "error"), ("It failed.", "strong")],
    "cancelled": [("– ", "soft"), ("It was stopped.", "strong")],
    "partial": [("▲ ", "busy"), ("It was stopped before all of it was made.", "strong")],
    "done": [("● ", "ok"), ("It is done; nothing failed.", "strong")],
}
CURES = (
    (
        "memory",
        "A smaller size or batch takes less: {gallery.use_settings:u}, then {generate.size:s} or {generate.batch:a}.",
    ),
    ("no space", "Free some space on that disk, then make it again."),
    ("not in the cache", "Press {tab.models:6} for what is there, or fetch the model with sdxl-tui models download."),
    ("incomplete", "Press {tab.models:6} for the file that is not whole, and the command that completes it."),
)
"""A word of an error, and what helps, to be ``said``; most sentences say it themselves."""


def name_of(pictured: Pictured) -> str:
    """The picture's file name in one line."""
    return one_line(pictured.path.name) if pictured.path else ""


def why_rows(pictured: Pictured) -> list[list[Part]]:
    """How a job ended, in full, and what to do."""
    rows: list[list[Part]] = [list(GONE_WRONG[pictured.status])]
    reason = pictured.reason
    if reason:
        rows += [[], [(reason, "value")]]
    elif pictured.status == "failed":
        rows += [[], [("The log does not say why.", "value")]]
    cure = said(next((cure for word, cure in CURES if word in reason.casefold()), ""))
    if cure and cure not in reason:
        rows += [[], [(cure, "value")]]
    if pictured.status != "done":
        rows += [[], [("r  ", "key"), ("makes the same job again.", "soft")]]
        rows += [[("u  ", "key"), ("takes its settings into the form, to change what was wrong.", "soft")]]
        rows += [[("   ", ""), ("app_events.log has the warnings and tracebacks of that time.", "muted")]]
    facts = (
        ("job", pictured.job_id),
        ("when", pictured.text("timestamp").replace("T", " ")[:19]),
        ("model", pictured.model),
        ("device", pictured.text("device")),
        ("speed", pictured.text("speed")),
        ("mode", pictured.text("mode")),
        ("size", pictured.size),
        ("batch", pictured.whole("batch_size")),
        ("steps", pictured.whole("steps")),
        ("seed", "" if pictured.seed is None else str(pictured.seed)),
        ("prompt", pictured.prompt),
    )
    return [*rows, [], *([(f"{name:<8}", "label"), (value, "value")] for name, value in facts if value)]


def delete_sentence(pictured: Pictured, all_of_job: Sequence[Path]) -> str:
    """What would go."""
    of_job = f", picture {pictured.index + 1} of {len(all_of_job)}" if len(all_of_job) > 1 else ""
    return f"Move {name_of(pictured)}{of_job} to the trash? Its line in jobs.log stays."


def deleted_sentence(moved: Sequence[Path]) -> str:
    """What went."""
    if len(moved) == 1:
        return f"{one_line(moved[0].name)} is in the trash; its line in jobs.log stays."
    return f"{len(moved)} pictures are in the trash; their line in jobs.log stays."


def repeating_sentence(pictured: Pictured) -> str:
    """A repeat is queued."""
    which = f"Job {pictured.job_id[-6:]}" if pictured.job_id else "The job of that line"
    return f"{which} is queued again; when it is done you hear whether the pixels are the same."


def more_sentence(pictured: Pictured, count: int) -> str:
    """More are queued."""
    jobs = "One more like it is" if count == 1 else f"{count} more like it are"
    return f"{jobs} queued, with other seeds than {pictured.seed}." if pictured.seed is not None else f"{jobs} queued."


def repeated_note(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, str]:
    """The glyph and the sentence on a repeat that is done."""
    from sdxl_tui.core.repeat import differences, same_pixels

    which = f"The repeat of job {one_line(str(before.get('job_id', '')))[-6:] or 'of that line'}"
    same = same_pixels(before, after)
    if same:
        count = len(after.get("pixels_sha256") or ())
        return OK, f"{which} has the same pixels{f', all {count} pictures' if count > 1 else ''}."
    differing = " ".join(differences(before, after))
    if same is None:
        why = "its line has no pixels_sha256, so nobody can tell whether it is the same."
        return WARNING, f"{which} is done; {why} {differing}".strip()
    return WARNING, f"{which} has other pixels. {differing or 'Nothing that the log holds differs.'}"


def not_repeated_note(reason: str, *, stopped: bool) -> tuple[str, str]:
    """The glyph and the sentence on a repeat that was not made."""
    return (STOPPED, "The repeat was stopped.") if stopped else (ERROR, f"The repeat failed: {reason}")
