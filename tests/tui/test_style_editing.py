"""Styles are written, changed, duplicated and deleted on their screen; nothing typed is lost."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.models import CATALOGUE
from sdxl_tui.core.styles import load_styles, style_folders
from sdxl_tui.tui.shelf import Shelf
from tests.tui.conftest import NASTY, check
from tests.tui.test_styles import details

OpenLab = Callable[..., Any]
NOIR = '# Mine\nname = "Noir"  # black\nprompt = "dark {prompt}"\nsteps = 20\n'


async def hears(lab: Any, text: str) -> None:
    """Wait for an answer of the screen; one with a long path may be cut where it stands."""
    await lab.until(lambda: any(text in f"{note.glyph} {note.text}" for note in lab.app.screen.answers.in_order()))


@pytest.fixture
def own(own_home: Path) -> Path:
    """The user's styles, one of them."""
    folder = own_home / "styles"
    folder.mkdir(parents=True)
    (folder / "noir.toml").write_text(NOIR)
    return folder


@pytest.fixture
def open_styles(open_lab: OpenLab, own: Path) -> Callable[..., Any]:
    """Return a way to open the lab on its Styles screen, with the styles on disk."""

    @asynccontextmanager
    async def opened(style_id: str = "noir", prompt: str = "a red fox") -> AsyncIterator[Any]:
        shelf = Shelf(dict(CATALOGUE), {}, [], check)
        shelf.read_styles(again=True)
        async with open_lab(prompt=prompt, shelf=shelf) as lab:
            await lab.press("alt+5")
            await lab.until(lambda: lab.app.screen.TAB == "styles" and lab.app.focused.id == "styles")
            lab.app.screen.list.select(style_id)
            await lab.pilot.pause()
            yield lab

    return opened


async def test_a_style_of_ones_own_is_changed_in_place(open_styles: OpenLab, own: Path) -> None:
    async with open_styles() as lab:
        await lab.press("e", "tab", "tab")
        await lab.type(", grain")
        await lab.until(
            lambda: "dark a red fox, grain" in " ".join(lab.app.screen.editor.effective.render().plain.split())
        )
        await lab.sees("not saved")
        await lab.press("enter")
        await hears(lab, "Noir is saved")
        assert lab.app.focused.id == "styles"
        assert (own / "noir.toml").read_text() == NOIR.replace("{prompt}", "{prompt}, grain")
        await lab.until(lambda: "dark a red fox, grain" in details(lab))
        await lab.press("enter", "enter")
        assert lab.engine.request.styled_prompt == "dark a red fox, grain"


