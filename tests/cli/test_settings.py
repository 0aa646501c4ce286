"""``sdxl-tui settings``: list, get, set, reset."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import pytest

from sdxl_tui.cli import main
from sdxl_tui.core.settings import Settings


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SDXL_TUI_HOME", str(tmp_path))
    monkeypatch.delenv("COLUMNS", raising=False)
    return tmp_path


def printed(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> tuple[str, str]:
    """What a command prints on stdout and on stderr."""
    assert main(["settings", *arguments]) == code
    both = capsys.readouterr()
    return both.out, both.err


def test_all_are_listed_with_meaning_value_and_source(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "settings.toml").write_text('theme = "lightbox"\n')
    monkeypatch.setenv("SDXL_TUI_GLYPHS", "ascii")
    out, _ = printed(capsys)
    for field in fields(Settings):
        assert f"  {field.name} " in out
    assert str(home / "settings.toml") in next(line for line in out.splitlines() if "  theme " in line)
    assert "SDXL_TUI_GLYPHS" in next(line for line in out.splitlines() if "  glyphs " in line)
    rows = {row["name"]: row for row in json.loads(printed(capsys, "--json")[0])}
    assert set(rows) == {field.name for field in fields(Settings)}
    assert (rows["theme"]["value"], rows["theme"]["source"], rows["theme"]["default"]) == (
        "lightbox",
        "file",
        "safelight",
    )
    assert rows["output_dir"]["value"] == "output_images"


def test_set_get_and_reset(home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "settings.toml").write_text("# mine\n")
    assert "theme = lightbox, written to" in printed(capsys, "set", "theme", "lightbox")[0]
    assert printed(capsys, "get", "theme")[0] == "lightbox\n"
    monkeypatch.setenv("SDXL_TUI_THEME", "safelight")
    out, err = printed(capsys, "set", "theme", "lightbox")
    assert "theme = safelight" in out
    assert err == "sdxl-tui: SDXL_TUI_THEME overrides it now.\n"
    monkeypatch.delenv("SDXL_TUI_THEME")
    assert "theme = safelight, taken out of" in printed(capsys, "reset", "theme")[0]
    assert "is not in" in printed(capsys, "reset", "theme")[0]
    assert (home / "settings.toml").read_text() == "# mine\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["set", "theme", "dark"], "'theme' must be one of safelight, lightbox, not 'dark'."),
        (["set", "theme"], "Which value? theme takes safelight, lightbox."),
        (["set"], "Which setting? There are"),
        (["get", "thme"], "There is no setting 'thme'; did you mean theme?"),
        (["lsit"], "There is no action 'lsit'; there are list, keys, get, set, reset."),
    ],
)
def test_what_cannot_be_is_one_sentence(
    home: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    out, err = printed(capsys, *arguments, code=2)
    assert out == ""
    assert err.startswith(f"sdxl-tui: {sentence}")
    assert err.count("\n") == 1
    assert not (home / "settings.toml").exists()


def test_a_damaged_file_is_told_and_stays(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "settings.toml").write_text('theme = "light\n')
    assert "settings.toml is not valid TOML" in printed(capsys)[1]
    assert "settings.toml is not valid TOML" in printed(capsys, "set", "theme", "lightbox", code=2)[1]
    assert (home / "settings.toml").read_text() == 'theme = "light\n'
