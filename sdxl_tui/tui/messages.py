"""What reaches the app from other threads."""

from __future__ import annotations

from textual.message import Message

from sdxl_tui.engine import Event, ModelLoading, Preview, StepDone


class EngineReport(Message):
    """Something happened on the engine's thread."""

    def __init__(self, event: Event) -> None:
        super().__init__()
        self.event = event

    def can_replace(self, message: Message) -> bool:
        """Skip progress that a newer report of the same kind has overtaken, so a burst of steps is painted once."""
        if not isinstance(message, EngineReport):
            return False
        match self.event, message.event:
            case (StepDone(), StepDone()):
                return self.event.job_id == message.event.job_id
            case (Preview(), Preview()):
                return self.event.job_id == message.event.job_id
            case (ModelLoading(), ModelLoading()):
                return self.event.model == message.event.model
        return False