async def test_one_of_the_labs_own_becomes_a_copy_and_comes_back(
    open_styles: OpenLab, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = (style_folders()[0] / "cinematic.toml").read_bytes()
    monkeypatch.setattr("sdxl_tui.core.trash.to_trash", Path.unlink)
    async with open_styles("cinematic") as lab:
        await lab.press("delete")
        await hears(lab, "is the lab's own and stays")
        await lab.press("e")
        await lab.sees("saving makes a copy")
        lab.app.screen.editor.steps.focus()
        await lab.press("1", "2", "enter")
        await hears(lab, "in place of the lab's")
        assert load_styles()[0]["cinematic"].steps == 12
        assert (style_folders()[0] / "cinematic.toml").read_bytes() == shipped
        assert lab.app.screen.list.selected == "cinematic"
        await lab.until(lambda: "yours, in place of" in details(lab))
        await lab.press("delete")
        await lab.sees("Cinematic goes to the trash")
        await lab.press("enter")
        await hears(lab, "the lab's own Cinematic is back")
        assert load_styles()[0]["cinematic"].steps == 35
        assert not (own / "cinematic.toml").exists()


async def test_a_copy_under_a_new_name(open_styles: OpenLab, own: Path) -> None:
    async with open_styles("cinematic") as lab:
        await lab.press("d")
        await lab.sees("a new style")
        assert lab.app.screen.editor.texts["name"].text == "Cinematic copy"
        await lab.press("ctrl+u")
        await lab.type("Cinematic, colder")
        await lab.press("enter")
        await hears(lab, "is saved")
        copy = load_styles()[0]["cinematic-colder"]
        assert copy.prompt == load_styles()[0]["cinematic"].prompt
        assert (own / "cinematic-colder.toml").exists()


async def test_several_together_become_one_style(open_styles: OpenLab, own: Path) -> None:
    async with open_styles("cinematic") as lab:
        await lab.press("space")
        lab.app.screen.list.select("noir")
        await lab.pilot.pause()
        await lab.until(lambda: "dark a red fox, cinematic still" in details(lab))
        await lab.press("p")
        assert lab.engine.request.style.name == "Cinematic + Noir"
        await lab.press("d", "enter")
        await hears(lab, "is saved")
        saved = load_styles()[0]["cinematic-noir"]
        assert saved.name == "Cinematic, Noir"
        assert saved.styled_prompt("a fox").startswith("dark a fox, cinematic still")


async def test_marks_are_set_by_the_mouse_and_used_together(open_styles: OpenLab) -> None:
    async with open_styles("noir") as lab:
        items = lab.app.screen.list
        rows = {line[0].key: number for number, line in enumerate(items._lines) if line}
        await lab.pilot.click(items, offset=(1, rows["35mm-film"] - items._top))
        await lab.pilot.click(items, offset=(8, rows["anime"] - items._top))
        await lab.until(lambda: "35mm Film + Anime / Vibrant" in details(lab))
        await lab.press("enter")
        assert lab.app.screen is lab.home
        assert lab.draft.style.id == "35mm-film+anime"
        await lab.press("alt+5")
        await lab.until(lambda: "None / Raw" in details(lab) or lab.app.screen.chosen is not None)
        assert lab.app.screen.chosen.id == "anime"


async def test_what_is_wrong_stands_under_its_field_and_nothing_is_lost(open_styles: OpenLab, own: Path) -> None:
    async with open_styles() as lab:
        await lab.press("n", "enter")
        await lab.sees("It has no name yet")
        await lab.type("cinematic")
        await lab.sees("There is a style 'Cinematic' already")
        await lab.type(" two")
        await lab.until(lambda: "already" not in lab.shown)
        lab.app.screen.editor.steps.focus()
        await lab.press("9", "9", "9")
        await lab.sees("Steps go from 1 to 200.")
        await lab.press("enter")
        assert lab.app.focused.id == "style-steps"
        assert sorted(file.name for file in own.iterdir()) == ["noir.toml"]
        await lab.press("delete", "enter")
        await hears(lab, "cinematic two is saved")
        assert load_styles()[0]["cinematic-two"].steps is None


async def test_esc_asks_and_another_screen_keeps_what_is_typed(open_styles: OpenLab, own: Path) -> None:
    async with open_styles() as lab:
        await lab.press("e")
        await lab.type(" bright")
        await lab.press("escape")
        await lab.sees("Noir bright is not saved yet.")
        await lab.press("escape", "alt+1")
        assert lab.app.screen is lab.home
        await lab.press("alt+5")
        assert lab.app.screen.editor.texts["name"].text == "Noir bright"
        await lab.press("escape", "x")
        await lab.until(lambda: not lab.app.screen.is_editing)
        assert (own / "noir.toml").read_text() == NOIR
        await lab.press("e")
        assert lab.app.screen.editor.texts["name"].text == "Noir"
        await lab.press("escape")
        assert not lab.app.screen.is_editing
        await lab.press("e")
        await lab.type("!")
        await lab.press("escape", "enter")
        await hears(lab, "Noir! is saved")


async def test_leaving_the_lab_asks_for_what_is_not_saved(open_styles: OpenLab) -> None:
    async with open_styles() as lab:
        await lab.press("e")
        await lab.type("!")
        await lab.press("alt+1", "ctrl+q")
        await lab.sees("Noir! is not saved yet.")
        await lab.press("escape")
        assert lab.app.is_running
        await lab.press("ctrl+q", "enter")
        await lab.until(lambda: not lab.app.is_running or lab.app._exit)


async def test_a_full_disk_is_a_sentence_and_the_text_stays(
    open_styles: OpenLab, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(file: Path) -> None:
        raise OSError(28, "No space left on device")

    async with open_styles() as lab:
        await lab.press("e")
        await lab.type(" two")
        with monkeypatch.context() as patch:
            patch.setattr("sdxl_tui.core.toml.sync_file", full)
            await lab.press("enter")
            await hears(lab, "× The style 'Noir two' is not saved")
        assert lab.app.screen.is_editing
        assert (own / "noir.toml").read_text() == NOIR
        await lab.press("enter")
        await hears(lab, "● Noir two is saved")


async def test_a_trash_that_does_not_take_it_is_a_sentence(
    open_styles: OpenLab, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(file: Path) -> None:
        raise UserError(f"{file.name} stays where it is, as the trash does not take it: {NASTY}.")

    monkeypatch.setattr("sdxl_tui.core.trash.to_trash", refuse)
    async with open_styles() as lab:
        await lab.press("delete", "escape")
        assert (own / "noir.toml").exists()
        await lab.press("delete", "enter")
        await hears(lab, "× noir.toml stays where it is")
        assert "noir" in lab.app.screen.list.shown


async def test_a_file_changed_meanwhile_keeps_what_was_changed_there(open_styles: OpenLab, own: Path) -> None:
    async with open_styles() as lab:
        await lab.press("e", "tab", "tab")
        await lab.type("!")
        (own / "noir.toml").write_text(NOIR.replace("20", "44"))
        await lab.press("enter")
        await hears(lab, "Noir is saved")
        assert (own / "noir.toml").read_text() == NOIR.replace("20", "44").replace("{prompt}", "{prompt}!")


async def test_files_are_picked_up_when_the_screen_or_the_list_is_shown(open_styles: OpenLab, own: Path) -> None:
    async with open_styles() as lab:
        await lab.press("enter")
        assert lab.draft.style.name == "Noir"
        (own / "new.toml").write_text(f'name = "New {NASTY.replace(chr(92), chr(92) * 2)}"\n')
        (own / "bad.toml").write_text("name = 3\n")
        await lab.press("alt+5")
        await lab.until(lambda: "new" in lab.app.screen.list.shown)
        await lab.until(lambda: any("bad.toml was skipped" in note for note in lab.notes))
        (own / "noir.toml").unlink()
        (own / "bad.toml").unlink()
        await lab.press("alt+1", "alt+t")
        await lab.until(lambda: lab.draft.style.id == "none")
        await lab.until(lambda: any("The style Noir is not here any more" in note for note in lab.notes))
        assert not any("bad.toml" in note for note in lab.notes)


async def test_hostile_text_is_typed_saved_and_shown_as_it_is(open_styles: OpenLab, own: Path) -> None:
    async with open_styles() as lab:
        await lab.press("n")
        await lab.paste(NASTY)
        await lab.press("tab", "tab")
        await lab.paste(f"{NASTY}\n\x1b[31mred")
        await lab.press("enter")
        await lab.sees(NASTY)
        style = next(style for style in load_styles()[0].values() if style.name == NASTY)
        assert style.prompt == f"{NASTY} ␛[31mred"
        await lab.until(lambda: f"a red fox, {NASTY}" in details(lab))


@pytest.mark.parametrize("size", [(40, 12)], ids=str)
async def test_in_a_tiny_window_the_editor_takes_all_of_it(
    open_styles: OpenLab, own: Path, size: tuple[int, int]
) -> None:
    async with open_styles() as lab:
        await lab.press("e")
        await lab.sees("Noir")
        await lab.type("!")
        await lab.press("enter")
        await lab.sees("saved")
        assert 'name = "Noir!"' in (own / "noir.toml").read_text()


async def test_letters_in_the_editor_are_text(open_styles: OpenLab) -> None:
    async with open_styles() as lab:
        await lab.press("n")
        await lab.type("depno/r")
        assert lab.app.screen.editor.texts["name"].text == "depno/r"
        lab.app.screen.editor.guidance.focus()
        await lab.press("d", "e", "n", "6", "full_stop", "5", "slash")
        assert lab.app.screen.editor.values()[0]["guidance"] == 6.5
        assert lab.app.screen.editor.texts["name"].text == "depno/r"
        assert lab.engine.jobs == []
