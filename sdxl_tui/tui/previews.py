"""How often a job that runs shows what it comes to, and what is said over it."""

from __future__ import annotations

from sdxl_tui.core.job import Job
from sdxl_tui.core.modes import ANIMATE_STEPS
from sdxl_tui.core.settings import Settings
from sdxl_tui.tui.draft import shown_size
from sdxl_tui.tui.widgets.words import Part

MOST_BYTES = 30_000
"""Of one preview, on the quickest link: it is looked at for a moment."""
LEAST_BYTES = 4_000
"""Below this a preview says nothing: then there are fewer."""
SHARE = 0.5
"""Of what the link takes: the rest is for the keys."""


def size(settings: Settings, budget: float) -> int:
    """Return the bytes that one preview may have, on a link that takes ``budget`` bytes a second."""
    return int(max(LEAST_BYTES, min(MOST_BYTES, SHARE * budget * settings.preview_seconds)))


def interval(settings: Settings, budget: float) -> float:
    """Return the seconds from one preview to the next, as the settings say and the link can take."""
    return max(float(settings.preview_seconds), size(settings, budget) / (SHARE * budget))


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
