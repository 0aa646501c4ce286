"""The jobs of all days, a swatch and two rows each."""

from __future__ import annotations

from textual.strip import Strip

from sdxl_tui.tui.pictured import Pictured, short_model
from sdxl_tui.tui.thumbs import SWATCH_ROWS, Thumb
from sdxl_tui.tui.widgets.browser import Browser
from sdxl_tui.tui.widgets.words import Part

GLYPHS: dict[str, Part] = {"failed": ("× ", "error"), "cancelled": ("– ", "soft"), "partial": ("▲ ", "busy")}
GAP_FROM = 30
"""Rows of the list from which an empty one stands between two jobs."""
WIDE_FROM = 50


class JobList(Browser):
    """A cell is a job: its prompt, and what it was made with."""

    HANDS = "list"
    HELP = "All jobs, newest first: up and down choose a job, left and right a picture of it."
    KEYS = (
        ("↑↓", "choose"),
        ("/", "search"),
        ("enter", "zoom"),
        ("space", "keep"),
        ("c", "compare"),
        ("u", "use settings"),
        ("i", "img2img"),
        ("H", "larger"),
        ("r", "repeat"),
        (", .", "day"),
        ("e", "why"),
        ("del", "trash"),
        ("g", "grid"),
    )

    @property
    def cell_height(self) -> int:
        """Two rows, and an empty one where there is room."""
        return 3 if self.size.height >= GAP_FROM else 2

    @property
    def used_height(self) -> int:
        """Two rows."""
        return 2

    def cells(self) -> int:
        """One for each job."""
        return self.roll.jobs

    def cell_of(self, place: int) -> int:
        """The job that has the place."""
        return self.roll.job_at(place)

    def first_of(self, cell: int) -> int:
        """The first picture of a job."""
        return self.roll.places_of(cell).start

    def thumb_of(self, cell: int) -> Thumb | None:
        """A swatch of the job's first picture."""
        pictured = self.roll.pictured(self.first_of(cell))
        return None if pictured is None or pictured.path is None else Thumb(pictured.path, self._swatch, SWATCH_ROWS)

    def cell_strip(self, cell: int, line: int) -> Strip:
        """The prompt above, facts below."""
        width = self.size.width
        if line == 2:
            return Strip.blank(width, self.rich_style)
        job = self.roll.places_of(cell)
        chosen = self.at in job
        bar = self.words_strip([("▌" if chosen else " ", "accent" if self.has_focus else "track")], [], 1)
        pictured = self.roll.pictured(self.at if chosen else job.start)
        if pictured is None:
            return Strip.join([bar, self.words_strip([(" …", "muted")] if line == 0 else [], [], width - 1)])
        ends = self._prompt_row(pictured, cell, chosen) if line == 0 else self._facts_row(pictured, job)
        lead = 2 + self._swatch
        words = self.words_strip([(" ", ""), *ends[0]], [*ends[1], (" ", "")], width - lead, chosen=chosen)
        swatch = self.thumb_strip(cell, line, self._swatch)
        return Strip.join([bar, Strip.blank(1, self.rich_style), swatch, words])

    @property
    def _swatch(self) -> int:
        return 7 if self.size.width >= WIDE_FROM else 5

    def _prompt_row(self, pictured: Pictured, cell: int, chosen: bool) -> tuple[list[Part], list[Part]]:
        left: list[Part] = [GLYPHS[pictured.status]] if pictured.status in GLYPHS else []
        prompt = pictured.prompt or "no prompt"
        left.append((prompt, "strong" if chosen else "value"))
        kept = any(other.path in self.kept for other in self.roll.pictured_of(cell))
        return left, [("◆", "accent")] if kept else []

    def _facts_row(self, pictured: Pictured, job: range) -> tuple[list[Part], list[Part]]:
        left: list[Part] = [(f"{pictured.time:<5}  ", "soft")]
        if pictured.path is None:
            words = {"cancelled": "stopped", "failed": "failed"}.get(pictured.status, "no picture")
            left.append((f"{words}  ", "error" if pictured.status == "failed" else "soft"))
        elif pictured.is_gone:
            left.append(("file gone  ", "soft"))
        right: list[Part] = [(f"×{len(job)}", "soft")] if len(job) > 1 else []
        style = pictured.text("style")
        facts = [short_model(pictured.model), "" if style.casefold().startswith("none") else style]
        room = self.size.width - 5 - self._swatch - sum(len(text) for text, _ in (*left, *right)) - len(right)
        with_seed = [*facts, "" if pictured.seed is None else str(pictured.seed)]
        said = _joined(with_seed)
        left.append((said if len(said) <= room else _joined(facts), "soft"))
        return left, right


def _joined(facts: list[str]) -> str:
    return " · ".join(fact for fact in facts if fact)
