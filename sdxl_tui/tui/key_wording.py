"""How keys are put into words on the Settings screen: rows of the list, and all that is known of one."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sdxl_tui.core import paths
from sdxl_tui.core.settings import KEYS_TABLE, settings_file
from sdxl_tui.tui.key_table import KeyRow, key_table
from sdxl_tui.tui.keys_in_force import KeysInForce, shown_keys
from sdxl_tui.tui.setting_wording import ROOMY
from sdxl_tui.tui.widgets.lab_list import Ends, ListItem
from sdxl_tui.tui.widgets.words import PRESSED, Part

PREFIX = f"{KEYS_TABLE}."
"""What the name of a row of a key begins with."""
NAME_CELLS = 30
"""Cells of the column of ids in a roomy list."""
PLACES = {
    "app": "everywhere",
    "tab": "the tabs",
    "lab": "all screens with tabs",
    "picture": "the picture",
    "page": "help and notices",
    "vram": "the memory warning",
    "list": "lists",
    "rows": "the queue's rows",
    "browser": "thumbs",
    "sheet": "the sheet of frames",
    "choice": "a field with choices",
    "number": "a field with a number",
    "lora": "the LoRA field",
    "path": "a field with a path",
    "find": "a line to find with",
    "search": "the gallery's search",
    "more": "how many more",
    "import": "styles to import",
    "prompt": "a prompt",
    "picker": "a list that opens",
    "mask": "the mask",
}
"""What is meant by the first part of an id, where that is not the name of a screen."""


def place_words(row: KeyRow) -> str:
    """Where a key works."""
    return PLACES.get(row.place, row.place)


def key_items(own: Collection[str], keys: KeysInForce, width: int) -> list[ListItem]:
    """Each binding with its keys in force, by the places where they work."""
    items: list[ListItem] = []
    place = ""
    for row in key_table().values():
        if row.place != place:
            place = row.place
            items += [_heading("")] if width >= ROOMY else []
            items.append(_heading(f"keys: {place_words(row)}"))
        items.append(_item(row, row.id in own, keys, width))
    return items


def _heading(text: str) -> ListItem:
    return ListItem("", (([(text, "label")], ()),))


def _item(row: KeyRow, is_own: bool, keys: KeysInForce, width: int) -> ListItem:
    now = shown_keys(keys.changed.get(row.id, row.keys))
    source: Part = ("yours" if is_own else "taken" if row.id in keys.changed else "", "busy" if is_own else "error")
    room = max(8, width - len(now) - len(source[0]) - 5)
    name = row.id if len(row.id) <= room else f"{row.id[: room - 1]}…"
    words = f"keys {row.id} {row.label} {row.tooltip} {place_words(row)} {now} {source[0]}"
    column = NAME_CELLS if width >= ROOMY else 0
    left: list[Part] = [(f"{name:<{column}}  ", "value"), (now, "strong" if is_own else "soft")]
    return ListItem(f"{PREFIX}{row.id}", ((left, [source]),), words)


def key_rows(row: KeyRow, is_own: bool, keys: KeysInForce) -> list[Ends]:
    """All that is known of a key."""
    now = keys.changed.get(row.id, row.keys)
    came = "yours" if is_own else "as shipped" if row.id not in keys.changed else "taken by one of yours"
    rows: list[Ends] = [([(row.id, "strong")], [(place_words(row), "muted")])]
    rows += [([(f"{row.tooltip}.", "value")], ()), ([], ())]
    rows.append(_row("now", (shown_keys(now), PRESSED), (f"  {came}", "muted")))
    rows.append(_row("shipped", (row.shown, "soft")))
    rows.append(_row("in text", (_in_text(row, now), "soft")))
    rows.append(_row("counts", ("at once", "soft")))
    rows += [([("▲ ", "busy"), (sentence, "value")], ()) for sentence in keys.sentences if row.id in sentence]
    return rows


def _in_text(row: KeyRow, keys: Sequence[str]) -> str:
    """With which keys it works while one types."""
    if row.comes_first:
        return "as everywhere"
    return shown_keys(tuple(key for key in keys if "+" in key or (key[:1] == "f" and key[1:].isdigit()))).replace(
        "–", "not"
    )


def _row(label: str, *parts: Part) -> Ends:
    return ([(f"{label:<11}", "label"), *parts], ())


def written_key_sentence(row: KeyRow, keys: KeysInForce) -> str:
    """What came of another key."""
    now = shown_keys(keys.changed.get(row.id, row.keys))
    return f"{row.id} = {now} is in {paths.shown(settings_file())}; it counts at once."


def shipped_key_sentence(row: KeyRow, was_there: bool) -> str:
    """What came of giving a binding its shipped key."""
    return f"{row.id} has its shipped key{' again' if was_there else ''}, {row.shown}."
