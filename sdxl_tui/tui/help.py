"""The text of the help page, from the bindings themselves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from textual.binding import Binding, BindingType
from textual.screen import Screen

from sdxl_tui.tui import read_only
from sdxl_tui.tui.screens.base import LabScreen
from sdxl_tui.tui.widgets.words import Part

LETTERS = "A letter works bare where the hands are not in a text, and with alt everywhere."
TRAVEL: list[Part] = [("tab", "key"), (" and ", "soft"), ("shift+tab", "key"), (" travel.", "soft")]

SHOWN_KEYS = {
    "left": "←",
    "right": "→",
    "up": "↑",
    "down": "↓",
    "minus": "-",
    "plus": "+",
    "equals_sign": "=",
    "slash": "/",
    "comma": ",",
    "full_stop": ".",
    "pageup": "pgup",
    "pagedown": "pgdn",
    "escape": "esc",
    "delete": "del",
}


def shown_key(key: str) -> str:
    """A key as the lab writes it: ``esc``, ``^p``, ``←``."""
    if key.startswith("shift+") and key.removeprefix("shift+") in SHOWN_KEYS:
        return f"shift+{SHOWN_KEYS[key.removeprefix('shift+')]}"
    if key.startswith("ctrl+"):
        return f"^{key.removeprefix('ctrl+')}"
    return SHOWN_KEYS.get(key, key.upper() if key.startswith("f") and key[1:].isdigit() else key)


def help_rows(screen: Screen[Any]) -> list[list[Part]]:
    """What the keys do: where the hands are first, then on this screen, then everywhere."""
    rows: list[list[Part]] = []
    focused = screen.focused
    works = read_only.works if isinstance(screen, LabScreen) and screen.desk.is_read_only else lambda binding: True
    if focused is not None:
        rows += _group(
            str(getattr(focused, "HANDS", "")), str(getattr(focused, "HELP", "")), filter(works, type(focused).BINDINGS)
        )
    rows += _group("this screen", LETTERS, filter(works, screen.BINDINGS))
    shared = LabScreen.BINDINGS if screen._inherit_bindings else []
    rows += _group("everywhere", "", filter(works, [*shared, *screen.app.BINDINGS]))
    return [*rows, TRAVEL]


def _group(title: str, help_text: str, bindings: Iterable[BindingType]) -> list[list[Part]]:
    rows: list[list[Part]] = [[(title, "accent")]]
    if help_text:
        rows.append([(help_text, "soft")])
    for binding in bindings:
        if isinstance(binding, Binding) and binding.tooltip:
            keys = " ".join(shown_key(key) for key in binding.key.split(",") if not key.startswith("alt+"))
            rows.append([(f"{keys:<7} ", "key"), (str(binding.tooltip), "value")])
    return [*rows, []]
