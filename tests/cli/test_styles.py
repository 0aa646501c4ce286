"""``sdxl-tui styles``: list, show, import."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sdxl_tui.cli import main
from tests.core.test_style_files import CSV


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SDXL_TUI_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("COLUMNS", raising=False)
    return tmp_path / "home"


def printed(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> tuple[str, str]:
    """What a command prints on stdout and on stderr."""
    assert main(["styles", *arguments]) == code
    both = capsys.readouterr()
    return both.out, both.err


def test_the_list_says_whose_each_is(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "styles").mkdir(parents=True)
    (home / "styles" / "noir.toml").write_text('name = "Noir [/]"\nprompt = "dark"\n')
    (home / "styles" / "cinematic.toml").write_text('name = "Cinematic"\nsteps = 9\n')
    out, _ = printed(capsys)
    lines = {line.split("  ")[0]: line for line in out.splitlines()}
    assert "yours" in lines["Noir [/]"]
    assert "replaced" in lines["Cinematic"]
    assert "shipped" in lines["35mm Film"]
    rows: list[dict[str, Any]] = json.loads(printed(capsys, "--json")[0])
    assert {row["id"]: row["whose"] for row in rows}["noir"] == "yours"
    assert rows[0]["id"] == "none"


def test_show_tells_what_several_would_send(capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = printed(capsys, "show", "cinematic", "+", "35mm film", "--prompt", "a red [fox]")
    assert "Cinematic + 35mm Film" in out
    assert "a red [fox], cinematic still" in out
    told = json.loads(printed(capsys, "show", "35mm+cinematic", "--prompt", "a fox", "--json")[0])
    assert told["id"] == "35mm-film+cinematic"
    assert told["styled_prompt"].startswith("a fox, 35mm film photograph")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["show"], "Which style?"),
        (["show", "cinematic+cinematic"], "Cinematic is there twice"),
        (["show", "no such thing"], "There is no style"),
        (["import"], "Which file?"),
        (["import", "/nowhere/styles.csv"], "styles.csv cannot be read"),
        (["remove"], "There is no action 'remove'; there are list, show, import."),
    ],
)
def test_what_cannot_be_is_one_sentence(
    capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    out, err = printed(capsys, *arguments, code=2)
    assert out == ""
    assert err.startswith(f"sdxl-tui: {sentence}")
    assert err.count("\n") == 1


def test_import_tells_names_and_rows_and_does_it_once(
    tmp_path: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "styles.csv").write_text(CSV, encoding="utf-8-sig")
    sai = tmp_path / "sai.json"
    sai.write_text(json.dumps([{"name": "sai-anime", "prompt": "anime {prompt}", "negative_prompt": "photo"}]))
    files = ("import", str(tmp_path / "styles.csv"), str(sai))
    out, err = printed(capsys, *files, "--dry-run")
    assert "7 of 8 would be imported" in err
    assert not (home / "styles").exists()
    out, err = printed(capsys, *files)
    assert out.splitlines()[:2] == ["Film Noir", "Cinematic 2  (the name Cinematic is taken)"]
    assert "styles.csv: Line 10 has 5 cells for 3 columns" in err
    assert "7 of 8 imported to" in err
    assert "1 is here already" in err
    out, err = printed(capsys, *files)
    assert out == ""
    assert "0 of 8 imported" in err
    assert len(list((home / "styles").iterdir())) == 7


def test_taken_names_can_be_left_out(tmp_path: Path, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "styles.csv").write_text(CSV)
    told = json.loads(printed(capsys, "import", str(tmp_path / "styles.csv"), "--skip-taken", "--json")[0])
    marks = {row["name"]: (row["mark"], row["imported_as"]) for row in told}
    assert marks["Cinematic"] == ("name taken", None)
    assert marks["After It"] == ("new", "After It")
    assert not (home / "styles" / "cinematic-2.toml").exists()


def test_a_folder_that_may_not_be_written_to_is_a_sentence(
    tmp_path: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home.mkdir()
    (home / "styles").write_text("a file where the folder goes")
    (tmp_path / "styles.csv").write_text(CSV)
    _, err = printed(capsys, "import", str(tmp_path / "styles.csv"), code=2)
    assert "0 of 6 are imported. The style 'Film Noir' is not saved" in err
