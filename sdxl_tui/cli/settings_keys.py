"""``sdxl-tui settings keys``: every key of the lab by its id, and other ones for them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from sdxl_tui.core import paths
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.key_names import read_keys
from sdxl_tui.core.names import find_one
from sdxl_tui.core.own_keys import forget_keys, own_keys, write_keys
from sdxl_tui.core.settings import KEYS_TABLE, settings_file
from sdxl_tui.core.text import one_line

PREFIX = f"{KEYS_TABLE}."
EXAMPLE = "sdxl-tui settings set keys.generate.steps ctrl+g"


def is_key(name: str | None) -> bool:
    """Whether a name of the command line is that of a key and not of a setting."""
    return name is not None and name.startswith(PREFIX)


def list_keys(*, as_json: bool) -> None:
    """Print every key: its id, the keys in force, what it does, and the shipped one where the user has another."""
    from sdxl_tui.tui.key_conflicts import with_own
    from sdxl_tui.tui.key_table import key_table
    from sdxl_tui.tui.keys_in_force import shown_keys

    own = own_keys()
    now = with_own(own)
    _complain(now.sentences)
    if as_json:
        rows = [
            {
                "id": row.id,
                "keys": list(now.changed.get(row.id, row.keys)),
                "default": list(row.keys),
                "own": row.id in own.keys,
                "label": row.label,
                "meaning": row.tooltip,
            }
            for row in key_table().values()
        ]
        print(json.dumps(rows, indent=2))
        return
    console = Console(highlight=False)
    place = ""
    for row in key_table().values():
        if row.place != place:
            if place:
                console.print()
            place = row.place
            console.print(Text(place, "bold"))
        keys = shown_keys(now.changed.get(row.id, row.keys))
        changed = f"  (yours; shipped: {row.shown})" if row.id in own.keys else ""
        if not changed and row.id in now.changed:
            changed = f"  (shipped: {row.shown})"
        gap = " " * max(1, 14 - cell_len(keys))
        console.print(
            Text.assemble(f"  {row.id:<28} ", (keys, "bold"), gap, row.tooltip, (changed, "bold")), soft_wrap=True
        )
    print(f"\nAnother key: {EXAMPLE}; none: an empty one (''); the shipped one: sdxl-tui settings reset keys.…")


def get_key(name: str) -> None:
    """Print the keys of one binding as they can be written."""
    from sdxl_tui.tui.key_conflicts import with_own
    from sdxl_tui.tui.key_table import key_table
    from sdxl_tui.tui.keys_in_force import without_alt

    identity = _named(name)
    now = with_own(own_keys())
    _complain(now.sentences)
    print(", ".join(without_alt(now.changed.get(identity, key_table()[identity].keys))))


def set_key(name: str, value: str | None) -> None:
    """Write other keys for one binding, and say what they are taken from; raise UserError when they cannot be used."""
    from sdxl_tui.tui.key_conflicts import check_keys, with_own
    from sdxl_tui.tui.keys_in_force import shown_keys

    identity = _named(name)
    if value is None:
        raise UserError(f"Which key? It is written as in `{EXAMPLE}`, several with commas, '' for none.")
    keys = read_keys(value)
    check_keys(identity, keys)
    write_keys(identity, keys)
    print(f"{identity} = {shown_keys(keys)}, written to {paths.shown(settings_file())}")
    _complain(sentence for sentence in with_own(own_keys()).sentences if identity in sentence)


def reset_key(name: str) -> None:
    """Let the shipped key of one binding count again."""
    from sdxl_tui.tui.key_table import key_table

    known = key_table()
    identity = name.removeprefix(PREFIX)
    if identity not in own_keys().keys:
        identity = _named(name)
    was_there = forget_keys(identity)
    what = "taken out of" if was_there else "is not in"
    shown = f" = {known[identity].shown}" if identity in known else ""
    print(f"{identity}{shown}, {what} {paths.shown(settings_file())}")


def complain_of_keys() -> None:
    """Say what is wrong with the user's own keys, where there are any."""
    own = own_keys()
    if own.keys or own.problems:
        from sdxl_tui.tui.key_conflicts import with_own

        _complain(with_own(own).sentences)


def _named(name: str) -> str:
    from sdxl_tui.tui.key_table import key_table

    return find_one(name.removeprefix(PREFIX), {identity: identity for identity in key_table()}, "key")


def _complain(sentences: Iterable[str]) -> None:
    for sentence in sentences:
        print(f"sdxl-tui: {one_line(sentence)}", file=sys.stderr)
