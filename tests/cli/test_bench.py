"""``sdxl-tui bench``: true tables and valid JSON, on the demo model."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sdxl_tui.cli import main
from sdxl_tui.engine import Measured
from sdxl_tui.engine.bench.run import SECTIONS, Section
from sdxl_tui.engine.bench.workplace import Workplace


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder of the test's own, on a CPU."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SDXL_TUI_DEVICE", "cpu")
    return tmp_path


QUICK = ["bench", "--quick", "--only"]


def test_a_table_for_each_section(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main([*QUICK, "pictures,floor"]) == 0
    out, err = capfd.readouterr()
    assert out.startswith("CPU, ")
    assert "On a CPU every speed runs eager, and small pictures of the demo model are measured." in out
    for words in ("Pictures, beside stock diffusers", "stock / fast", "64x64, 3 steps, batch 2, to disk", "a step"):
        assert words in out
    assert "TFLOP/s" in out
    assert "Switch to another model" not in out
    assert err == ""
    assert [path.name for path in folder.iterdir()] == ["logs"]


def test_json_is_one_object_with_every_figure(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main([*QUICK, "floor,screen", "--json"]) == 0
    told = json.loads(capfd.readouterr().out)
    assert told["model"] == "Demo"
    assert told["versions"]["torch"]
    assert [section["name"] for section in told["sections"]] == ["floor", "screen"]
    for section in told["sections"]:
        assert section["problem"] == ""
        assert section["seconds"] > 0
        for row in section["rows"]:
            for figure in row["figures"]:
                assert figure["lowest"] <= figure["median"] <= figure["highest"]
                assert figure["count"] >= 1
    whats = [row["what"] for row in told["sections"][1]["rows"]]
    assert whats == ["idle", "generating", "loading", "switching"]


def test_a_new_process_is_measured_from_its_start(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main([*QUICK, "start,load", "--json"]) == 0
    start, load = json.loads(capfd.readouterr().out)["sections"]
    names = [figure["name"] for figure in start["rows"][1]["figures"]]
    assert names == ["start", "load", "first picture", "later picture", "first beyond later"]
    assert [figure["name"] for figure in load["rows"][0]["figures"]] == ["stock", "lab", "stock / lab"]


def test_a_section_that_fails_is_a_sentence_and_exit_1(
    folder: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_place: Workplace) -> Iterator[Measured]:
        yield Measured("[/] [red]x[/red]")
        raise ValueError("[$accent] \\[")

    monkeypatch.setitem(SECTIONS, "switch", Section("Switch", broken))
    assert main([*QUICK, "switch,floor"]) == 1
    out, err = capfd.readouterr()
    assert "[/] [red]x[/red]" in out
    assert "× It failed while measuring (ValueError: [$accent] \\[); app_events.log has the details." in out
    assert "TFLOP/s" in out
    assert "Traceback" not in out + err
    assert "ValueError" in (folder / "logs" / "app_events.log").read_text()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--only", "speed"], "There is no section 'speed'; there are start, load,"),
        (["--random-weights"], "is measured on a GPU"),
        (["--random-weights", "--model", "demo"], "leave --model out"),
        (["--keep"], "--keep says nothing without --random-weights"),
        (["--model", "turbo"], "SDXL Turbo is not ready: "),
        (["--model", "realvis9"], "There is no model 'realvis9'"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_2(
    options: list[str], sentence: str, folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["bench", *options]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert sentence in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_leaves_nothing_behind_when_it_is_stopped(number: signal.Signals, folder: Path) -> None:
    environ = os.environ | {"TMPDIR": str(folder / "tmp"), "PYTHONUNBUFFERED": "1"}
    (folder / "tmp").mkdir()
    command = [sys.executable, "-m", "sdxl_tui", "bench", "--quick", "--only", "floor,pictures,models"]
    bench = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environ)
    assert bench.stdout is not None
    while "TFLOP/s" not in bench.stdout.readline():
        pass
    bench.send_signal(number)
    _, err = bench.communicate(timeout=120)
    assert bench.returncode == 1
    assert err == "sdxl-tui: Stopped.\n"
    assert not list((folder / "tmp").glob("sdxl-tui-bench-*"))


def test_a_pipe_that_is_closed_ends_it_quietly(folder: Path) -> None:
    command = f"{sys.executable} -m sdxl_tui bench --quick --only floor | head -1"
    answer = subprocess.run(command, shell=True, capture_output=True, text=True, env=os.environ)
    assert answer.stdout.startswith("CPU, ")
    assert "Traceback" not in answer.stderr
