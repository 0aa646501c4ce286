"""The text of the help page, from the bindings themselves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from textual.binding import Binding, BindingType
from textual.dom import DOMNode
from textual.screen import Screen

from sdxl_tui.tui import read_only
from sdxl_tui.tui.keys_in_force import in_force, said, shown_keys
from sdxl_tui.tui.screens.base import LabScreen
from sdxl_tui.tui.widgets.words import PRESSED, Part

LETTERS = "A letter works bare where the hands are not in a text, and with alt everywhere."
TRAVEL: list[Part] = [("tab", "key"), (" and ", "soft"), ("shift+tab", "key"), (" travel.", "soft")]
OWN_KEYS = (
    "Any of these can have another key: {tab.settings:7}, then {settings.find:/} keys; or "
    "`sdxl-tui settings set keys.generate.steps ctrl+g`, with the names of `sdxl-tui settings keys`."
)


def help_rows(screen: Screen[Any]) -> list[list[Part]]:
    """What the keys do: where the hands are first, then on this screen, then everywhere."""
    rows: list[list[Part]] = []
    focused = screen.focused
    looks_only = isinstance(screen, LabScreen) and screen.desk.is_read_only
    if focused is not None:
        rows += _group(str(getattr(focused, "HANDS", "")), str(getattr(focused, "HELP", "")))
        rows += [*_keys(focused, type(focused).BINDINGS, looks_only), []]
    rows += [*_group("this screen", LETTERS), *_keys(screen, screen.BINDINGS, looks_only), []]
    shared = LabScreen.BINDINGS if screen._inherit_bindings else []
    rows += [*_group("everywhere", ""), *_keys(screen, shared, looks_only)]
    rows += [*_keys(screen.app, screen.app.BINDINGS, looks_only), []]
    return [*rows, TRAVEL, *([] if looks_only else [[(said(OWN_KEYS), "soft")]])]


def _group(title: str, help_text: str) -> list[list[Part]]:
    return [[(title, "accent")], *([[(said(help_text), "soft")]] if help_text else [])]


def _keys(node: DOMNode, bindings: Iterable[BindingType], looks_only: bool) -> list[list[Part]]:
    """A row for each binding with its keys in force; ``looks_only``: for those alone that make and change nothing."""
    keys = in_force().of(node)
    return [
        [(f"{shown_keys(keys.get(str(binding.id), ())):<7} ", PRESSED), (str(binding.tooltip), "value")]
        for binding in bindings
        if isinstance(binding, Binding) and binding.tooltip and not (looks_only and not read_only.works(binding))
    ]
