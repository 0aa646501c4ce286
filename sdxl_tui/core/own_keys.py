"""The user's own keys: the table ``[keys]`` of settings.toml, which gives bindings other keys by their ids.

What is wrong there never keeps a lab from starting: it is named, and the shipped key counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sdxl_tui.core import paths
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.key_names import read_keys, written_keys
from sdxl_tui.core.settings import KEYS_TABLE, settings_file
from sdxl_tui.core.toml import read_document, read_toml, write_document

if TYPE_CHECKING:
    from tomlkit import TOMLDocument


@dataclass(frozen=True)
class OwnKeys:
    """What the table says."""

    keys: Mapping[str, tuple[str, ...]]
    """The keys of a binding, by its id, in the order of the file; none: it has no key."""
    problems: tuple[str, ...] = ()
    """A sentence on each row that says nothing that can be used."""


def own_keys() -> OwnKeys:
    """Return the user's keys as the file has them now."""
    file = settings_file()
    if not file.is_file():
        return OwnKeys({})
    try:
        written = read_toml(file)
    except UserError as error:
        return OwnKeys({}, (str(error),))
    return read_table(written.get(KEYS_TABLE, {}), f"[{KEYS_TABLE}] in {paths.shown(file)}")


def read_table(table: Any, source: str) -> OwnKeys:
    """Read the table; ``source`` names it in the sentences."""
    if not isinstance(table, Mapping):
        return OwnKeys({}, (f'{source} must be a table of rows such as "generate.guidance" = "ctrl+g".',))
    keys: dict[str, tuple[str, ...]] = {}
    problems = []
    for identity, value in _rows(table):
        try:
            keys[identity] = _read(value)
        except UserError as error:
            problems.append(f"{identity} of {source}: {error}")
    return OwnKeys(keys, tuple(problems))


def write_keys(identity: str, keys: tuple[str, ...]) -> None:
    """Give a binding these keys; raises UserError when the file is damaged or cannot be written."""
    import tomlkit
    from tomlkit.items import KeyType, SingleKey

    document = read_document(settings_file())
    if not isinstance(document.get(KEYS_TABLE), MutableMapping):
        document[KEYS_TABLE] = tomlkit.table()
    table: Any = document[KEYS_TABLE]
    place, _, action = identity.partition(".")
    inner = table.get(place)
    if isinstance(inner, MutableMapping) and action in inner:
        inner[action] = written_keys(keys)
    elif identity in table:
        table[identity] = written_keys(keys)
    else:
        table[SingleKey(identity, KeyType.Basic)] = written_keys(keys)
    write_document(settings_file(), document, _consequence(identity))


def forget_keys(identity: str) -> bool:
    """Give a binding its shipped keys again; return whether it had others. Raises UserError as ``write_keys``."""
    document = read_document(settings_file())
    was_there = _take_out(document, identity)
    if was_there:
        write_document(settings_file(), document, _consequence(identity))
    return was_there


def _read(value: Any) -> tuple[str, ...]:
    if isinstance(value, list) and all(isinstance(text, str) for text in value):
        return tuple(dict.fromkeys(key for text in value for key in read_keys(text)))
    if not isinstance(value, str):
        raise UserError(f'it must be a key in quotes such as "ctrl+g", or "" for none, not {value!r}.')
    return read_keys(value)


def _rows(table: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """The rows by their ids; an id that is written without quotes is a table of tables."""
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _rows(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value


def _take_out(document: TOMLDocument, identity: str) -> bool:
    """Take a row out, in quotes or not; return whether it was there."""
    table: Any = document.get(KEYS_TABLE)
    place, _, action = identity.partition(".")
    was_there = False
    if isinstance(table, MutableMapping) and identity in table:
        del table[identity]
        was_there = True
    inner: Any = table.get(place) if isinstance(table, MutableMapping) else None
    if isinstance(inner, MutableMapping) and action in inner:
        del inner[action]
        was_there = True
    return was_there


def _consequence(identity: str) -> str:
    return f"The key of {identity} is not written to {paths.shown(settings_file())}"
