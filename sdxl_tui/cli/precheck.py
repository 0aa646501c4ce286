"""Before a job is sent: whether the card has room for it, in a sentence, and what is done about it."""

from __future__ import annotations

from typing import Protocol

from sdxl_tui.core.request import GenerationRequest
from sdxl_tui.core.settings import Settings
from sdxl_tui.core.vram import Card, Outlook, fitted, outlook, reserve_of


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
        self._reserve, self._tiles = reserve_of(settings), settings.tiles
        self.is_on = settings.device != "cpu" and (settings.vram_check == "on" or fit)

    def checked(self, request: GenerationRequest) -> tuple[GenerationRequest, str]:
        """Return the request that is to run, and one sentence where there is no room for it as it was asked for."""
        card = self._engine.read_card() if self.is_on else None
        if card is None:
            return request, ""
        look = outlook(request, card, reserve=self._reserve, tiles=self._tiles)
        if look.fits:
            return request, ""
        if look.best is not None and self._fits_jobs:
            return fitted(request, look.best), f"{look.said}: it runs {look.best.shown(request)}."
        return request, f"{look.said}: it runs as it is, and may run out of memory; {_remedy(request, look)}"


def _remedy(request: GenerationRequest, look: Outlook) -> str:
    if look.best is None:
        return "a smaller size or batch needs less."
    return f"--fit runs it {look.best.shown(request)}."
