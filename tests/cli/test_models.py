"""``sdxl-tui models`` lists what there is, for people and for programs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sdxl_tui.cli import main
from sdxl_tui.core.cache import DEMO_FOLDER
from sdxl_tui.core.models import CATALOGUE
from tests.core.model_folders import write_hub_entry, write_model

READY = "SG161222/RealVisXL_V5.0"
DAMAGED = "John6666/cyberrealistic-xl-v58-sdxl"
KEYS = {"id", "name", "description", "state", "problems", "folder", "size_bytes", "defaults", "licence", "heavy"}
KEYS |= {"source", "file", "revision"}


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A hub cache with one whole model and one damaged one, and a home of our own."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("SDXL_TUI_HOME", str(tmp_path / "lab"))
    monkeypatch.delenv("COLUMNS", raising=False)
    write_hub_entry(tmp_path / "hub", READY)
    damaged = write_hub_entry(tmp_path / "hub", DAMAGED)
    (damaged / "unet" / "diffusion_pytorch_model.fp16.safetensors").unlink()
    (damaged / "vae" / "config.json").unlink()
    return tmp_path


def as_json(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    """What ``models --json`` prints, by id."""
    assert main(["models", "--json", *arguments]) == 0
    return {row["id"]: row for row in json.loads(capsys.readouterr().out)}


def own_models(home: Path, text: str) -> None:
    """Write the user's ``models.toml``."""
    (home / "lab").mkdir()
    (home / "lab" / "models.toml").write_text(text, encoding="utf-8")


def test_json_has_the_keys_that_programs_rely_on(capsys: pytest.CaptureFixture[str], places: Path) -> None:
    rows = as_json(capsys)

    assert list(rows) == list(CATALOGUE)
    assert all(set(row) == KEYS for row in rows.values())
    assert {identity: row["state"] for identity, row in rows.items() if row["state"] != "absent"} == {
        READY: "ready",
        DAMAGED: "incomplete",
        "demo": "ready",
    }
    assert rows[READY]["defaults"] == {
        "steps": 30,
        "guidance_scale": 5.0,
        "width": 1024,
        "height": 1024,
        "scheduler": "dpmpp_2m",
    }
    assert Path(rows[READY]["folder"]).parent == places / "hub" / "models--SG161222--RealVisXL_V5.0" / "snapshots"
    assert rows[READY]["problems"] == []
    assert rows[READY]["size_bytes"] > 0
    assert rows["demo"]["folder"] == str(DEMO_FOLDER)


def test_json_tells_every_problem(capsys: pytest.CaptureFixture[str]) -> None:
    problems = as_json(capsys)[DAMAGED]["problems"]

    assert len(problems) == 2
    assert problems[0].startswith("unet has no weights: diffusion_pytorch_model.fp16.safetensors or")
    assert problems[1] == "vae/config.json is missing."


def test_the_list_says_state_place_and_problems(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models"]) == 0

    printed = capsys.readouterr().out
    lines = printed.splitlines()
    assert [line for line in lines if line.startswith("● RealVisXL V5.0") and line.endswith("ready")]
    assert [line for line in lines if line.startswith("▲ CyberRealistic XL 5.8") and line.endswith("incomplete")]
    assert [line for line in lines if line.startswith("□ SDXL Turbo") and line.endswith("absent")]
    assert "  ~/hub/models--SG161222--RealVisXL_V5.0" in lines
    assert "  ▲ vae/config.json is missing." in lines
    assert "  □ SDXL Turbo is not in ~/hub." in lines
    assert "  4 steps · guidance 0 · 512×512 · Default" in lines


@pytest.mark.parametrize("columns", [80, 40])
def test_on_a_terminal_no_line_is_wider_than_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, places: Path, columns: int
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", str(columns))
    own_models(
        places,
        f'[[model]]\nid = "mine"\nfolder = "{places}/gone"\ndescription = "{"many words " * 20}"\n',
    )

    assert main(["models"]) == 0

    lines = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out).splitlines()
    too_wide = [line for line in lines if len(line) > columns]
    assert "many words many words" in "".join(lines)
    assert [line for line in too_wide if len(line.split()) > 1] == [], "only an id or a path stays whole"


def test_one_model_by_any_part_of_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(as_json(capsys, "realvis")) == [READY]


def test_a_name_that_is_not_there_is_refused_with_a_near_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "realviz"]) == 2

    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "sdxl-tui: There is no model 'realviz'; did you mean RealVisXL V5.0?\n"


def test_own_models_stand_in_the_list_and_their_text_is_never_markup(
    capsys: pytest.CaptureFixture[str], places: Path
) -> None:
    folder = write_model(places / "[bold]mine")
    texts = 'name = "[red]Mine[/red] :smile:"\ndescription = "a\\u001b[2Jb"\n'
    own_models(places, f'[[model]]\nid = "mine"\nfolder = "{folder}"\n{texts}')

    assert main(["models", "mine"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("● [red]Mine[/red] :smile: ")
    assert lines[0].endswith("ready")
    assert "  a␛[2Jb" in lines
    assert "  ~/[bold]mine" in lines


def test_the_command_leaves_torch_alone_and_opens_no_weights(places: Path) -> None:
    code = (
        "import sys\n"
        "from sdxl_tui.cli import main\n"
        "assert main(['models', '--json']) == 0\n"
        "heavy = {'torch', 'diffusers', 'transformers', 'safetensors', 'huggingface_hub', 'textual', 'numpy'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=dict(os.environ))

    assert done.returncode == 0, done.stderr
    assert [row["state"] for row in json.loads(done.stdout) if row["id"] == READY] == ["ready"]


def test_a_terminal_without_the_glyphs_still_gets_the_list() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sdxl_tui", "models", "turbo"],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "latin-1"},
    )

    assert done.returncode == 0, done.stderr
    assert b"? SDXL Turbo" in done.stdout
    assert b"absent" in done.stdout
