"""All bindings of the lab by their ids, from the classes that have them, and which of them are in force together."""

from __future__ import annotations

import asyncio
import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import ModuleType

from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import ModalScreen, Screen

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.names import near_names
from sdxl_tui.tui.keys_in_force import shown_keys


@dataclass(frozen=True)
class KeyRow:
    """A binding as the lab ships it."""

    id: str
    keys: tuple[str, ...]
    """As Textual names them, those with alt too."""
    label: str
    tooltip: str
    scopes: frozenset[str]
    """Names of the classes in which it is in force; two of one class cannot have the same key."""
    comes_first: bool
    """Whether it counts before what is typed into a text."""

    @property
    def place(self) -> str:
        """Where it works: the first part of its id."""
        return self.id.partition(".")[0]

    @property
    def shown(self) -> str:
        """The shipped keys as the lab writes them."""
        return shown_keys(self.keys)


@cache
def key_table() -> Mapping[str, KeyRow]:
    """Every binding that can have another key, by its id, in the order of the lab's screens."""
    found: dict[str, tuple[Binding, list[str], set[str]]] = {}
    app, *classes = all_classes()
    for owner in (app, *classes):
        for key, binding in owner._merged_bindings or ():
            if binding.id is not None:
                _, keys, scopes = found.setdefault(binding.id, (binding, [], set()))
                keys += [key] if key not in keys else []
                scopes.add(owner.__name__)
    on_screens = {screen.__name__ for screen in classes if _is_over_app(screen)}
    rows = {}
    for identity, (binding, keys, scopes) in found.items():
        reach = scopes | on_screens if app.__name__ in scopes else scopes
        rows[identity] = KeyRow(
            identity, tuple(keys), binding.description, binding.tooltip, frozenset(reach), binding.priority
        )
    return dict(sorted(rows.items(), key=lambda item: _order(item[1])))


def find_row(identity: str) -> KeyRow:
    """Return the binding of an id; raise UserError that names the near ones."""
    table = key_table()
    if identity in table:
        return table[identity]
    near = near_names(identity, table)
    hint = f"did you mean {' or '.join(near)}?" if near else "`sdxl-tui settings keys` lists all."
    raise UserError(f"There is no key '{identity}'; {hint}")


def own_classes() -> Iterator[type[DOMNode]]:
    """The app, the screens and the widgets that have keys of their own."""
    return (cls for cls in all_classes() if cls.__dict__.get("BINDINGS"))


async def import_places() -> None:
    """Import all that has keys, a module at a time between the keys that are pressed; the table is quick then."""
    for name in _module_names():
        importlib.import_module(name)
        await asyncio.sleep(0)


def all_classes() -> list[type[DOMNode]]:
    """The app, then the screens, then the widgets."""
    return [
        value
        for module in map(importlib.import_module, _module_names())
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, DOMNode) and value.__module__ == module.__name__
    ]


def _module_names() -> list[str]:
    from sdxl_tui.tui import screens, widgets

    inner = [f"{package.__name__}.{found.name}" for package in (screens, widgets) for found in _inside(package)]
    return ["sdxl_tui.tui.app", *inner]


def _inside(package: ModuleType) -> Iterator[pkgutil.ModuleInfo]:
    return pkgutil.iter_modules(package.__path__)


def _is_over_app(cls: type[DOMNode]) -> bool:
    """Whether the app's keys work there: on every screen but what is asked over one."""
    return issubclass(cls, Screen) and not issubclass(cls, ModalScreen)


def _order(row: KeyRow) -> tuple[int, str]:
    order = ("app", "tab", "lab", "generate", "prompt", "picture", "gallery", "queue", "frames", "styles", "models")
    return (order.index(row.place) if row.place in order else len(order), row.place)
