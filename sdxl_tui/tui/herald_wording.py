"""What the terminal's title and a notification say: the lab's state in a few words, harmless to any terminal."""

from __future__ import annotations

from sdxl_tui.core.text import one_line
from sdxl_tui.engine import Event, JobDone, JobFailed, QueuePaused
from sdxl_tui.tui.glyphs import TABLE
from sdxl_tui.tui.lab_state import LabState
from sdxl_tui.tui.notes import ERROR, OK, PAUSED, STOPPED
from sdxl_tui.tui.shelf import Shelf

NAME = "sdxl-tui"
LONGEST_TITLE = 80
LONGEST_PROMPT = 60


def title_of(state: LabState, shelf: Shelf, *, in_ascii: bool, read_only: bool = False) -> str:
    """``12/30 · +3 · RealVisXL V5.0 · sdxl-tui``: what changes first, for tabs are cut at their right end."""
    if read_only:
        parts = ["read only"]
    else:
        parts = [_doing(state), f"+{len(state.waiting)}" if state.waiting else "", _model(state, shelf)]
    title = one_line(" · ".join(part for part in (*parts, NAME) if part))
    title = title if len(title) <= LONGEST_TITLE else f"{title[: LONGEST_TITLE - 1]}…"
    return title.translate(TABLE) if in_ascii else title


def news_of(event: Event, state: LabState, about: str) -> str:
    """What there is to tell of a report that the state has taken already; empty: nothing.

    ``about``: ``job``: every job that ended by itself; ``queue``: when nothing waits any more. What failed, and a queue
    that stopped by itself, is told in any case.
    """
    match event:
        case QueuePaused(reason=reason) if reason:
            return one_line(f"The queue is paused: {reason}")
        case JobFailed():
            return one_line(f"Failed: {_prompt(event.job_id, state)}{event.reason}")
        case JobDone() if about == "job" or not state.busy:
            more = f" and {state.burst_done - 1} more" if about == "queue" and state.burst_done > 1 else ""
            return one_line(f"Done: {_prompt(event.job_id, state)}{_made(event)}{more}")
    return ""


def _doing(state: LabState) -> str:
    if state.loading:
        return "loading"
    if state.running:
        return f"{state.step.step}/{state.step.steps}" if state.step else "starting"
    if state.paused is not None and state.waiting:
        return f"{PAUSED} paused"
    match state.ended:
        case JobDone():
            return f"{OK} done"
        case JobFailed():
            return f"{ERROR} failed"
        case None:
            return ""
    return f"{STOPPED} stopped"


def _model(state: LabState, shelf: Shelf) -> str:
    if state.loading:
        return state.loading.name
    model = shelf.models.get(state.model)
    return state.model if model is None else model.name


def _prompt(job_id: str, state: LabState) -> str:
    job = state.jobs.get(job_id)
    prompt = one_line(job.request.prompt).strip() if job else ""
    return f"{prompt if len(prompt) <= LONGEST_PROMPT else prompt[: LONGEST_PROMPT - 1] + '…'}: " if prompt else ""


def _made(event: JobDone) -> str:
    count = len(event.outputs)
    return f"{count} picture{'' if count == 1 else 's'} in {event.seconds:.1f} s"
