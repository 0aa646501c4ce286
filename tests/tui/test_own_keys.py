"""Keys of one's own: they work everywhere, are shown everywhere, and a conflict is named."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.binding import Binding

import sdxl_tui.tui
from sdxl_tui.core.key_names import shown_key
from sdxl_tui.core.own_keys import own_keys
from sdxl_tui.tui.key_table import all_classes, key_table, own_classes
from sdxl_tui.tui.keys_in_force import CODE
from tests.tui.test_settings import visit
from tests.tui.test_style_editing import hears
from tests.tui.test_styles import details
from tests.tui.test_vram_warning import arithmetic, warned

OpenLab = Callable[..., Any]
Write = Callable[..., Path]
IDS = Path(__file__).parent / "key_ids.txt"
"""The ids that settings files depend on. One is renamed only for a reason, and then here too."""


@pytest.fixture
def keys(own_home: Path) -> Write:
    """Write the user's own keys."""

    def write(**own: str) -> Path:
        own_home.mkdir(parents=True, exist_ok=True)
        rows = [f'"{name.replace("__", ".")}" = "{key}"' for name, key in own.items()]
        (own_home / "settings.toml").write_text("\n".join(["[keys]", *rows, ""]))
        return own_home / "settings.toml"

    return write


# The ids


def test_every_binding_has_an_id_a_label_and_a_tooltip() -> None:
    for owner in own_classes():
        for binding in owner.__dict__["BINDINGS"]:
            assert isinstance(binding, Binding)
            assert binding.id, f"{owner.__name__}: {binding.key}"
            assert binding.description, binding.id
            assert binding.tooltip, binding.id


def test_an_id_is_one_thing_and_names_no_key() -> None:
    said: dict[str, tuple[str, str, str]] = {}
    for owner in own_classes():
        for binding in owner.__dict__["BINDINGS"]:
            told = (binding.key, binding.action, binding.tooltip)
            assert said.setdefault(binding.id, told) == told, binding.id
            assert re.fullmatch(r"[a-z]+\.[a-z][a-z_0-9]+", binding.id), binding.id


def test_no_id_that_settings_may_name_is_lost() -> None:
    assert set(IDS.read_text().split()) == set(key_table()), "a new id belongs into key_ids.txt"


def test_the_shipped_keys_do_not_take_each_other() -> None:
    for row in key_table().values():
        for other in key_table().values():
            if other.id != row.id and other.scopes & row.scopes:
                assert not set(row.keys) & set(other.keys), f"{row.id} and {other.id}"


