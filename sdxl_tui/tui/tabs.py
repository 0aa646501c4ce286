"""The screens with a place in the header. A screen that is not built yet has no tab."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Tab:
    """A screen's place in the header."""

    digit: str
    name: str
    tooltip: str


TABS = (
    Tab("1", "generate", "Type, enter, look"),
    Tab("2", "gallery", "What was made, day by day"),
    Tab("5", "styles", "Browse the styles, and see what they would send"),
    Tab("6", "models", "See, load and mend the models"),
)
