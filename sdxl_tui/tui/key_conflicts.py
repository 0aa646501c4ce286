"""The user's own keys laid over the shipped ones: which can be, and what each takes its key from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.key_names import REMARKS, is_typed, shown_key, with_alt
from sdxl_tui.core.own_keys import OwnKeys
from sdxl_tui.tui.key_table import KeyRow, find_row, key_table
from sdxl_tui.tui.keys_in_force import KeysInForce, without_alt

NEVER_WITHOUT = "app.quit"
"""The binding that has a key whatever happens."""


def with_own(own: OwnKeys) -> KeysInForce:
    """Lay the user's keys over the shipped ones; what cannot be is named, and the shipped key counts."""
    sentences = list(own.problems)
    wanted: dict[str, tuple[str, ...]] = {}
    for identity, keys in own.keys.items():
        try:
            check_keys(identity, keys)
        except UserError as error:
            sentences.append(str(error))
            continue
        wanted[identity] = tuple(dict.fromkeys(twin for key in keys for twin in with_alt(key)))
        sentences += remarks(identity, keys)
    sentences += _given_twice(wanted)
    changed, conflicts = _taken(wanted)
    return KeysInForce(changed, [*sentences, *conflicts])


def check_keys(identity: str, keys: Iterable[str]) -> KeyRow:
    """Return the binding; raise UserError when there is none of this id, or when it cannot have these keys."""
    row = find_row(identity)
    if identity == NEVER_WITHOUT and not tuple(keys):
        raise UserError(f"{identity} needs a key.")
    if row.comes_first and (typed := next(filter(is_typed, keys), None)):
        raise UserError(f"{identity} works in text too, so it cannot have {shown_key(typed)}, which is typed there.")
    return row


def remarks(identity: str, keys: Iterable[str]) -> list[str]:
    """What to know of keys that can be used, but that something else may take."""
    return [f"{identity} can have {key}, but {REMARKS[key]}." for key in keys if key in REMARKS]


def takers(identity: str, key: str, keys: KeysInForce) -> list[str]:
    """The ids of the other bindings in force together with this one that have a key now."""
    row = find_row(identity)
    wanted = set(with_alt(key))
    return [
        other.id
        for other in key_table().values()
        if other.id != identity and other.scopes & row.scopes and wanted & set(keys.changed.get(other.id, other.keys))
    ]


def listed(ids: Iterable[str]) -> str:
    """Ids as they stand in a sentence."""
    *most, last = ids
    return f"{', '.join(most)} and {last}" if most else last


def _given_twice(wanted: dict[str, tuple[str, ...]]) -> list[str]:
    """Let the first of two own bindings have a key that both were given where both are in force; say so."""
    table = key_table()
    sentences = []
    for place, (identity, keys) in enumerate(list(wanted.items())):
        for other, theirs in list(wanted.items())[:place]:
            twice = set(wanted[identity]) & set(theirs)
            if twice and table[identity].scopes & table[other].scopes:
                named = listed(shown_key(key) for key in without_alt(tuple(key for key in keys if key in twice)))
                sentences.append(
                    f"{named} is given to {other} and to {identity}, which are in force together: {other} has it."
                )
                wanted[identity] = tuple(key for key in wanted[identity] if key not in twice)
    return sentences


def _taken(wanted: Mapping[str, tuple[str, ...]]) -> tuple[dict[str, tuple[str, ...]], list[str]]:
    """Take the keys from the shipped bindings that have them; return all that changes, and what is to be said of it."""
    table = key_table()
    changed = dict(wanted)
    sentences = []
    for identity, keys in wanted.items():
        row = table[identity]
        losers: dict[str, list[str]] = {}
        for other in table.values():
            taken = set(keys) & set(other.keys)
            if not taken or other.id in wanted or not other.scopes & row.scopes:
                continue
            named = listed(shown_key(key) for key in without_alt(tuple(key for key in keys if key in taken)))
            losers.setdefault(named, []).append(other.id)
            if other.scopes <= row.scopes:
                left = changed.get(other.id, other.keys)
                changed[other.id] = tuple(key for key in left if key not in taken)
        for named, ids in losers.items():
            lose = "loses" if len(ids) == 1 else "lose"
            sentences.append(f"{named} is your key of {identity}: {listed(ids)} {lose} it there.")
    return changed, sentences
