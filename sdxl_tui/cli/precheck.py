"""Before a job is sent: whether the card has room for it, said on stderr, and what is done about it."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Protocol

from sdxl_tui.core.plans import Plan
from sdxl_tui.core.request import GenerationRequest
from sdxl_tui.core.settings import Settings
from sdxl_tui.core.text import one_line
from sdxl_tui.core.vram import Card, Choice, Outlook, fitted, outlook

GIB = 2**30


class HasCard(Protocol):
    """What an engine gives."""

    def read_card(self) -> Card | None:
        """What the driver says now; None without a card."""


class Precheck:
    """Holds jobs against the card, as others use it now and as it is when no job of ours runs.

    On a CPU, and with the setting ``vram_check`` off, it says nothing and changes nothing.
    """

    def __init__(self, engine: HasCard, settings: Settings, *, fit: bool) -> None:
        """``fit``: jobs without room run in the gentlest way that has it; so they do if ``vram_fit`` is ``always``."""
        self._engine = engine
        self._is_on = settings.vram_check == "on" or fit
        self._fits_jobs = fit or settings.vram_fit == "always"
        self._reserve = round(float(settings.vram_reserve) * GIB)
        self._idle: Card | None = None

    def checked(self, request: GenerationRequest) -> tuple[GenerationRequest, str]:
        """Return the request that is to run, and one sentence where there is no room for it as it was asked for."""
        card = self._card() if self._is_on else None
        if card is None:
            return request, ""
        look = outlook(request, card, reserve=self._reserve)
        if look.fits:
            return request, ""
        if look.best is not None and self._fits_jobs:
            return fitted(request, look.best), f"{_needs(look)} it runs {way_shown(request, look.best)}."
        return request, f"{_needs(look)} {_remedy(request, look)}"

    def _card(self) -> Card | None:
        """The card as it was before the first job, but for what others have taken or given back since then."""
        now = self._engine.read_card()
        if now is None:
            return None
        if self._idle is None:
            self._idle = now
        return replace(self._idle, free=self._idle.free - (now.others - self._idle.others))


def warn(text: str) -> None:
    """Say it on stderr, where no bar is shown."""
    if text:
        print(one_line(f"▲ {text}"), file=sys.stderr)


def way_shown(request: GenerationRequest, way: Choice) -> str:
    """How a way runs a job: ``as 4 + 4, decoded in tiles, at 1024×768``."""
    splits = way.plan.splits(request.batch_size)
    parts = [f"as {' + '.join(map(str, splits))}"] if len(splits) > 1 else []
    parts += ["in tiles"] if way.plan.tiled and not request.plan.tiled else []
    parts += [f"at {way.size[0]}×{way.size[1]}"] if way.size != (request.width, request.height) else []
    return ", ".join(parts) or ("with copies of other models given back" if way.plan != Plan() else "as it is")


def _needs(look: Outlook) -> str:
    return f"This job needs {_gib(look.asked.needs)} GiB, {_gib(max(0, look.asked.room))} are free:"


def _remedy(request: GenerationRequest, look: Outlook) -> str:
    if look.best is None:
        return "it runs as it is, and may run out of memory; a smaller size or batch needs less."
    return f"it runs as it is, and may run out of memory; --fit runs it {way_shown(request, look.best)}."


def _gib(size: int) -> str:
    return f"{size / GIB:.1f}"
