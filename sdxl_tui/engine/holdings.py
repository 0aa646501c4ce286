"""What the lab itself has on the card, and what it knows of what its jobs take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sdxl_tui.core.vram import Card


@dataclass(frozen=True)
class Holdings:
    """The lab's own part of a Card; the fields mean what they do there."""

    copies: int = 0
    graphs: int = 0
    has_model: bool = False
    float32_decode: bool = False
    corrections: Mapping[str, float] = field(default_factory=dict)

    def card(self, total: int, free: int, ours: int, spare: int) -> Card:
        """Return the whole card, given the driver's and torch's words."""
        return Card(total, free, ours, spare, **vars(self))
