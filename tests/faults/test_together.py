"""Several processes on one folder, and a lab.db that cannot be used: no clash, nothing torn, nothing twice."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from sdxl_tui.cli import main
from sdxl_tui.core import jobs_lock, paths
from sdxl_tui.core.lab_db import NAME
from tests.faults.disks import read_only

QUICK = ["--model", "demo", "--size", "64x64", "--steps", "1"]


def generate(*options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "sdxl_tui", "generate", *options, *QUICK]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def logged(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "jobs.log").read_text(encoding="utf-8").splitlines()]


def test_two_generates_at_once_share_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same prompts with the same seeds: every name is wanted twice."""
    monkeypatch.chdir(tmp_path)
    for name in ("one.jsonl", "two.jsonl"):
        Path(name).write_text("".join(json.dumps({"prompt": "a fox", "seed": n % 4}) + "\n" for n in range(8)))
    processes = [generate("--jobs", name) for name in ("one.jsonl", "two.jsonl")]
    outputs = [process.communicate(timeout=120) for process in processes]
    assert [err for _, err in outputs] == ["", ""]
    lines = logged(tmp_path / "output_images")
    assert [line["status"] for line in lines] == ["done"] * 16
    names = [line["outputs"][0] for line in lines]
    assert len(set(names)) == 16
    assert {path.name for path in (tmp_path / "output_images").glob("*.png")} == set(names)
    assert {Path(path).name for out, _ in outputs for path in out.splitlines()} == set(names)
    for name in names:
        with Image.open(tmp_path / "output_images" / name) as picture:
            picture.load()


def test_a_file_of_jobs_runs_once_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("night.txt").write_text("a fox\n")
    with jobs_lock.only_here("night.txt", Path("output_images")):
        process = generate("--jobs", str(tmp_path / "night.txt"))
        _, err = process.communicate(timeout=60)
        assert process.returncode == 2
        assert "night.txt runs already, as process " in err
        assert len(err.splitlines()) == 1
        with jobs_lock.only_here("night.txt", Path("elsewhere")), jobs_lock.only_here("-", Path("output_images")):
            pass
    assert main(["generate", "--jobs", "night.txt", *QUICK]) == 0


@pytest.mark.parametrize("fault", ["a folder", "garbage", "read-only"])
def test_a_lab_db_that_cannot_be_used_costs_time_and_nothing_else(
    fault: str, tmp_path: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("night.txt").write_text("a fox\na cat\n")
    assert main(["generate", "--jobs", "night.txt", *QUICK]) == 0
    capfd.readouterr()
    file = paths.state_dir() / NAME
    if fault == "a folder":
        file.mkdir(parents=True)
    elif fault == "garbage":
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"no database " * 1000)
    else:
        assert main(["jobs", "cat"]) == 0
        capfd.readouterr()
    found = search_on(file, read_only_there=fault == "read-only", capfd=capfd)
    assert "a cat" in found.out
    assert "a fox" not in found.out
    assert "Traceback" not in found.err
    assert len(found.err.splitlines()) <= 1


def search_on(file: Path, *, read_only_there: bool, capfd: pytest.CaptureFixture[str]) -> Any:
    if read_only_there:
        with read_only(file.parent):
            assert main(["jobs", "cat"]) == 0
    else:
        assert main(["jobs", "cat"]) == 0
    return capfd.readouterr()


@pytest.mark.parametrize("fault", ["a file", "read-only"])
def test_a_home_that_takes_nothing_costs_no_picture(
    fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    home = tmp_path / "home"
    monkeypatch.setenv("SDXL_TUI_HOME", str(home))
    command = ["generate", "--prompt", "a fox", *QUICK]
    if fault == "a file":
        home.write_text("a file")
        assert main(command) == 0
    else:
        home.mkdir()
        with read_only(home):
            assert main(command) == 0
    out, err = capfd.readouterr()
    assert len(out.splitlines()) == 1
    assert err == ""


def test_a_file_of_jobs_that_cannot_be_held_runs_with_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("night.txt").write_text("a fox\n")
    Path("home").write_text("a file")
    monkeypatch.setenv("SDXL_TUI_HOME", "home")
    assert main(["generate", "--jobs", "night.txt", *QUICK]) == 0
    out, err = capfd.readouterr()
    assert len(out.splitlines()) == 1
    assert err.startswith("sdxl-tui: night.txt cannot be held for this process alone (")
    assert len(err.splitlines()) == 1
