"""The jobs that run and wait."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.content import Content

from sdxl_tui.core.text import one_line
from sdxl_tui.tui.widgets.words import Part, Words

MOST = 12
"""Jobs that are named at most: the screen of the queue has them all."""
Waiting = tuple[str, bool]
"""A prompt, and whether it is repeated until stopped."""


@dataclass(frozen=True)
class QueueShown:
    """What the list says."""

    running: str | None = None
    """The running job's prompt."""
    progress: str = ""
    """Its step."""
    waiting: Sequence[Waiting] = ()
    """The first of those that wait."""
    count: int = 0
    """How many wait."""
    paused: str | None = None
    """Why the queue is paused; None: it runs."""


class QueueList(Words):
    """What runs and what comes next, one row each; in one row where there is no more room."""

    def __init__(self) -> None:
        super().__init__()
        self._said = QueueShown()

    def show(self, shown: QueueShown) -> None:
        """Say this from now on."""
        if shown != self._said:
            self._said = shown
            self.refresh()

    def render(self) -> Content:
        """A title and rows, or the one row."""
        said = self._said
        if said.running is None and not said.count and said.paused is None:
            return Content("") if self.size.height < 3 else self.say(("queue  nothing waits", "muted"))
        if self.size.height < 3:
            return self._one_row()
        count = self.say((str(said.count), "strong"), (" waiting", "label")) if said.count else Content("")
        paused: list[Part] = [("  ■ ", "busy"), ("paused", "strong")] if said.paused is not None else []
        rows = [self.between(self.say(("queue", "label"), *paused), count)]
        if said.running is not None:
            rows.append(self._row(("►", "busy"), said.running, said.progress))
        room = self.size.height - len(rows)
        shown = said.waiting[:room]
        if len(shown) < said.count:
            shown = shown[: room - 1]
        rows += [self._row(("∞" if repeats else "·", "muted"), prompt, "") for prompt, repeats in shown]
        if len(shown) < said.count:
            rows.append(self.say((f"  and {said.count - len(shown)} more", "muted")))
        return Content("\n").join(rows)

    def _row(self, glyph: Part, prompt: str, right: str) -> Content:
        return self.between(self.say(glyph, (f" {one_line(prompt)}", "soft")), self.say((right, "muted")))

    def _one_row(self) -> Content:
        said = self._said
        parts: list[Part] = [] if said.paused is None else [("■ ", "busy"), ("paused", "strong")]
        if said.running is not None:
            parts += [(" · " if parts else "", "muted"), ("► ", "busy"), (said.progress or "running", "soft")]
        if said.count:
            mark = "" if said.running is not None or said.paused is not None else "· "
            parts += [(" · " if parts else mark, "muted"), (str(said.count), "strong"), (" wait", "muted")]
        return self.between(self.say(*parts), Content(""))
