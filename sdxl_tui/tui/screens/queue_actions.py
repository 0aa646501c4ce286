"""What is done with a job of the queue: moved, changed, doubled, stopped, made again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial

from textual.binding import Binding, BindingType

from sdxl_tui.core import variants
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.job import Job
from sdxl_tui.core.request import GenerationRequest
from sdxl_tui.tui import editing, queue_wording
from sdxl_tui.tui.desk import Desk
from sdxl_tui.tui.keys_in_force import said
from sdxl_tui.tui.notes import ERROR, OK, STOPPED, STOPPING, WARNING
from sdxl_tui.tui.pictured import Pictured
from sdxl_tui.tui.queue_rows import RUNNING, WAITING
from sdxl_tui.tui.screens.base import letter
from sdxl_tui.tui.screens.log_actions import LogActions
from sdxl_tui.tui.screens.sheet import Sheet
from sdxl_tui.tui.sending import Queue
from sdxl_tui.tui.widgets.words import Part

CHOOSE_TODAY = "Choose a job of today: {queue.again:t} makes it again, {queue.double:d} doubles one that waits."
OVER = "It is over; {queue.again:t} makes it again."
IT_WAITS = " It waits: the queue is paused, {queue.pause:space} runs it."


def queue_bindings() -> list[BindingType]:
    """The keys of the queue's rows."""
    rows = (
        ("minus", "move(-1)", "one earlier", "Let the chosen job run one place earlier", "earlier"),
        ("plus", "move(1)", "one later", "Let the chosen job run one place later", "later"),
        ("a", "move_first", "run next", "Let the chosen job run before all others that wait"),
        ("d", "double", "double", "Queue the chosen job once more, right behind it; a drawn seed is drawn anew"),
        ("n", "times", "n times", "Queue the chosen job several times, with new seeds"),
        ("r", "repeat_until_stopped", "repeat", "Repeat the chosen job until stopped, or no longer"),
        ("x", "cancel", "cancel", "Cancel the chosen job; one that runs stops now"),
        ("X", "stop_after_picture", "after this picture", "End what runs when its picture is saved, then pause"),
        ("c", "clear", "clear", "Cancel all jobs that wait; asks once"),
        ("t", "again", "try again", "Queue the chosen job of today again, with its seed"),
        ("T", "all_again", "retry all failed", "Queue all failed jobs of today again"),
        ("space", "pause", "pause or run", "Pause the queue, or let it run"),
        ("u", "use_settings", "use settings", "Take the chosen job's settings into the form"),
        ("e", "everything", "everything", "Show all of the chosen job: what is sent, why it failed"),
    )
    edit = Binding("enter", "edit", "edit", id="queue.edit", tooltip="Change a job that waits; see one that is over")
    return [edit, *(letter(*row, screen="queue") for row in rows)]


