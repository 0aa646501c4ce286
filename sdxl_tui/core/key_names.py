"""How keys are written by a user and by the lab, and which of them a terminal can send."""

from __future__ import annotations

import re
import string

from sdxl_tui.core.errors import UserError

SHOWN_NAMES = {
    "left": "←",
    "right": "→",
    "up": "↑",
    "down": "↓",
    "pageup": "pgup",
    "pagedown": "pgdn",
    "escape": "esc",
    "delete": "del",
}
"""The keys that the lab writes shorter than they are called."""

SIGNS = {
    "!": "exclamation_mark",
    '"': "quotation_mark",
    "#": "number_sign",
    "$": "dollar_sign",
    "%": "percent_sign",
    "&": "ampersand",
    "'": "apostrophe",
    "(": "left_parenthesis",
    ")": "right_parenthesis",
    "*": "asterisk",
    "+": "plus",
    ",": "comma",
    "-": "minus",
    ".": "full_stop",
    "/": "slash",
    ":": "colon",
    ";": "semicolon",
    "<": "less_than_sign",
    "=": "equals_sign",
    ">": "greater_than_sign",
    "?": "question_mark",
    "@": "at",
    "[": "left_square_bracket",
    "\\": "backslash",
    "]": "right_square_bracket",
    "^": "circumflex_accent",
    "_": "underscore",
    "`": "grave_accent",
    "{": "left_curly_bracket",
    "|": "vertical_line",
    "}": "right_curly_bracket",
    "~": "tilde",
}
"""What each sign of the keyboard is called in a binding."""

TRAVEL = ("left", "right", "up", "down", "home", "end", "pageup", "pagedown")
NAMED = (*TRAVEL, "enter", "escape", "tab", "space", "backspace", "delete", "insert", "shift+tab")
FUNCTION_KEYS = tuple(f"f{number}" for number in range(1, 13))
WITH_MODIFIER = frozenset({*TRAVEL, "delete", *FUNCTION_KEYS} - {"f3"})
"""What goes with ctrl, shift or both; with F3 it would read as a report of where the cursor is."""
SPELLINGS = {
    **{shown: name for name, shown in SHOWN_NAMES.items()},
    **SIGNS,
    "return": "enter",
    "del": "delete",
    "ins": "insert",
    "page_up": "pageup",
    "page_down": "pagedown",
    "pgdown": "pagedown",
    "period": "full_stop",
    "dot": "full_stop",
    "equals": "equals_sign",
    "equal": "equals_sign",
    "at_sign": "at",
}
"""Other ways to write a key."""

BY_SIGN = {name: sign for sign, name in SIGNS.items()}
PLAIN = frozenset({*string.ascii_letters, *string.digits, *BY_SIGN, *NAMED, *FUNCTION_KEYS})
WITH_CTRL = frozenset(
    {
        *(set(string.ascii_lowercase) - set("himj")),
        *("backslash", "right_square_bracket", "circumflex_accent", "underscore", "@"),
        *WITH_MODIFIER,
    }
)
WITH_SHIFT = frozenset({*WITH_MODIFIER, "tab"})
WITH_ALT = frozenset({*string.ascii_letters, *string.digits, *BY_SIGN}) - {
    *("O", "P", "left_square_bracket", "right_square_bracket", "underscore", "circumflex_accent", "backslash")
}

ARRIVES_AS = {
    "shift+f3": "a report of where the cursor is",
    "ctrl+f3": "a report of where the cursor is",
    "ctrl+i": "tab",
    "ctrl+m": "enter",
    "ctrl+h": "backspace",
    "ctrl+j": "enter",
    "ctrl+left_square_bracket": "esc",
    "ctrl+enter": "enter",
    "shift+enter": "enter",
    "shift+space": "space",
    "shift+backspace": "backspace",
    "ctrl+backspace": "backspace",
    "ctrl+tab": "tab",
    "ctrl+escape": "esc",
    "shift+escape": "esc",
}
"""Keys that terminals send as another one."""

REMARKS = {
    "ctrl+b": "tmux takes ctrl+b for itself, unless its prefix is another",
    "ctrl+a": "screen takes ctrl+a for itself, and in text it goes to the beginning",
    "ctrl+s": "some links hold the screen at ctrl+s",
    **{f"ctrl+{key}": f"in text ctrl+{key} goes on editing" for key in "cdekuvwxyz"},
    **{key: f"alt+{key} moves by words in text, so {key} works outside of text only" for key in "bf"},
    **{f"alt+{key}": f"alt+{key} moves by words in text" for key in "bf"},
}
"""Keys that can be used, and what to know of them."""


