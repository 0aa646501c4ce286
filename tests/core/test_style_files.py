"""The user's own styles, written and deleted; other programs' styles, read."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.style_files import delete_style, save_style, slug_of, values_of
from sdxl_tui.core.style_import import NEW, SAME, TAKEN, candidates, take
from sdxl_tui.core.style_sheets import read_sheet
from sdxl_tui.core.styles import load_styles, signature, style_folders

NASTY = r"[/] [red]x[/red] [$accent] \["
OWN = """\
# Mine
steps = 20  # enough
name = "Noir"

prompt = "dark"
"""
CSV = """\
name,prompt,negative_prompt
None,,
--- PHOTO ---,,
#off,"x",
Film Noir,"black and white, {prompt},
on two lines",colour
Cinematic,"my ""own"" cinematic",
../../etc/passwd,evil,
Übergroß — naïve,wide,
broken,a,b,c,d
"unterminated, x
After It,still here,"no, no"
Film Noir,"black and white, {prompt}, on two lines",colour
,nameless,
[/] [red]x[/red],[$accent],\\[
"""


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's own styles folder."""
    monkeypatch.setenv("SDXL_TUI_HOME", str(tmp_path / "home"))
    folder = tmp_path / "home" / "styles"
    folder.mkdir(parents=True)
    return folder


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Film Noir", "film-noir"),
        ("../../etc/passwd", "etc-passwd"),
        ("Übergroß — naïve", "ubergross-naive"),
        ("墨絵", "style"),
        ("none", "none-2"),
        ("CON.toml", "con-toml"),
        ("a" * 99, "a" * 60),
        ("", "style"),
        ("Taken", "taken-3"),
    ],
)
def test_a_name_becomes_a_file_name_that_does_no_harm(name: str, slug: str) -> None:
    assert slug_of(name, ["taken", "Taken-2"]) == slug


def test_an_edit_keeps_comments_and_order(own: Path) -> None:
    (own / "noir.toml").write_text(OWN)
    style = load_styles()[0]["noir"]
    saved = save_style({**values_of(style), "steps": 25, "negative": f"{NASTY}\nbright"}, "noir")
    assert (saved.steps, saved.negative) == (25, f"{NASTY} bright")
    text = (own / "noir.toml").read_text()
    assert text.startswith('# Mine\nsteps = 25  # enough\nname = "Noir"\n\nprompt = "dark"\n')
    assert save_style({**values_of(saved), "steps": None}, "noir").steps is None
    assert "# Mine" in (own / "noir.toml").read_text()


