"""The one question of the lab: leave while a job runs?"""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from sdxl_tui.tui.lab_state import LabState
from sdxl_tui.tui.quiet import QuietFocus
from sdxl_tui.tui.widgets.page import Page
from sdxl_tui.tui.wording import quit_sentence


class QuitQuestion(QuietFocus, ModalScreen[bool]):
    """Asked once: enter or a second ctrl+q leaves, esc stays."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "answer(True)", "stop and quit", tooltip="Stop the job and leave"),
        Binding("escape", "answer(False)", "stay", tooltip="Go on"),
    ]

    def __init__(self, state: LabState) -> None:
        super().__init__()
        self._sentence = quit_sentence(state)

    def compose(self) -> ComposeResult:
        """The sentence and its two keys."""
        keys = [("  ", ""), ("enter", "key"), (" stop and quit  ", "soft"), ("esc", "key"), (" stay", "soft")]
        yield Page([[("▲ ", "busy"), (self._sentence, "value")], keys])

    def action_answer(self, leave: bool) -> None:
        """Take the answer."""
        self.dismiss(leave)
