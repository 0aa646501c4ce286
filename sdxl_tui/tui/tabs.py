"""The screens with a place in the header. A screen that is not built yet has no tab."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sdxl_tui.tui.keys_in_force import in_force
from sdxl_tui.tui.widgets.words import PRESSED, Part


@dataclass(frozen=True)
class Tab:
    """A screen's place in the header."""

    digit: str
    name: str
    tooltip: str


TABS = (
    Tab("1", "generate", "Type, enter, look"),
    Tab("2", "gallery", "What was made, day by day"),
    Tab("3", "queue", "What runs, what waits and what is done today"),
    Tab("4", "frames", "Watch, play and export sequences"),
    Tab("5", "styles", "Browse the styles, and see what they would send"),
    Tab("6", "models", "See, load and mend the models"),
    Tab("7", "settings", "See and change every setting, and where it comes from"),
)


QUEUE = "queue"


def tabs_of(names: Collection[str] | None) -> Sequence[Tab]:
    """Those with these names; None: all."""
    return [tab for tab in TABS if names is None or tab.name in names]


def tab_parts(
    current: str, waiting: int, width: int, *, paused: bool = False, names: Collection[str] | None = None
) -> list[Part]:
    """Name and tabs, beside the queue how many jobs wait; in a narrow window three letters of the other tabs."""
    parts: list[Part] = [(" sdxl·tui ", "pill"), (" ", "")] if width >= 100 or len(TABS) == 1 else []
    for tab in tabs_of(names):
        here = tab.name == current
        name = tab.name if here or width >= 100 else tab.name[:3]
        busy = ""
        if tab.name == QUEUE and (waiting or paused):
            signs = [*([f"+{waiting}"] if waiting else []), *(["■"] if paused else [])]
            busy = "".join(f" {sign}" for sign in signs) if width >= 100 else "".join(signs)
        pressed = in_force().short(f"tab.{tab.name}", tab.digit)
        parts += [(f" {pressed} ", "tabkey" if here else PRESSED), (name, "tab" if here else "soft")]
        parts += [(busy, "tabbusy" if here else "busy")]
        parts += [(" ", "tab" if here else "soft")] if here or width >= 100 else []
    return parts


def tab_at(x: int, parts: Sequence[Part]) -> str:
    """The name of the tab that covers a cell of these parts; empty: none does."""
    names = iter(tab.name for tab in TABS)
    place, name = 0, ""
    for text, kind in parts:
        name = next(names) if kind in ("tabkey", PRESSED) else name
        place += len(text)
        if x < place:
            return name
    return ""
