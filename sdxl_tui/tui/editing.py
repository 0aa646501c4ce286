"""A job that waits, in the form to be changed; the form as it was before is kept."""

from __future__ import annotations

from dataclasses import dataclass

from sdxl_tui.core.job import Job
from sdxl_tui.tui.desk import Desk
from sdxl_tui.tui.draft import Draft
from sdxl_tui.tui.pictured import Pictured
from sdxl_tui.tui.reuse import Reuse


@dataclass(frozen=True)
class Editing:
    """What is edited, and what the form said before."""

    job: Job
    number: int
    """Its place among those that wait, from 1, as it was when it was taken."""
    before: Draft


def settings_of(job: Job) -> Pictured:
    """The settings of a job that is in no log yet."""
    return Pictured(None, job.as_log(), 0, job.id)


def begin(desk: Desk, job: Job, number: int) -> list[str]:
    """Take a job's settings into the form; return sentences on what the form cannot say of them."""
    before = desk.draft.as_it_is() if desk.editing is None else desk.editing.before
    desk.editing = Editing(job, number, before)
    reuse = Reuse(settings_of(job), desk.shelf)
    reuse.put_into(desk.draft)
    seed = job.request.seed
    desk.draft.edit("seed", "" if seed is None else str(seed))
    return reuse.problems


def end(desk: Desk) -> None:
    """Give the form back as it was."""
    if desk.editing is not None:
        desk.draft.become(desk.editing.before)
        desk.editing = None
