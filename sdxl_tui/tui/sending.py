"""The one way of jobs from the screens to the engine: each is compared with the card first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.job import Job
from sdxl_tui.core.request import GenerationRequest
from sdxl_tui.core.vram import Card, Choice, Outlook, fitted
from sdxl_tui.engine import Event
from sdxl_tui.tui import vram_wording
from sdxl_tui.tui.desk import Desk
from sdxl_tui.tui.notes import OK, WARNING

if TYPE_CHECKING:
    from sdxl_tui.tui.app import LabApp
    from sdxl_tui.tui.rooms import Rooms
    from sdxl_tui.tui.screens.vram_warning import VramWarning

Sent = Callable[[list[Job]], object]
"""What follows when the jobs wait in the queue."""
Queue = Callable[[Sequence[GenerationRequest]], list[Job]]
"""What queues them; raises UserError with the sentence that says why they cannot be."""
Refused = Callable[[str], object]
"""What follows, with the sentence, when they cannot be queued."""
CAUSE = "vram sent"


class Sender:
    """Sends jobs, and asks first about those that would not fit into the card."""

    def __init__(self, app: LabApp, rooms: Rooms, desk: Desk) -> None:
        self._app, self._rooms, self._desk = app, rooms, desk
        self._warnings: list[VramWarning] = []
        """Those that wait for an answer, the one in front last."""

    def send(
        self, requests: Sequence[GenerationRequest], sent: Sent, refused: Refused, queue: Queue | None = None
    ) -> None:
        """Queue jobs that differ in words and seeds only; ``sent`` or ``refused`` follows, now or after an answer.

        Neither follows where the user goes back to the form. ``queue``: how they are, if not behind all others.
        """
        first = requests[0]
        if obstacle := self._desk.shelf.obstacle(first.model):
            refused(obstacle)
            return
        desk = self._desk
        desk.notes.clear(CAUSE)
        submit = partial(self._submit, requests, sent, refused, queue or desk.submit_all)
        card = desk.engine.read_card() if desk.checks_vram else None
        outlook = desk.precheck.outlook(first, card, desk.settings) if card is not None else None
        if card is None or outlook is None or outlook.fits:
            submit(None)
        elif desk.settings.vram_fit == "always" and outlook.best is not None:
            submit(outlook.best, by_itself=True)
        else:
            self._ask(requests, card, submit)

    def send_each(self, requests: Sequence[GenerationRequest], sent: Sent, refused: Refused) -> None:
        """Queue jobs of any kind at once; each that would not fit is fitted by itself, where its size can stay."""
        desk = self._desk
        card = desk.engine.read_card() if desk.checks_vram else None
        ready = list(requests)
        if card is not None:
            ready = [_gentler(request, desk.precheck.outlook(request, card, desk.settings)) for request in requests]
        try:
            jobs = desk.submit_all(ready)
        except UserError as error:
            refused(str(error))
            return
        sent(jobs)
        if changed := sum(one != other for one, other in zip(requests, ready, strict=True)):
            self._rooms.say(CAUSE, WARNING, f"{changed} of {len(ready)} would not have fitted: they run more gently.")

    def report(self, event: Event) -> None:
        """Let the warnings that are open show what the engine reports."""
        for screen in self._warnings:
            if screen.is_running:
                screen.report(event)

    def _ask(
        self, requests: Sequence[GenerationRequest], card: Card, submit: Callable[[Choice | None], object]
    ) -> None:
        from sdxl_tui.tui.screens.vram_warning import VramWarning

        def answered(choice: Choice | None) -> None:
            self._warnings.remove(screen)
            if choice is not None:
                submit(choice)

        screen = VramWarning(self._desk, requests[0], len(requests), card, self._always_fit)
        self._warnings.append(screen)
        self._app.push_screen(screen, answered)

    def _always_fit(self) -> None:
        self._rooms.use_settings(replace(self._desk.settings, vram_fit="always"))

    def _submit(
        self,
        requests: Sequence[GenerationRequest],
        sent: Sent,
        refused: Refused,
        queue: Queue,
        choice: Choice | None,
        *,
        by_itself: bool = False,
    ) -> None:
        try:
            jobs = queue([request if choice is None else fitted(request, choice) for request in requests])
        except UserError as error:
            refused(str(error))
            return
        sent(jobs)
        first = requests[0]
        if choice is not None and fitted(first, choice) != first:
            glyph = WARNING if by_itself else OK
            self._rooms.say(CAUSE, glyph, vram_wording.sent_sentence(choice, first, by_itself=by_itself))


def _gentler(request: GenerationRequest, outlook: Outlook) -> GenerationRequest:
    """The job in the gentlest way that fits and keeps its size; as it is where there is none."""
    size = (request.width, request.height)
    way = next((way for way in outlook.ways if not way.over and way.size == size), None)
    return request if way is None else fitted(request, way)
