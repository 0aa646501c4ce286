"""The Settings screen: all of them, found, changed, written back, and in force at once where that is possible."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from sdxl_tui.core.settings import Settings, load_settings
from tests.tui.conftest import NASTY
from tests.tui.test_style_editing import hears
from tests.tui.test_styles import details

OpenLab = Callable[..., Any]
COMMENTED = "# mine\njoin_pictures = 3  # enough\n"


@pytest.fixture(autouse=True)
def file(own_home: Path) -> Path:
    """The user's settings.toml, with a comment."""
    own_home.mkdir(parents=True)
    (own_home / "settings.toml").write_text(COMMENTED)
    return own_home / "settings.toml"


async def visit(lab: Any, name: str) -> None:
    """Open the screen on a setting."""
    await lab.press("alt+7")
    await lab.until(lambda: lab.app.screen.TAB == "settings" and lab.app.screen.list.shown)
    lab.app.screen.list.select(name)
    await lab.until(lambda: details(lab).startswith(name))


def settings_shown(lab: Any) -> list[str]:
    """The settings in the list, without the keys behind them."""
    return [name for name in lab.app.screen.list.shown if not name.startswith("keys.")]


async def test_every_setting_is_there_with_its_meaning_and_source(
    open_lab: OpenLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SDXL_TUI_GLYPHS", "unicode")
    async with open_lab(flags={"images": "half"}, settings={"join_pictures": 3, "images": "half"}) as lab:
        await visit(lab, "join_pictures")
        assert set(settings_shown(lab)) == {field.name for field in fields(Settings)}
        assert "The most pictures of such a pass." in details(lab)
        assert "now 3 from settings.toml" in details(lab)
        assert "values 2 to 64 default 4 counts at once" in details(lab)
        await visit(lab, "glyphs")
        assert "from SDXL_TUI_GLYPHS" in details(lab)
        await visit(lab, "images")
        assert "from the command line" in details(lab)
        await visit(lab, "theme")
        assert "now safelight by default" in details(lab)


async def test_a_choice_goes_round_counts_at_once_and_is_written(open_lab: OpenLab, file: Path) -> None:
    async with open_lab() as lab:
        await visit(lab, "theme")
        await lab.press("enter")
        await hears(lab, "● theme = lightbox is in")
        assert lab.app.theme == "lightbox"
        assert file.read_text() == COMMENTED + 'theme = "lightbox"\n'
        await lab.press("left")
        assert lab.app.theme == "safelight"
        await lab.press("right", "delete")
        await hears(lab, "theme has its default again, safelight")
        assert lab.app.theme == "safelight"
        assert file.read_text() == COMMENTED


async def test_glyphs_and_images_count_at_once(open_lab: OpenLab) -> None:
    async with open_lab() as lab:
        await visit(lab, "images")
        await lab.press("left")
        assert lab.app.images == "off"
        await visit(lab, "glyphs")
        await lab.press("enter")
        await lab.until(lambda: "* glyphs = ascii" in lab.shown or "* glyphs" in lab.shown)
        assert "●" not in lab.shown


async def test_the_engine_and_the_form_take_them_at_once(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a (red) fox") as lab:
        await visit(lab, "join_jobs")
        await lab.press("enter")
        assert lab.engine.used_settings.join_jobs == "on"
        await visit(lab, "speed")
        await lab.press("enter")
        speed = load_settings(environ={}).speed
        assert speed != "fast"
        await visit(lab, "prompt_syntax")
        await lab.press("enter")
        await lab.press("alt+1", "enter")
        assert (lab.engine.request.speed, lab.engine.request.prompt_syntax) == (speed, "plain")


async def test_a_number_is_checked_where_it_is_typed(open_lab: OpenLab, file: Path) -> None:
    async with open_lab() as lab:
        await visit(lab, "join_pictures")
        await lab.press("enter")
        assert lab.app.screen.value.value == "3"
        await lab.type("99")
        await lab.press("enter")
        problem = " ".join(lab.app.screen.problem.render().plain.split())
        assert problem == "× 'join_pictures' must be a whole number from 2 to 64, not '99'."
        assert file.read_text() == COMMENTED
        await lab.press("backspace", "enter")
        await hears(lab, "join_pictures = 9 is in")
        assert file.read_text() == COMMENTED.replace("3", "9")
        assert lab.app.focused.id == "setting-items"
        await lab.press("enter")
        await lab.type("5")
        await lab.press("escape")
        assert file.read_text() == COMMENTED.replace("3", "9")


async def test_a_folder_is_completed_and_counts_from_the_next_start(
    open_lab: OpenLab, file: Path, tmp_path: Path
) -> None:
    (tmp_path / "my pictures").mkdir()
    (tmp_path / "my picture.png").touch()
    async with open_lab() as lab:
        before = lab.app.rooms.desk.settings.output_dir
        await visit(lab, "output_dir")
        await lab.press("enter", "ctrl+u")
        await lab.paste(f"{tmp_path}/my")
        await lab.until(lambda: lab.app.screen.value.completer.found == [f"{tmp_path}/my pictures/"])
        await lab.press("down", "enter")
        await hears(lab, "counts from the next start")
        assert load_settings(environ={}).output_dir == tmp_path / "my pictures"
        assert lab.app.rooms.desk.settings.output_dir == before
        await lab.until(lambda: "next start" in details(lab))


async def test_a_model_is_found_by_a_part_of_its_name(open_lab: OpenLab, file: Path) -> None:
    async with open_lab() as lab:
        await visit(lab, "model")
        await lab.press("enter")
        await lab.type("nosuch")
        await lab.press("enter")
        assert "There is no model 'nosuch'" in " ".join(lab.app.screen.problem.render().plain.split())
        await lab.press("ctrl+u")
        await lab.type("turbo")
        await lab.press("enter")
        await hears(lab, "model = stabilityai/sdxl-turbo")
        assert load_settings(environ={}).model == "stabilityai/sdxl-turbo"


async def test_what_the_environment_holds_is_written_and_said_to_be_overridden(
    open_lab: OpenLab, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SDXL_TUI_THEME", "safelight")
    async with open_lab() as lab:
        await visit(lab, "theme")
        await lab.press("enter")
        await hears(lab, "SDXL_TUI_THEME holds it at safelight this time")
        assert lab.app.theme == "safelight"
        assert 'theme = "lightbox"' in file.read_text()
        await lab.until(lambda: "says lightbox; SDXL_TUI_THEME overrides it this time" in details(lab))
        await lab.press("enter")
        assert 'theme = "safelight"' in file.read_text()


async def test_keys_change_it_for_the_session_and_s_keeps_it(open_lab: OpenLab, file: Path) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("f2", "f3", "f8")
        await lab.press("f5", "up", "enter")
        speed = lab.draft.text("speed")
        await visit(lab, "theme")
        await lab.until(lambda: "now lightbox for this session" in details(lab))
        assert file.read_text() == COMMENTED
        for name in ("theme", "images", "previews", "speed"):
            await visit(lab, name)
            await lab.until(lambda: "keeps it in settings.toml" in details(lab))
            await lab.press("s")
            await hears(lab, f"● {name} = ")
            await lab.until(lambda: "for this session" not in details(lab))
        kept = load_settings(environ={})
        assert (kept.theme, kept.previews, kept.speed) == ("lightbox", "off", speed)
        assert kept.images == lab.app.images
        await lab.press("s")
        await hears(lab, "No key changed speed for this session.")


async def test_a_damaged_file_is_a_sentence_and_stays(open_lab: OpenLab, file: Path) -> None:
    async with open_lab() as lab:
        file.write_text('theme = "light\n')
        await visit(lab, "theme")
        await hears(lab, "× settings.toml is not valid TOML")
        await lab.press("enter")
        assert file.read_text() == 'theme = "light\n'
        assert lab.app.theme == "safelight"
        await visit(lab, "join_pictures")
        await lab.press("enter")
        await lab.type("7")
        await lab.press("enter")
        await hears(lab, "settings.toml is not valid TOML")
        assert lab.app.screen.value.value == "7"
        file.write_text("")
        await lab.press("enter")
        await hears(lab, "join_pictures = 7 is in")


async def test_a_full_disk_is_a_sentence_and_what_was_typed_stays(
    open_lab: OpenLab, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path) -> None:
        raise OSError(28, "No space left on device")

    async with open_lab() as lab:
        await visit(lab, "join_pictures")
        await lab.press("enter")
        await lab.type("8")
        with monkeypatch.context() as patch:
            patch.setattr("sdxl_tui.core.toml.sync_file", full)
            await lab.press("enter")
            await hears(lab, "× 'join_pictures' is not written to")
        assert lab.app.screen.value.value == "8"
        assert file.read_text() == COMMENTED
        await lab.press("enter")
        await hears(lab, "join_pictures = 8 is in")


async def test_find_as_you_type_by_any_word_of_the_meaning(open_lab: OpenLab) -> None:
    async with open_lab() as lab:
        await visit(lab, "theme")
        await lab.press("slash")
        await lab.type("darkroom")
        await lab.until(lambda: lab.app.screen.list.shown == ["theme"])
        await lab.paste(NASTY)
        await lab.sees("Nothing matches")
        await lab.press("escape")
        assert len(settings_shown(lab)) == len(fields(Settings))
        await lab.press("escape")
        assert lab.app.screen is lab.home


async def test_hostile_text_is_a_sentence(open_lab: OpenLab, file: Path) -> None:
    async with open_lab() as lab:
        await visit(lab, "keep_ram")
        await lab.press("enter")
        await lab.paste(f"{NASTY}\x1b[31m")
        await lab.press("enter")
        assert NASTY in " ".join(lab.app.screen.problem.render().plain.split())
        assert file.read_text() == COMMENTED


@pytest.mark.parametrize("size", [(40, 12), (200, 60)], ids=str)
async def test_in_tiny_and_large_windows(open_lab: OpenLab, file: Path, size: tuple[int, int]) -> None:
    async with open_lab() as lab:
        await lab.press("alt+7")
        await lab.sees("theme" if size[1] > 20 else "output_dir")
        lab.app.screen.list.select("job_vram")
        await lab.press("enter")
        await lab.type("20")
        await lab.press("enter")
        await hears(lab, "job_vram = 20 is in")
        assert load_settings(environ={}).job_vram == "20"


@pytest.mark.parametrize("size", [(80, 24)], ids=str)
async def test_all_tabs_fit_at_80_columns(open_lab: OpenLab, size: tuple[int, int]) -> None:
    async with open_lab() as lab:
        await lab.press("alt+7")
        await lab.until(lambda: lab.shown.splitlines()[0].startswith(" 1 gen 2 gal "))
        assert " 7 settings " in lab.shown.splitlines()[0]
        await lab.pilot.click(lab.app.screen.header.tabs, offset=(2, 0))
        assert lab.app.screen is lab.home
        assert " 7 set" in lab.shown.splitlines()[0]
