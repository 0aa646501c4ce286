"""What a look at the machine comes to."""

from __future__ import annotations

from dataclasses import dataclass

FINE, RISKY, BROKEN = "●", "▲", "×"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    state: str
    """FINE, RISKY (works, at a cost) or BROKEN (no picture until it is mended)."""
    topic: str
    value: str
    cure: str = ""
    """What to do; empty when it is fine."""
