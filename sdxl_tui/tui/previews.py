"""How often a job that runs shows what it comes to, and what is said over it."""

from __future__ import annotations

from sdxl_tui.core.job import Job
from sdxl_tui.core.modes import ANIMATE_STEPS
from sdxl_tui.core.settings import Settings
from sdxl_tui.tui.draft import shown_size
from sdxl_tui.tui.widgets.words import Part

CELL_BYTES = 40
"""Of a half cell in 24 bit, before any compression."""
SHARE = 0.5
"""Of what the link takes: the rest is for the keys."""


def interval(settings: Settings, cells: int) -> float:
    """Return the seconds from one preview to the next, as the settings say and the link can take."""
    return max(float(settings.preview_seconds), cells * CELL_BYTES / (SHARE * settings.play_bytes))


def title_parts(job: Job, index: int, width: int) -> tuple[list[Part], list[Part]]:
    """Above a preview: of which picture it is; its seed and size."""
    request = job.request
    kind = "frame " if request.mode == ANIMATE_STEPS else "picture "
    left: list[Part] = [("► ", "busy"), ("preview  ", "label")]
    if width >= 36 and request.pictures > 1:
        left += [(kind, "label"), (str(index + 1), "strong"), (f" of {request.pictures}", "label")]
    right: list[Part] = [("seed ", "label"), (str(job.seeds[index]), "strong")]
    if width >= 50:
        right += [("  ", ""), (shown_size(request.width, request.height), "value")]
    return left, right
