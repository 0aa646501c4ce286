"""The one question of the lab: leave while a job runs, or something is not saved?"""

from __future__ import annotations

from sdxl_tui.tui.lab_state import LabState
from sdxl_tui.tui.screens.question import Question
from sdxl_tui.tui.wording import quit_sentence


class QuitQuestion(Question):
    """Asked once: enter or a second ctrl+q leaves, esc stays."""

    def __init__(self, state: LabState, unsaved: str) -> None:
        sentences = [f"{unsaved} is not saved yet."] if unsaved else []
        sentences += [quit_sentence(state)] if state.busy else []
        leave = "stop and quit" if state.running else "quit without it" if unsaved else "quit"
        super().__init__(" ".join(sentences), [("enter", leave, "quit"), ("escape", "stay", "")])