def named_keys() -> Iterator[tuple[str, str]]:
    """The keys that sentences of the lab name: id, and the shipped key."""
    for file in Path(sdxl_tui.tui.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and file.name != "keys_in_force.py":
                yield from ((found[1], found[2]) for found in CODE.finditer(node.value))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "key":
                texts = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
                if len(texts) == len(node.args) == 2:
                    yield texts[0], texts[1]


def test_sentences_name_the_shipped_keys() -> None:
    named = set(named_keys())
    assert len(named) > 30
    for identity, shipped in named:
        shown = {shown_key(key).replace("^", "ctrl+", 1) for key in key_table()[identity].keys}
        assert shipped in shown, identity


NO_KEYS = {"type", "digits"}
"""Hints that name what is typed."""
OF_TEXTUAL = {"tab", "→", "↑", "↑↓", "space", "-+", "esc", "enter"}
"""Hints of what a text field or a list does without a binding of ours."""


def test_hints_name_shipped_keys() -> None:
    shown = {shown_key(key) for row in key_table().values() for key in row.keys}
    for owner in all_classes():
        hints = owner.__dict__.get("KEYS", ())
        for key, label in hints if isinstance(hints, tuple) else ():
            known = key in shown or key in NO_KEYS | OF_TEXTUAL or all(sign in shown for sign in key.replace(" ", ""))
            assert known, f"{owner.__name__}: {key} {label}"


# They work


async def test_of_the_app_of_a_screen_and_of_the_tabs(open_lab: OpenLab, keys: Write) -> None:
    keys(app__help="f9", generate__guidance="ctrl+g", tab__queue="f7")
    async with open_lab() as lab:
        await lab.press("f9")
        await lab.sees("goes back")
        await lab.press("f1")
        await lab.until(lambda: lab.app.screen is lab.home)
        await lab.press("f1")
        assert lab.app.screen is lab.home
        await lab.press("ctrl+g")
        assert lab.app.focused.id == "guidance"
        await lab.press("escape", "g")
        assert lab.app.focused.id != "guidance"
        await lab.press("f7")
        await lab.until(lambda: lab.app.screen.TAB == "queue")


async def test_of_a_widget(open_lab: OpenLab, keys: Write) -> None:
    keys(number__more="w,f9")
    async with open_lab() as lab:
        await lab.press("alt+e", "f9", "w")
        await lab.until(lambda: lab.draft.text("steps") == "14")
        await lab.press("right")
        assert lab.draft.text("steps") == "14"


async def test_a_letter_works_with_alt_too_and_is_never_taken_from_a_text(open_lab: OpenLab, keys: Write) -> None:
    keys(generate__guidance="W", generate__seed="b")
    async with open_lab() as lab:
        await lab.type("Wb")
        assert lab.draft.prompt == "Wb"
        await lab.press("alt+W")
        assert lab.app.focused.id == "guidance"
        await lab.press("escape", "W")
        assert lab.app.focused.id == "guidance"
        await lab.press("escape", "b")
        assert lab.app.focused.id == "seed"


async def test_of_a_modal(open_lab: OpenLab, keys: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    from sdxl_tui.core import vram

    monkeypatch.setattr(vram, "outlook", arithmetic)
    keys(vram__back="f9", page__put_away="f8", vram__run_anyway="R")
    async with open_lab(prompt="a red fox") as lab:
        await warned(lab)
        await lab.sees("R run anyway")
        await lab.press("f9")
        await lab.until(lambda: lab.app.screen is lab.home)
        await lab.press("f1", "escape")
        assert lab.app.screen is not lab.home
        await lab.press("f8")
        assert lab.app.screen is lab.home


async def test_none_is_none_and_the_palette_still_does_it(open_lab: OpenLab, keys: Write) -> None:
    keys(generate__steps="", app__images="")
    async with open_lab() as lab:
        await lab.press("alt+e")
        assert lab.app.focused.id == "prompt-area"
        await lab.press("ctrl+p")
        await lab.type("steps")
        await lab.sees("–  Set the number of steps")


async def test_two_keys_change_places(open_lab: OpenLab, keys: Write) -> None:
    keys(generate__steps="g", generate__guidance="e")
    async with open_lab() as lab:
        assert not [note for note in lab.notes if "g is" in note or "e is" in note]
        await lab.press("alt+g")
        assert lab.app.focused.id == "steps"
        await lab.press("alt+e")
        assert lab.app.focused.id == "guidance"


# They are shown


async def test_in_footer_header_label_help_and_palette(open_lab: OpenLab, keys: Write) -> None:
    keys(generate__guidance="ctrl+g", tab__gallery="f9", generate__prompt="P", app__help="?", generate__find="ctrl+f")
    async with open_lab() as lab:
        await lab.sees("? help")
        await lab.sees("F9 gal")
        if lab.app.size.width >= 100:
            await lab.sees("guidance ^g")
            await lab.sees("^f find prompt")
        await lab.press("tab")
        await lab.sees("P prompt")
        await lab.press("question_mark")
        await lab.until(lambda: lab.app.screen is not lab.home)
        rows = [" ".join(text for text, _ in row) for row in lab.app.screen.query("Page").first()._rows]
        assert any(row.startswith("^g") and "Set the guidance" in row for row in rows)
        assert any("Any of these can have another key" in row for row in rows)
        await lab.press("escape", "ctrl+p")
        await lab.type("guidance")
        await lab.sees("^g  Set the guidance")


async def test_in_sentences(open_lab: OpenLab, keys: Write) -> None:
    keys(tab__queue="f9", queue__pause="ctrl+g", app__images="")
    async with open_lab() as lab:
        lab.engine.pause()
        await lab.until(lambda: any("F9, then ctrl+g runs it" in note for note in lab.notes))


async def test_a_tab_is_where_it_is_shown(open_lab: OpenLab, keys: Write) -> None:
    keys(tab__generate="ctrl+g", tab__gallery="")
    async with open_lab() as lab:
        row = lab.shown.splitlines()[0]
        await lab.pilot.click(offset=(row.index("que"), 0))
        await lab.until(lambda: lab.app.screen.TAB == "queue")


# Conflicts


async def test_what_a_key_is_taken_from_is_said_at_the_start_and_the_own_one_wins(
    open_lab: OpenLab, keys: Write
) -> None:
    keys(generate__steps="g", app__theme="w", generate__seed="f9", generate__batch="f9")
    async with open_lab() as lab:
        notes = " ".join(lab.notes)
        assert "g is your key of generate.steps: generate.guidance loses it there." in notes
        assert "w is your key of app.theme: lab.notices" in notes
        assert "F9 is given to generate.seed and to generate.batch" in notes
        await lab.press("alt+g")
        assert lab.app.focused.id == "steps"
        await lab.press("f9")
        assert lab.app.focused.id == "seed"
        await lab.press("escape", "w")
        await lab.until(lambda: lab.app.theme == "lightbox")


async def test_what_cannot_be_is_said_and_the_shipped_key_counts(open_lab: OpenLab, keys: Write) -> None:
    keys(generate__setps="x", generate__steps="ctrl+i", generate__batch="ctrl+b", app__quit="q")
    async with open_lab() as lab:
        notes = " ".join(lab.notes)
        assert "There is no key 'generate.setps'; did you mean generate.steps" in notes
        assert "ctrl+i cannot be used: terminals send it as tab." in notes
        assert "tmux takes ctrl+b for itself" in notes
        assert "app.quit works in text too" in notes
        await lab.press("alt+e")
        assert lab.app.focused.id == "steps"


# The Settings screen


async def visit_key(lab: Any, identity: str) -> None:
    """Open the Settings screen on a key."""
    await lab.press("alt+7")
    await lab.until(lambda: lab.app.screen.TAB == "settings" and f"keys.{identity}" in lab.app.screen.list.shown)
    lab.app.screen.list.select(f"keys.{identity}")
    await lab.until(lambda: details(lab).startswith(identity))


async def test_a_key_is_taken_by_a_press_and_counts_at_once(open_lab: OpenLab, own_home: Path) -> None:
    async with open_lab() as lab:
        await visit_key(lab, "generate.steps")
        assert "now e as shipped" in details(lab)
        assert "in text alt+e" in details(lab)
        await lab.press("enter")
        await lab.sees("Press the key for generate.steps")
        await lab.press("ctrl+g")
        await hears(lab, "● generate.steps = ^g is in")
        assert "now ^g yours" in details(lab)
        assert own_keys().keys == {"generate.steps": ("ctrl+g",)}
        await lab.press("1", "ctrl+g")
        assert lab.app.focused.id == "steps"
        await lab.press("escape", "e")
        assert lab.app.focused.id != "steps"


async def test_a_conflict_is_named_before_the_key_is_taken(open_lab: OpenLab, own_home: Path) -> None:
    async with open_lab() as lab:
        await visit_key(lab, "generate.steps")
        await lab.press("enter", "g")
        await lab.sees("g is the key of")
        await lab.sees("generate.guidance")
        assert not own_keys().keys
        await lab.press("ctrl+i")
        await lab.press("escape")
        assert not own_keys().keys
        await lab.press("enter", "g", "g")
        await hears(lab, "▲ g is your key of generate.steps: generate.guidance loses it there.")
        assert own_keys().keys == {"generate.steps": ("g",)}
        assert "generate.guidance loses it" in " ".join(lab.notes)
        await visit_key(lab, "generate.guidance")
        assert "now – taken by one of yours" in details(lab)


async def test_del_brings_the_shipped_key_back(open_lab: OpenLab, keys: Write) -> None:
    file = keys(generate__steps="g")
    async with open_lab() as lab:
        await visit_key(lab, "generate.steps")
        await lab.press("delete")
        await hears(lab, "● generate.steps has its shipped key again, e.")
        assert "generate.steps" not in file.read_text()
        assert not [note for note in lab.notes if "generate.steps" in note]
        await lab.press("1", "alt+g")
        assert lab.app.focused.id == "guidance"


async def test_keys_are_typed_too(open_lab: OpenLab, own_home: Path) -> None:
    async with open_lab() as lab:
        await visit_key(lab, "generate.steps")
        await lab.press("e")
        await lab.paste("ctrl+m")
        await lab.press("enter")
        assert "terminals send it as enter" in " ".join(lab.app.screen.problem.render().plain.split())
        lab.app.screen.value.value = "S, f9"
        await lab.press("enter")
        await hears(lab, "● generate.steps = S F9 is in")
        assert own_keys().keys == {"generate.steps": ("S", "f9")}


async def test_keys_are_found_by_their_words_and_by_the_key(open_lab: OpenLab) -> None:
    async with open_lab() as lab:
        await visit_key(lab, "generate.steps")
        await lab.press("slash")
        await lab.type("number of steps")
        await lab.until(lambda: lab.app.screen.list.shown == ["keys.generate.steps"])


async def test_settings_go_on_working_beside_keys(open_lab: OpenLab, own_home: Path) -> None:
    async with open_lab() as lab:
        await visit_key(lab, "generate.steps")
        await visit(lab, "theme")
        await lab.press("enter")
        await hears(lab, "● theme = lightbox is in")