class QueueActions(LogActions):
    """Base of the queue's screen, which says what is chosen."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._tried: set[str] = set()
        """Ids of the failed jobs that were queued again."""

    @property
    def chosen(self) -> tuple[str, str]:
        """The section and the id of the chosen job; both empty: there is none."""
        raise NotImplementedError

    def chosen_job(self) -> Job | None:
        """The chosen job, if it runs or waits."""
        section, job_id = self.chosen
        return self.desk.state.jobs.get(job_id) if section in (RUNNING, WAITING) else None

    def chosen_done(self) -> Pictured | None:
        """The chosen job, if it is over."""
        raise NotImplementedError

    def failed_today(self) -> Sequence[Pictured]:
        """The failed jobs of today, oldest first."""
        raise NotImplementedError

    def show_soon(self) -> None:
        """Show what a key has changed."""
        raise NotImplementedError

    # Where it stands

    def action_move(self, by: int) -> None:
        """Let the chosen job run earlier or later."""
        section, job_id = self.chosen
        if section != WAITING:
            self.say("queue", WARNING, "Only jobs that wait can be moved.")
        else:
            self.desk.engine.move(job_id, by)

    def action_move_first(self) -> None:
        """Let the chosen job run next."""
        section, job_id = self.chosen
        waiting = self.desk.state.waiting
        self.action_move(-waiting.index(job_id) if section == WAITING and job_id in waiting else 0)

    # What it is

    def action_edit(self) -> None:
        """Take a job that waits into the form; go to one that runs; look at one that is over."""
        section, job_id = self.chosen
        job, done = self.chosen_job(), self.chosen_done()
        if job is not None and self.desk.is_read_only:
            self.action_everything()
        elif section == WAITING and job is not None and job_id in self.desk.state.waiting:
            number = self.desk.state.waiting.index(job_id) + 1
            self.rooms.home.form.read()
            problems = editing.begin(self.desk, job, number)
            self.rooms.open("generate")
            self.rooms.home.begin_editing(problems)
        elif section == RUNNING:
            self.rooms.open("generate")
        elif done is not None and done.path is None:
            self.action_why()
        elif done is not None:
            self.action_zoom()

    def action_everything(self) -> None:
        """Show all of the chosen job."""
        job = self.chosen_job()
        if job is not None:
            self.app.push_screen(Sheet(self.whole(job)))
        elif self.chosen_done() is not None:
            self.action_why()

    def whole(self, job: Job) -> list[list[Part]]:
        """All that is known of a job that runs or waits."""
        raise NotImplementedError

    # More of it

    def action_double(self) -> None:
        """Queue the chosen job once more, right behind it."""
        section, job_id = self.chosen
        job, waiting = self.chosen_job(), self.desk.state.waiting
        if job is None:
            self._with_request(lambda request: self._send([anew(request)], "It is queued once more, with a new seed."))
            return
        behind = waiting[waiting.index(job_id) + 1 :] if section == WAITING and job_id in waiting else waiting
        before = next(iter(behind), None)
        request = anew(job.request) if _is_drawn(job.request) else job.request
        self._send(
            [request],
            "Doubled: it runs right behind.",
            queue=lambda requests: [self.desk.submit(*requests, before=before)],
        )

    def times(self, count: int) -> None:
        """Queue the chosen job so many times, each with a seed of its own."""
        if count:
            jobs = "One more is" if count == 1 else f"{count} more are"
            self._with_request(
                lambda request: self._send([anew(request) for _ in range(count)], f"{jobs} queued, with new seeds.")
            )

    def action_repeat_until_stopped(self) -> None:
        """Queue a job like the chosen one that comes again and again; a repeated one is repeated no longer."""
        section, job_id = self.chosen
        state, job = self.desk.state, self.chosen_job()
        last = None
        if job is not None and job_id in state.repeating:
            last = job_id if section == WAITING else self._next_of(job)
        if last is None:
            self._with_request(self._repeat)
        else:
            self.desk.engine.cancel(last)
            state.repeating.discard(job_id)
            self.say("queue", OK, "It is repeated no longer.")

    def action_again(self) -> None:
        """Queue the chosen job of today again, with its seed."""
        done = self.chosen_done()
        if done is None:
            self.say("queue", WARNING, said(CHOOSE_TODAY))
        else:
            self._ask_for(self._queue_again)

    def action_all_again(self) -> None:
        """Queue all failed jobs of today again."""
        failed = [pictured for pictured in self.failed_today() if pictured.job_id not in self._tried]
        if not failed:
            self.say("queue", OK, "No job of today failed that was not tried again.")
            return
        work = partial(self._read_requests, failed)
        self.app.run_worker(work, thread=True, exit_on_error=False, group="repeat")

    # Less of it

    def action_cancel(self) -> None:
        """Cancel the chosen job; one that runs stops now."""
        section, job_id = self.chosen
        if section not in (RUNNING, WAITING):
            over = self.chosen_done() is not None
            self.say("queue", WARNING, said(OVER) if over else "There is nothing to cancel.")
        elif self.desk.engine.cancel(job_id) and section == RUNNING:
            self.say(STOPPING, STOPPED, "It stops now; what is saved stays.")

    def action_stop_after_picture(self) -> None:
        """End what runs when its picture is saved."""
        self.rooms.stop_after_picture()

    def action_clear(self) -> None:
        """Cancel all jobs that wait."""
        self.rooms.clear_queue()

    def action_pause(self) -> None:
        """Pause the queue, or let it run."""
        self.rooms.turn_queue()

    # How it is done

    def _next_of(self, job: Job) -> str | None:
        """The job that waits to follow a repeated one."""
        state, wanted = self.desk.state, _typed(job.request)
        for job_id in state.waiting:
            other = state.jobs.get(job_id)
            if job_id in state.repeating and other is not None and _typed(other.request) == wanted:
                return job_id
        return None

    def _with_request(self, then: Callable[[GenerationRequest], None]) -> None:
        """Go on with the request of the chosen job; that of one that is over is read from the log."""
        job = self.chosen_job()
        if job is not None:
            then(job.request)
        elif self.chosen_done() is not None:
            self._ask_for(lambda request, pictured: then(request))

    def _repeat(self, request: GenerationRequest) -> None:
        self._send([request], said(queue_wording.REPEATING), queue=lambda requests: [self.desk.repeat(*requests)])

    def _queue_again(self, request: GenerationRequest, pictured: Pictured) -> None:
        self._send([request], queue_wording.again_sentence(pictured), [pictured.job_id])

    def _send(
        self,
        requests: Sequence[GenerationRequest],
        sentence: str,
        tried: Iterable[str] = (),
        queue: Queue | None = None,
    ) -> None:
        """Queue jobs, and say so, or why not; where the queue is paused that is said, too."""

        sent = partial(self._say_sent, sentence, tried)
        self.rooms.sender.send(requests, sent, partial(self.say, "queue", ERROR), queue)

    def _say_sent(self, sentence: str, tried: Iterable[str], _: object) -> None:
        waits = said(IT_WAITS) if self.desk.state.paused is not None else ""
        self.say("queue", OK, f"{sentence}{waits}")
        self._tried |= set(tried)
        self.show_soon()

    def _take_requests(self, found: Sequence[tuple[str, GenerationRequest]], problems: Sequence[str]) -> None:
        if found:
            one = len(found) == 1
            sentence = f"{len(found)} failed job{'' if one else 's'} of today {'is' if one else 'are'} queued again."
            sent = partial(self._say_sent, sentence, [job_id for job_id, _ in found])
            self.rooms.sender.send_each([request for _, request in found], sent, partial(self.say, "queue", ERROR))
        if problems:
            self.say("queue", ERROR, queue_wording.not_again_sentence(problems))

    # On another thread

    def _read_requests(self, failed: Sequence[Pictured]) -> None:
        from sdxl_tui.core.repeat import request_of

        shelf, found, problems = self.desk.shelf, [], []
        for pictured in failed:
            try:
                request = request_of(pictured.record, shelf.models, shelf.styles, self.desk.loras)
                if obstacle := shelf.obstacle(request.model):
                    raise UserError(obstacle)
                found.append((pictured.job_id, request))
            except UserError as error:
                problems.append(str(error))
        self.app.call_later(self._take_requests, found, problems)


def anew(request: GenerationRequest) -> GenerationRequest:
    """The request with a seed, and values of its prompts, that are drawn when it is queued."""
    return variants.again(request) if _is_made(request) else replace(request, seed=None)


def _is_made(request: GenerationRequest) -> bool:
    """Whether its prompts were made from what was typed, by its seed."""
    return bool(request.prompt_template or request.negative_prompt_template)


def _is_drawn(request: GenerationRequest) -> bool:
    return request.seed is None or _is_made(request)


def _typed(request: GenerationRequest) -> GenerationRequest:
    """The request without what was drawn for it."""
    words = request.prompt_template or request.prompt, request.negative_prompt_template or request.negative_prompt
    return replace(request, seed=None, prompt=words[0], negative_prompt=words[1])
