"""A lab and a file of jobs on one folder at the same time: neither is in the other's way."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.e2e.terminal import Terminal


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Terminal]:
    terminal = Terminal(tmp_path, f"{sys.executable} -m sdxl_tui demo")
    yield terminal
    terminal.close()


def test_a_lab_and_a_file_of_jobs_share_a_folder(lab: Terminal, tmp_path: Path) -> None:
    (tmp_path / "night.txt").write_text("".join(f"a fox {number}\n" for number in range(4)))
    lab.wait_for(r"Demo loaded in")
    command = [sys.executable, "-m", "sdxl_tui", "generate", "--jobs", "night.txt", "--model", "demo", "--steps", "4"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as jobs:
        lab.press("Enter")
        lab.wait_for(r"done in")
        out, err = jobs.communicate(timeout=120)
    assert (jobs.returncode, err) == (0, "")
    folder = tmp_path / "output_images"
    lines = [json.loads(line) for line in (folder / "jobs.log").read_text(encoding="utf-8").splitlines()]
    assert [line["status"] for line in lines] == ["done"] * 5
    names = {line["outputs"][0] for line in lines}
    assert names == {path.name for path in folder.glob("*.png")}
    assert {Path(path).name for path in out.splitlines()} < names
    for name in names:
        with Image.open(folder / name) as picture:
            picture.load()
