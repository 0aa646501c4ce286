from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from sdxl_tui.core.schedulers import SCHEDULERS
from sdxl_tui.core.styles import Style, load_styles

CHECKOUT = Path(__file__).parents[2]
SHIPPED = {
    "none": "None / Raw",
    "35mm-film": "35mm Film",
    "anime": "Anime / Vibrant",
    "black-and-white": "Black & White",
    "cinematic": "Cinematic",
    "dark-fantasy": "Dark Fantasy / Grimdark",
    "frank-frazetta": "Frank Frazetta Fantasy",
    "hr-giger": "H.R. Giger Biomechanical",
    "pencil-sketch": "Pencil Sketch",
    "photoreal": "Photoreal",
    "r-rated": "R-Rated",
    "ralph-bakshi": "Ralph Bakshi Animation",
    "rotoscoping": "Rotoscoping",
    "soft-illustration": "Soft Illustration",
    "tim-burton": "Tim Burton Style",
}
LIST_STYLES = """
from sdxl_tui.core.styles import load_styles, style_folders
styles, problems = load_styles()
assert not problems, problems
print(style_folders()[0])
print(len(styles))
print(styles["cinematic"].description)
"""


@pytest.fixture
def user_styles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's own styles folder, empty."""
    monkeypatch.setenv("SDXL_TUI_HOME", str(tmp_path / "home"))
    folder = tmp_path / "home" / "styles"
    folder.mkdir(parents=True)
    return folder


@pytest.mark.usefixtures("user_styles")
def test_all_fifteen_are_there_raw_first_then_by_name() -> None:
    styles, problems = load_styles()
    assert problems == []
    assert {style.id: style.name for style in styles.values()} == SHIPPED
    assert list(styles) == list(SHIPPED)


@pytest.mark.usefixtures("user_styles")
def test_each_says_what_it_does_in_short_phrases() -> None:
    styles = load_styles()[0]
    for style in styles.values():
        assert style.description
        if style.id != "none":
            assert 8 <= len(style.prompt.split()) <= 18, style.id
            assert 5 <= len(style.negative.split()) <= 14, style.id
            assert all(phrase == phrase.strip() for phrase in style.prompt.split(", ")), style.id
            assert style.scheduler in SCHEDULERS
            assert style.steps is not None


@pytest.mark.usefixtures("user_styles")
def test_raw_adds_nothing_and_cinematic_its_words() -> None:
    styles = load_styles()[0]
    assert styles["none"].styled_prompt("a fox") == "a fox"
    assert styles["none"].styled_negative_prompt("") == ""
    assert styles["cinematic"].styled_prompt("a fox") == (
        "a fox, cinematic still, dramatic lighting, shallow depth of field, film color grading, 35mm anamorphic"
    )
    assert styles["cinematic"].styled_negative_prompt("") == (
        "flat lighting, overexposed, cartoon, illustration, lowres, jpeg artifacts"
    )


def test_a_prompt_with_a_place_in_it_is_put_there() -> None:
    style = Style("x", "X", prompt="poster of {prompt}, flat")
    assert style.styled_prompt("a {fox}") == "poster of a {fox}, flat"


def test_the_users_style_of_the_same_name_wins(user_styles: Path) -> None:
    (user_styles / "mine.toml").write_text('name = "cinematic"\nprompt = "mine"\n')
    styles, problems = load_styles()
    assert problems == []
    assert len(styles) == 15
    assert styles["mine"].styled_prompt("a fox") == "a fox, mine"
    assert "cinematic" not in styles


def test_the_users_style_in_a_file_of_the_same_name_wins(user_styles: Path) -> None:
    (user_styles / "tim-burton.toml").write_text('name = "A first name"\nprompt = "mine"\n')
    styles = load_styles()[0]
    assert styles["tim-burton"].prompt == "mine"
    assert len(styles) == 15


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('name = "Noir', "not valid TOML"),
        ('prompt = "dark"', "it has no name"),
        ('name = "Noir"\nstep = 3', "'step' is no field"),
        ('name = "Noir"\nsteps = "many"', "line 2, 'steps' must be a whole number"),
        ('name = "Noir"\nsteps = true', "line 2, 'steps' must be a whole number"),
        ('name = "Noir"\nsteps = 201', "line 2, steps go from 1 to 200"),
        ('name = "Noir"\nguidance = nan', "line 2, guidance goes from 0 to 50"),
        ('name = "Noir"\nscheduler = "dpm9"', "there is no scheduler 'dpm9'"),
        ('name = "PHOTOREAL "\n[extra]\n', "'extra' is no field"),
    ],
)
def test_a_bad_file_is_named_and_skipped(user_styles: Path, text: str, reason: str) -> None:
    (user_styles / "noir.toml").write_text(text)
    (user_styles / "good.toml").write_text('name = "Good"\n')
    styles, (problem,) = load_styles()
    assert problem.startswith("noir.toml was skipped: ")
    assert reason in problem
    assert len(styles) == 16
    assert "good" in styles


def test_a_file_that_is_no_text_is_named_and_skipped(user_styles: Path) -> None:
    (user_styles / "noir.toml").write_bytes(b'name = "\xff"')
    (user_styles / "folder.toml").mkdir()
    problems = load_styles()[1]
    assert [problem.split()[0] for problem in problems] == ["folder.toml", "noir.toml"]


def test_two_files_of_one_name_are_told(user_styles: Path) -> None:
    for file in ("a", "b"):
        (user_styles / f"{file}.toml").write_text('name = "Noir"\n')
    styles, problems = load_styles()
    assert problems == ["b.toml was skipped: a.toml has the name 'Noir' too."]
    assert "a" in styles


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the tree, to build from."""
    copy = tmp_path_factory.mktemp("checkout")
    for name in ("sdxl_tui", "styles"):
        shutil.copytree(CHECKOUT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "LICENSE"):
        shutil.copy(CHECKOUT / name, copy)
    (copy / "README.md").touch()
    return copy


def unpacked(checkout: Path, target: str, folder: Path) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(folder / "dist")]
    subprocess.run(command, cwd=checkout, check=True, capture_output=True, timeout=120)
    (wheel,) = (folder / "dist").glob("*.whl")
    zipfile.ZipFile(wheel).extractall(folder / "site-packages")
    return folder / "site-packages"


def listed_styles(site_packages: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Where a program started elsewhere, with these site-packages, finds the styles, their number, and one of them."""
    monkeypatch.setenv("SDXL_TUI_HOME", str(folder / "home"))
    linked = [line for file in site_packages.glob("*.pth") for line in file.read_text().splitlines()]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(site_packages), *linked]))
    command = [sys.executable, "-c", LIST_STYLES]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stderr
    return result.stdout.splitlines()


def test_a_wheel_brings_its_styles(checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site_packages = unpacked(checkout, "wheel", tmp_path)
    place, number, _ = listed_styles(site_packages, tmp_path, monkeypatch)
    assert place == str(site_packages / "sdxl_tui" / "styles")
    assert number == "15"


def test_an_editable_install_reads_the_checkouts_styles(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site_packages = unpacked(checkout, "wheel:editable", tmp_path)
    assert not list(site_packages.rglob("*.toml")), "a copy in site-packages would grow stale"
    style = checkout / "styles" / "cinematic.toml"
    style.write_text('name = "Cinematic"\ndescription = "edited"\n')
    assert listed_styles(site_packages, tmp_path, monkeypatch) == [str(checkout / "styles"), "15", "edited"]
