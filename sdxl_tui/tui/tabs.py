"""The screens with a place in the header. A screen that is not built yet has no tab."""

from __future__ import annotations

from dataclasses import dataclass

from sdxl_tui.tui.widgets.words import Part


@dataclass(frozen=True)
class Tab:
    """A screen's place in the header."""

    digit: str
    name: str
    tooltip: str


TABS = (
    Tab("1", "generate", "Type, enter, look"),
    Tab("2", "gallery", "What was made, day by day"),
    Tab("4", "frames", "Watch, play and export sequences"),
    Tab("5", "styles", "Browse the styles, and see what they would send"),
    Tab("6", "models", "See, load and mend the models"),
    Tab("7", "settings", "See and change every setting, and where it comes from"),
)


def tab_parts(current: str, waiting: int, width: int) -> list[Part]:
    """Name and tabs, and how many jobs wait; in a narrow window three letters of each tab but the current one."""
    parts: list[Part] = [(" sdxl·tui ", "pill"), (" ", "")] if width >= 100 or len(TABS) == 1 else []
    for tab in TABS:
        here = tab.name == current
        name = tab.name if here or width >= 100 else tab.name[:3]
        parts += [(f" {tab.digit} ", "tabkey" if here else "key"), (f"{name} ", "tab" if here else "soft")]
    return parts + ([(f" +{waiting}", "busy")] if waiting else [])
