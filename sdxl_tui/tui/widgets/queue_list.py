"""The jobs that run and wait."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from sdxl_tui.core.text import one_line
from sdxl_tui.tui.widgets.words import Words


class QueueList(Words):
    """What runs and what comes next, one row each; in one row where there is no more room."""

    def __init__(self) -> None:
        super().__init__()
        self._said: tuple[str | None, str, tuple[str, ...]] = (None, "", ())

    def show(self, running: str | None, progress: str, waiting: Sequence[str]) -> None:
        """Say this from now on: the running job's prompt and step, and the prompts that wait."""
        said = (running, progress, tuple(waiting))
        if said != self._said:
            self._said = said
            self.refresh()

    def render(self) -> Content:
        """A title and rows, or the one row."""
        running, progress, waiting = self._said
        if running is None and not waiting:
            return Content("") if self.size.height < 3 else self.say(("queue  nothing waits", "muted"))
        if self.size.height < 3:
            return self._one_row(running is not None, progress, len(waiting))
        count = self.say((str(len(waiting)), "strong"), (" waiting", "label")) if waiting else Content("")
        rows = [self.between(self.say(("queue", "label")), count)]
        if running is not None:
            rows.append(self._row(("►", "busy"), running, progress))
        shown = waiting[: self.size.height - len(rows)]
        if len(shown) < len(waiting):
            shown = shown[:-1]
        rows += [self._row(("·", "muted"), prompt, "") for prompt in shown]
        if len(shown) < len(waiting):
            rows.append(self.say((f"  and {len(waiting) - len(shown)} more", "muted")))
        return Content("\n").join(rows)

    def _row(self, glyph: tuple[str, str], prompt: str, right: str) -> Content:
        return self.between(self.say(glyph, (f" {one_line(prompt)}", "soft")), self.say((right, "muted")))

    def _one_row(self, running: bool, progress: str, waiting: int) -> Content:
        parts = [("► ", "busy"), (progress or "running", "soft")] if running else [("· ", "muted")]
        if waiting:
            parts += [(" · " if running else "", "muted"), (str(waiting), "strong"), (" wait", "muted")]
        return self.between(self.say(*parts), Content(""))
