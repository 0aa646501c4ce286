"""What the form's list says of the queue."""

from __future__ import annotations

from sdxl_tui.tui.lab_state import LabState
from sdxl_tui.tui.widgets.queue_list import MOST, QueueShown, Waiting


def queue_shown(state: LabState) -> QueueShown:
    """What runs, and the first of those that wait."""

    def named(job_id: str) -> Waiting:
        job = state.jobs.get(job_id)
        return ("" if job is None else job.request.styled_prompt), job_id in state.repeating

    progress = f"{state.step.step}/{state.step.steps}" if state.step and state.running else ""
    running = named(state.running)[0] if state.running else None
    first = tuple(named(job_id) for job_id in state.waiting[:MOST])
    return QueueShown(running, progress, first, len(state.waiting), state.paused)
