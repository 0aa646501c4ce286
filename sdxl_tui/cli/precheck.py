"""Before a job is sent: whether the card has room for it, in a sentence, and what is done about it."""

from __future__ import annotations

from typing import Protocol

from sdxl_tui.core.request import GenerationRequest
from sdxl_tui.core.settings import Settings
from sdxl_tui.core.vram import Card, Outlook, fitted, outlook, reserve_of

GIB = 2**30


class HasCard(Protocol):
    """What an engine gives."""

    def read_card(self) -> Card | None:
        """Return what the driver says now; None without a card."""


class Precheck:
    """Holds jobs against the card as it is now; on a CPU, and with the setting ``vram_check`` off, it does nothing."""

    def __init__(self, engine: HasCard, settings: Settings, *, fit: bool) -> None:
        """``fit``: jobs without room run in the gentlest way that has it; so they do if ``vram_fit`` is ``always``."""
        self._engine = engine
        self._fits_jobs = fit or settings.vram_fit == "always"
        self._reserve = reserve_of(settings)
        self.is_on = settings.device != "cpu" and (settings.vram_check == "on" or fit)

    def checked(self, request: GenerationRequest) -> tuple[GenerationRequest, str]:
        """Return the request that is to run, and one sentence where there is no room for it as it was asked for."""
        card = self._engine.read_card() if self.is_on else None
        if card is None:
            return request, ""
        look = outlook(request, card, reserve=self._reserve)
        if look.fits:
            return request, ""
        if look.best is not None and self._fits_jobs:
            return fitted(request, look.best), f"{_needs(look)} it runs {_shown(request, look)}."
        return request, f"{_needs(look)} it runs as it is, and may run out of memory; {_remedy(request, look)}"


def _needs(look: Outlook) -> str:
    return f"This job needs {_gib(look.asked.needs)} GiB, {_gib(max(0, look.asked.room))} are free:"


def _remedy(request: GenerationRequest, look: Outlook) -> str:
    if look.best is None:
        return "a smaller size or batch needs less."
    return f"--fit runs it {_shown(request, look)}."


def _shown(request: GenerationRequest, look: Outlook) -> str:
    """How the best way runs the job: ``as 4 + 4``, ``at 1152×1152, as 4 + 4``."""
    assert look.best is not None, "it was looked for"
    size = "" if look.best.size == (request.width, request.height) else "at {}×{}".format(*look.best.size)
    how = look.best.plan.shown(request.pictures) if look.best.plan != request.plan else ""
    return ", ".join(part for part in (size, how) if part) or "once copies and graphs are given back"


def _gib(size: int) -> str:
    return f"{size / GIB:.1f}"
