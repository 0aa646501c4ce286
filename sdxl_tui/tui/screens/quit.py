"""The one question of the lab: leave while a job runs?"""

from __future__ import annotations

from sdxl_tui.tui.lab_state import LabState
from sdxl_tui.tui.screens.question import Question
from sdxl_tui.tui.wording import quit_sentence


class QuitQuestion(Question):
    """Asked once: enter or a second ctrl+q leaves, esc stays."""

    def __init__(self, state: LabState) -> None:
        super().__init__(quit_sentence(state), [("enter", "stop and quit", "quit"), ("escape", "stay", "")])
