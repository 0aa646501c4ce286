"""The prompts that a sequence goes to, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import on
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import TextArea

from sdxl_tui.core.text import one_line
from sdxl_tui.tui.widgets.prompt_area import PromptArea

MOST = 12


class EndPrompt(PromptArea):
    """One of them."""

    HANDS = "end prompt"
    KEYS = (("enter", "generate"), ("↑↓", "end prompts"), ("tab", "next"), ("esc", "look"))
    HELP = "Where the sequence goes: a prompt in each row, one after the other; what is typed in the last row adds one."


class EndPrompts(Vertical):
    """A text for each, and an empty one below them: what is typed there adds one."""

    @dataclass
    class Changed(Message):
        """Others are meant now."""

        text: str
        """One in each line."""

    def __init__(self) -> None:
        super().__init__(id="end_prompts")
        self._number = 0

    @property
    def areas(self) -> list[EndPrompt]:
        """From the first to the empty one."""
        return [area for area in self.query_children(EndPrompt) if not area.has_class("-gone")]

    def show(self, prompts: Sequence[str], placeholder: str) -> None:
        """Show these where others are typed; the empty one says ``placeholder``."""
        if [area.text.strip() for area in self.areas if area.text.strip()] != list(prompts):
            for area in self.areas:
                area.add_class("-gone")
                area.remove()
            for prompt in prompts:
                self._add(prompt)
        self._keep_one_empty()
        last = self.areas[-1]
        if last.placeholder != placeholder:
            last.placeholder = placeholder

    @on(TextArea.Changed)
    def tell(self, event: TextArea.Changed) -> None:
        """Tell in the form's own words."""
        event.stop()
        if isinstance(event.text_area, EndPrompt) and event.text_area in self.areas:
            self._keep_one_empty()
            prompts = (one_line(area.text).strip() for area in self.areas)
            self.post_message(self.Changed("\n".join(prompt for prompt in prompts if prompt)))

    @on(PromptArea.Walked)
    def walk(self, event: PromptArea.Walked) -> None:
        """Go to the one above or below."""
        event.stop()
        areas = self.areas
        if event.area in areas:
            areas[min(len(areas) - 1, max(0, areas.index(event.area) - event.distance))].focus()

    def _keep_one_empty(self) -> None:
        areas = self.areas
        if not areas or (areas[-1].text.strip() and len(areas) < MOST):
            self._add("")
        elif len(areas) > 1 and not areas[-2].text.strip() and not areas[-1].has_focus and not areas[-1].text:
            areas[-1].add_class("-gone")
            areas[-1].remove()

    def _add(self, prompt: str) -> None:
        self._number += 1
        area = EndPrompt("", id=f"end-prompt-{self._number}")
        area.text = prompt
        self.mount(area)
