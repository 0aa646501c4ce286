"""The table [keys] of settings.toml."""

from __future__ import annotations

from pathlib import Path

import pytest

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.own_keys import forget_keys, own_keys, write_keys
from sdxl_tui.core.setting_changes import write_setting
from sdxl_tui.core.settings import load_settings


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SDXL_TUI_HOME", str(tmp_path))
    return tmp_path / "settings.toml"


def test_rows_are_read_in_quotes_or_not_and_as_lists(file: Path) -> None:
    file.write_text(
        '[keys]\n"queue.pause" = "f9, ctrl+g"\ngenerate.steps = "S"\n"app.help" = ["f1", "?"]\n"tab.queue" = ""\n'
    )
    assert own_keys().keys == {
        "queue.pause": ("f9", "ctrl+g"),
        "generate.steps": ("S",),
        "app.help": ("f1", "question_mark"),
        "tab.queue": (),
    }
    assert not own_keys().problems


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("keys = 3", "must be a table"),
        ('[keys]\n"a.b" = 3', "must be a key in quotes"),
        ('[keys]\n"a.b" = "ctrl+i"', "terminals send it as tab"),
        ('[keys]\n"a.b" = "nokey"', "is no key"),
        ("[keys", "not valid TOML"),
    ],
)
def test_what_is_wrong_is_a_sentence_and_no_error(file: Path, text: str, words: str) -> None:
    file.write_text(text)
    found = own_keys()
    assert not found.keys
    [sentence] = found.problems
    assert words in sentence


def test_keys_never_keep_the_settings_from_being_read(file: Path) -> None:
    file.write_text('theme = "lightbox"\n[keys]\n"a.b" = "nokey"\n')
    assert load_settings().theme == "lightbox"


def test_writing_keeps_comments_and_everything_else(file: Path) -> None:
    file.write_text('# mine\ntheme = "lightbox"  # light\n\n[keys]\n# quick\n"queue.pause" = "f9"  # best\n')
    write_keys("queue.pause", ("ctrl+g",))
    write_keys("generate.steps", ("S", "f7"))
    write_setting("join_pictures", 3)
    text = file.read_text()
    for words in ("# mine", "# light", "# quick", '"queue.pause" = "ctrl+g"  # best', '"generate.steps" = "S, f7"'):
        assert words in text
    assert load_settings().join_pictures == 3
    assert own_keys().keys == {"queue.pause": ("ctrl+g",), "generate.steps": ("S", "f7")}


def test_a_key_is_taken_out_however_it_is_written(file: Path) -> None:
    file.write_text('[keys]\ngenerate.steps = "S"\n"queue.pause" = "f9"\n')
    write_keys("generate.steps", ("f8",))
    assert own_keys().keys["generate.steps"] == ("f8",)
    assert forget_keys("generate.steps")
    assert forget_keys("queue.pause")
    assert not forget_keys("queue.pause")
    assert not own_keys().keys


def test_a_damaged_file_stays_as_it_is(file: Path) -> None:
    file.write_text("[keys")
    with pytest.raises(UserError, match="not valid TOML"):
        write_keys("queue.pause", ("f9",))
    assert file.read_text() == "[keys"