def read_key(text: str) -> str:
    """Return the one key that a user means, as a binding names it; raise UserError when it cannot be used."""
    *modifiers, key = _parts(text)
    if "shift" in modifiers and len(key) == 1 and key.isalpha():
        modifiers.remove("shift")
        key = key.upper() if not modifiers else f"shift+{key}"
    if modifiers == ["ctrl"] and key in ("space", "at"):
        key = "@"
    if modifiers == ["ctrl"] and len(key) == 1:
        key = key.lower()
    name = "+".join([*sorted(set(modifiers)), key])
    if name in ARRIVES_AS:
        raise UserError(f"{_as_typed(text)} cannot be used: terminals send it as {ARRIVES_AS[name]}.")
    if not _can_be_sent(modifiers, key):
        if _is_known(modifiers, key):
            raise UserError(f"{_as_typed(text)} cannot be used: a terminal does not send it, or not as one key.")
        raise UserError(
            f"'{_as_typed(text)}' is no key; they are written as g, G, ctrl+g, alt+g, f9, shift+left, slash."
        )
    return name


def read_keys(text: str) -> tuple[str, ...]:
    """Return the keys of a text with commas between them; empty: none. Raises UserError as ``read_key`` does."""
    text = text.strip()
    if text == ",":
        return ("comma",)
    return tuple(dict.fromkeys(read_key(part) for part in text.split(","))) if text else ()


def shown_key(key: str) -> str:
    """A key as the lab writes it: ``esc``, ``^p``, ``←``."""
    if key.startswith("ctrl+") and key.count("+") == 1:
        name = key.removeprefix("ctrl+")
        return f"^{BY_SIGN.get(name, name)}" if len(BY_SIGN.get(name, name)) == 1 else f"ctrl+{shown_key(name)}"
    if (modified := re.fullmatch(r"((?:(?:ctrl|shift|alt)\+)+)(.+)", key)) is not None:
        return modified[1] + shown_key(modified[2])
    if key in FUNCTION_KEYS:
        return key.upper()
    return SHOWN_NAMES.get(key, BY_SIGN.get(key, key))


def written_keys(keys: tuple[str, ...]) -> str:
    """Keys as they are written in settings.toml."""
    return ", ".join(keys)


def with_alt(key: str) -> tuple[str, ...]:
    """The key, and what does the same in text: a letter or sign works with alt there, but for ``b`` and ``f``."""
    return (key, f"alt+{key}") if key in WITH_ALT and key not in ("b", "f") else (key,)


def is_typed(key: str) -> bool:
    """Whether a key writes into a text."""
    return key == "space" or key in BY_SIGN or len(key) == 1


def _parts(text: str) -> list[str]:
    """Modifiers and key, each by its name."""
    wanted = text.strip()
    if len(wanted) == 2 and wanted[0] == "^":
        wanted = f"ctrl+{wanted[1]}"
    if wanted.endswith("+"):
        wanted = f"{wanted[:-1]}plus"
    *modifiers, key = wanted.split("+")
    names = {"control": "ctrl", "option": "alt"}
    modifiers = [names.get(word.strip().lower(), word.strip().lower()) for word in modifiers]
    key = key.strip()
    if len(key) > 1:
        key = key.lower()
    return [*modifiers, SPELLINGS.get(key, key)]


def _can_be_sent(modifiers: list[str], key: str) -> bool:
    match sorted(set(modifiers)):
        case []:
            return key in PLAIN or (len(key) == 1 and key.isalpha())
        case ["ctrl"]:
            return key in WITH_CTRL
        case ["shift"]:
            return key in WITH_SHIFT
        case ["alt"]:
            return key in WITH_ALT
        case ["ctrl", "shift"]:
            return key in WITH_MODIFIER
        case _:
            return False


def _is_known(modifiers: list[str], key: str) -> bool:
    key = key.removeprefix("shift+")
    return set(modifiers) <= {"ctrl", "shift", "alt", "super", "cmd", "meta", "hyper"} and key in {*PLAIN, "@"}


def _as_typed(text: str) -> str:
    return text.strip()