def test_a_shipped_style_is_edited_as_a_copy_and_comes_back(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trash = own.parent / "trash"
    monkeypatch.setattr("sdxl_tui.core.trash.to_trash", lambda file: file.rename(trash))
    shipped = style_folders()[0] / "cinematic.toml"
    before = shipped.read_bytes()
    style = load_styles()[0]["cinematic"]
    save_style({**values_of(style), "steps": 12}, "cinematic", like=shipped)
    assert load_styles()[0]["cinematic"].steps == 12
    assert load_styles()[0]["cinematic"].prompt == style.prompt
    assert shipped.read_bytes() == before
    delete_style("cinematic")
    assert load_styles()[0]["cinematic"] == style
    assert trash.exists()
    with pytest.raises(UserError, match="is not there any more"):
        delete_style("cinematic")


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"name": " "}, "It has no name"),
        ({"name": "x", "steps": 0}, "Steps go from 1 to 200."),
        ({"name": "x", "guidance": 51.0}, "Guidance goes from 0 to 50."),
        ({"name": "x" * 121}, "It is too long"),
    ],
)
def test_what_cannot_be_is_not_written(own: Path, values: dict[str, object], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        save_style(values, "x")
    assert list(own.iterdir()) == []


def test_a_full_disk_keeps_the_style_that_was_there(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (own / "noir.toml").write_text(OWN)

    def full(file: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("sdxl_tui.core.toml.sync_file", full)
    with pytest.raises(UserError, match="The style 'New' is not saved: no space in"):
        save_style({"name": "New"}, "noir")
    assert (own / "noir.toml").read_text() == OWN
    assert os.listdir(own) == ["noir.toml"]


def test_a_changed_file_changes_the_signature(own: Path) -> None:
    before = signature()
    (own / "noir.toml").write_text(OWN)
    with_it = signature()
    (own / "noir.toml").write_text(OWN + "\n")
    assert len({before, with_it, signature()}) == 3


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16", "utf-8"])
def test_a_styles_csv_of_the_wild(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "styles.csv"
    file.write_bytes(CSV.replace("\n", "\r\n").encode(encoding))
    sheet = read_sheet(file)
    names = [values["name"] for values in sheet.styles]
    assert names == [
        "Film Noir",
        "Cinematic",
        "../../etc/passwd",
        "Übergroß — naïve",
        "After It",
        "Film Noir",
        "[/] [red]x[/red]",
    ]
    assert sheet.styles[0]["prompt"] == "black and white, {prompt}, on two lines"
    assert sheet.styles[1] == {"name": "Cinematic", "prompt": 'my "own" cinematic'}
    assert sheet.styles[4]["negative"] == "no, no"
    assert [problem.split(",")[0].split(" has ")[0].split(" is ")[0] for problem in sheet.problems] == [
        "Line 2",
        "Line 10",
        "Line 11",
        "Line 14",
    ]
    assert bool(sheet.notes) == (encoding == "cp1252")


def test_an_old_styles_csv_with_two_columns(tmp_path: Path) -> None:
    (tmp_path / "styles.csv").write_text("name,text\nNoir,dark\n")
    assert read_sheet(tmp_path / "styles.csv").styles == [{"name": "Noir", "prompt": "dark"}]


def test_fooocus_json(tmp_path: Path) -> None:
    rows = [
        {"name": "sai-3d-model", "prompt": "3d of {prompt} . octane", "negative_prompt": "ugly"},
        {"name": "mre-dark", "negative_prompt": "bright"},
        5,
        {"prompt": "nameless"},
        {"name": "list", "prompt": ["x"]},
        {"name": "empty", "prompt": ""},
        {"name": "long", "prompt": "x" * 9_000},
        {"name": "escape \x1b[31m", "prompt": "a\x00b"},
    ]
    (tmp_path / "sai.json").write_text(json.dumps(rows))
    sheet = read_sheet(tmp_path / "sai.json")
    assert [values["name"] for values in sheet.styles] == ["SAI 3D Model", "MRE Dark", "Escape ␛[31m"]
    assert sheet.styles[0]["prompt"] == "3d of {prompt} . octane"
    assert "prompt" not in sheet.styles[1]
    assert [problem.split()[1].rstrip(",") for problem in sheet.problems] == ["3", "4", "5", "6", "7"]


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("x.csv", b"prompt,negative\na,b\n", "x.csv is no styles.csv"),
        ("x.csv", b"", "x.csv is no styles.csv"),
        ("x.csv", b"\x89PNG\r\n\x1a\n\x00\x00", "x.csv is no styles.csv"),
        ("x.json", b"[1, ", "x.json is not valid JSON: line 1"),
        ("x.json", b'{"a": 1}', "x.json holds no styles"),
        ("x.json", b"[" * 100_000, "x.json is not valid JSON"),
        ("x.toml", b'prompt = "x"', "it has no name"),
        ("missing.csv", None, "missing.csv cannot be read: No such file"),
    ],
)
def test_a_file_of_another_kind_is_a_sentence(tmp_path: Path, name: str, data: bytes | None, sentence: str) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(UserError) as error:
        read_sheet(tmp_path / name)
    assert str(error.value).startswith(sentence)


def test_nothing_is_imported_twice_and_taken_names_get_a_number(tmp_path: Path, own: Path) -> None:
    (tmp_path / "styles.csv").write_text(CSV)
    sheet = read_sheet(tmp_path / "styles.csv")
    found = candidates([sheet.styles], load_styles()[0])
    assert [(each.mark, each.own_name) for each in found if each.mark != NEW] == [
        (TAKEN, "Cinematic 2"),
        (SAME, "Film Noir"),
    ]
    result = take([each for each in found if each.mark != SAME], load_styles()[0])
    assert result.problem == ""
    styles, problems = load_styles()
    assert problems == []
    assert styles["cinematic-2"].name == "Cinematic 2"
    assert styles["etc-passwd"].prompt == "evil"
    assert sorted(file.parent for file in own.parent.rglob("*.toml")) == [own] * 6
    again = candidates([sheet.styles], styles)
    assert {each.mark for each in again} == {SAME}


def test_a_disk_that_fills_up_says_how_far_it_got(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sdxl_tui.core import toml

    real, calls = toml.sync_file, []

    def full(file: Path) -> None:
        calls.append(file)
        if len(calls) > 2:
            raise OSError(28, "No space left on device")
        real(file)

    monkeypatch.setattr("sdxl_tui.core.toml.sync_file", full)
    found = candidates([[{"name": name, "prompt": name} for name in "abcd"]], {})
    result = take(found, {})
    assert [style.name for style in result.styles] == ["a", "b"]
    assert "The style 'c' is not saved: no space" in result.problem
