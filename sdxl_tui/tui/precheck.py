"""The comparison of a job with the card, made once for each job and reading."""

from __future__ import annotations

from sdxl_tui.core import vram
from sdxl_tui.core.request import GenerationRequest
from sdxl_tui.core.settings import Settings
from sdxl_tui.core.vram import Card, Outlook


class Precheck:
    """Remembers the last comparison: a form is shown far more often than its job or the card changes."""

    def __init__(self) -> None:
        self._asked: tuple[GenerationRequest, Card, str] | None = None
        self._found: Outlook | None = None

    def outlook(self, request: GenerationRequest, card: Card, settings: Settings) -> Outlook:
        """Return how ``request`` stands to ``card``, when the setting ``vram_reserve`` is left to the others."""
        asked = (request, card, settings.vram_reserve)
        if self._found is None or asked != self._asked:
            self._found = vram.outlook(request, card, reserve=vram.reserve_of(settings), tiles=settings.tiles)
            self._asked = asked
        return self._found
