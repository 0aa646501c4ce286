"""Every setting told from one place, read from all four, and written back."""

from __future__ import annotations

import os
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.setting_changes import forget_setting, write_setting
from sdxl_tui.core.setting_kinds import Folder, Gibibytes, HostDir, OneOf, Whole, WholeOrAuto
from sdxl_tui.core.setting_specs import DEFAULT, ENVIRONMENT, FILE, FLAG, Spec, setting_specs, shown_value, standings
from sdxl_tui.core.settings import Settings, load_settings

WRITTEN = """\
# How I like it
theme = "lightbox"  # by day

# The other lab needs the rest
keep_ram = 24
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SDXL_TUI_HOME", str(tmp_path))
    return tmp_path


def other_value(spec: Spec) -> Any:
    """What is typed for another value than the default."""
    match spec.kind:
        case OneOf(choices):
            return next(choice for choice in choices if choice != spec.default)
        case Whole(lowest, _) | WholeOrAuto(lowest, _):
            return str(lowest)
        case Gibibytes():
            return "7.5"
        case Folder():
            return "~/elsewhere"
        case HostDir():
            return "/app=/srv/a [/] folder"
    return "demo [/] \\["


def test_every_setting_has_a_meaning_a_group_and_a_value_in_its_range() -> None:
    specs = setting_specs()
    assert set(specs) == {field.name for field in fields(Settings)}
    for spec in specs.values():
        assert spec.meaning.endswith("."), spec.name
        assert "\n" not in spec.meaning
        assert spec.kind.told(), spec.name
        assert spec.group.name
        assert spec.kind.read(spec.name, spec.default, "") == spec.default


@pytest.mark.parametrize("name", list(setting_specs()))
def test_each_goes_to_the_file_and_back(name: str, home: Path) -> None:
    spec = setting_specs()[name]
    written = write_setting(name, other_value(spec))
    assert written != spec.default
    assert getattr(load_settings(environ={}), name) == written
    standing = next(found for found in standings(environ={})[0] if found.spec is spec)
    assert (standing.value, standing.source) == (written, FILE)
    assert forget_setting(name)
    assert getattr(load_settings(environ={}), name) == spec.default
    assert not forget_setting(name)


def test_comments_and_order_stay(home: Path) -> None:
    file = home / "settings.toml"
    file.write_text(WRITTEN)
    write_setting("theme", "safelight")
    write_setting("link_bytes", "200,000")
    assert file.read_text() == WRITTEN.replace("lightbox", "safelight") + "link_bytes = 200000\n"
    forget_setting("keep_ram")
    assert "# How I like it" in file.read_text()
    assert "keep_ram" not in file.read_text()


def test_a_link_to_the_file_stays_one_and_rights_stay(home: Path) -> None:
    dotfiles = home / "dotfiles"
    dotfiles.mkdir()
    (dotfiles / "settings.toml").write_text(WRITTEN)
    (dotfiles / "settings.toml").chmod(0o600)
    (home / "settings.toml").symlink_to(dotfiles / "settings.toml")
    write_setting("glyphs", "ascii")
    assert (home / "settings.toml").is_symlink()
    assert 'glyphs = "ascii"' in (dotfiles / "settings.toml").read_text()
    assert (dotfiles / "settings.toml").stat().st_mode & 0o777 == 0o600
    assert os.listdir(dotfiles) == ["settings.toml"]


def test_the_source_of_each_is_told(home: Path) -> None:
    (home / "settings.toml").write_text(WRITTEN)
    found, problem = standings({"images": "off", "theme": None}, {"SDXL_TUI_THEME": "safelight"})
    by_name = {standing.spec.name: standing for standing in found}
    assert problem == ""
    theme = by_name["theme"]
    assert (theme.value, theme.source, theme.written) == ("safelight", ENVIRONMENT, "lightbox")
    assert theme.holder() == "SDXL_TUI_THEME"
    assert by_name["images"].source == FLAG
    assert by_name["keep_ram"].source == FILE
    assert by_name["speed"].source == DEFAULT


def test_a_bad_value_in_the_file_is_told_at_its_setting(home: Path) -> None:
    (home / "settings.toml").write_text('theme = "dark"\nglyphs = "ascii"\n')
    by_name = {standing.spec.name: standing for standing in standings(environ={})[0]}
    assert by_name["theme"].problem.startswith("'theme' in settings.toml must be one of safelight, lightbox")
    assert by_name["theme"].value == "safelight"
    assert by_name["glyphs"].value == "ascii"
    write_setting("theme", "lightbox")
    assert load_settings(environ={}).theme == "lightbox"


def test_a_damaged_file_is_a_sentence_and_stays_as_it_is(home: Path) -> None:
    (home / "settings.toml").write_text('theme = "light\n')
    assert "settings.toml is not valid TOML" in standings(environ={})[1]
    for change in (lambda: write_setting("theme", "lightbox"), lambda: forget_setting("theme")):
        with pytest.raises(UserError, match=r"settings\.toml is not valid TOML"):
            change()
    assert (home / "settings.toml").read_text() == 'theme = "light\n'


def test_an_unknown_key_is_named(home: Path) -> None:
    (home / "settings.toml").write_text("teh_theme = 3\n")
    assert standings(environ={})[1] == "'teh_theme' in settings.toml is no setting: take that line out."


@pytest.mark.parametrize(
    ("name", "typed", "sentence"),
    [
        ("theme", "dark", "'theme' must be one of safelight, lightbox, not 'dark'."),
        ("join_pictures", "65", "'join_pictures' must be a whole number from 2 to 64, not '65'."),
        ("keep_ram", "lots", "'keep_ram' must be \"auto\" or a number of GiB such as 24, not 'lots'."),
        ("output_dir", " ", "'output_dir' must be the path of a folder, not ' '."),
        ("output_dir", "~nobody-here/x", "'output_dir' names a user who is not known here: ~nobody-here/x."),
        ("them", "x", "'them' is no setting; there are"),
    ],
)
def test_what_cannot_be_is_a_sentence_and_not_written(home: Path, name: str, typed: str, sentence: str) -> None:
    with pytest.raises(UserError) as error:
        write_setting(name, typed)
    assert str(error.value).startswith(sentence)
    assert not (home / "settings.toml").exists()


def test_a_full_disk_is_a_sentence_and_the_old_file_stays(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "settings.toml").write_text(WRITTEN)

    def full(file: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("sdxl_tui.core.toml.sync_file", full)
    with pytest.raises(UserError, match=r"'theme' is not written to .*: no space in"):
        write_setting("theme", "safelight")
    assert (home / "settings.toml").read_text() == WRITTEN
    assert os.listdir(home) == ["settings.toml"]


def test_shown_as_it_is_typed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert shown_value(tmp_path / "pictures") == "~/pictures"
    assert shown_value(100_000) == "100,000"
    assert shown_value("auto") == "auto"
