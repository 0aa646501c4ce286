"""Keys as users and the lab write them, and which cannot be used."""

from __future__ import annotations

import pytest
from textual.keys import _character_to_key

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.key_names import SIGNS, read_key, read_keys, shown_key, with_alt


@pytest.mark.parametrize(
    ("typed", "key", "shown"),
    [
        ("g", "g", "g"),
        ("shift+g", "G", "G"),
        ("Ctrl+G", "ctrl+g", "^g"),
        ("^g", "ctrl+g", "^g"),
        ("control+g", "ctrl+g", "^g"),
        ("alt+G", "alt+G", "alt+G"),
        ("F9", "f9", "F9"),
        ("shift+F1", "shift+f1", "shift+F1"),
        ("esc", "escape", "esc"),
        ("/", "slash", "/"),
        ("+", "plus", "+"),
        ("alt++", "alt+plus", "alt++"),
        ("pgup", "pageup", "pgup"),
        ("→", "right", "→"),
        ("shift+left", "shift+left", "shift+←"),
        ("ctrl+space", "ctrl+@", "^@"),
        ("ü", "ü", "ü"),
    ],
)
def test_a_key_is_read_as_users_write_it_and_shown_as_the_lab_does(typed: str, key: str, shown: str) -> None:
    assert read_key(typed) == key
    assert shown_key(key) == shown
    assert read_key(shown) == key


@pytest.mark.parametrize(
    ("typed", "instead"), [("ctrl+i", "tab"), ("^m", "enter"), ("ctrl+h", "backspace"), ("shift+f3", "a report")]
)
def test_a_key_that_terminals_send_as_another_is_refused(typed: str, instead: str) -> None:
    with pytest.raises(UserError, match=f"terminals send it as {instead}"):
        read_key(typed)


@pytest.mark.parametrize(
    "typed", ["ctrl+j", "ctrl+[", "ctrl+1", "ctrl+shift+g", "super+g", "alt+left", "alt+O", "alt+["]
)
def test_a_key_that_no_terminal_sends_as_one_is_refused(typed: str) -> None:
    with pytest.raises(UserError, match="cannot be used"):
        read_key(typed)


@pytest.mark.parametrize("typed", ["bogus", "ctrl+", "alt", "g+g", "", "[/] [red]x[/red]", "ctrl+g ctrl+h"])
def test_what_is_no_key_is_one_sentence(typed: str) -> None:
    with pytest.raises(UserError, match="is no key; they are written as") as caught:
        read_key(typed)
    assert "\n" not in str(caught.value)


def test_several_keys_have_commas_between_them_and_none_is_empty() -> None:
    assert read_keys("ctrl+g, f9,ctrl+g") == ("ctrl+g", "f9")
    assert read_keys(",") == ("comma",)
    assert read_keys(" ") == ()


def test_letters_work_with_alt_too_but_those_that_move_by_words() -> None:
    assert with_alt("g") == ("g", "alt+g")
    assert with_alt("slash") == ("slash", "alt+slash")
    assert with_alt("b") == ("b",)
    assert with_alt("ctrl+g") == ("ctrl+g",)
    assert with_alt("O") == ("O",)


def test_signs_are_called_as_the_screen_calls_them() -> None:
    assert {sign: _character_to_key(sign) for sign in SIGNS} == SIGNS
