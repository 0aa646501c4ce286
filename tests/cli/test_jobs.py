from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.cells import cell_len

from sdxl_tui.cli import main
from sdxl_tui.core import joblog
from tests.core.records import NASTY_PROMPTS, job_record

Jobs = Callable[..., list[str]]


@pytest.fixture
def jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Jobs:
    """Runs ``sdxl-tui jobs`` on the log in ``tmp_path`` and returns the lines it prints."""
    monkeypatch.setenv("SDXL_TUI_HOME", str(tmp_path / "home"))

    def run(*arguments: str, columns: int | None = None) -> list[str]:
        monkeypatch.delenv("COLUMNS", raising=False)
        if columns:
            monkeypatch.setenv("COLUMNS", str(columns))
        assert main(["jobs", "--output-dir", str(tmp_path), *arguments]) == 0
        return capsys.readouterr().out.splitlines()

    return run


def log(folder: Path, *records: dict[str, object]) -> None:
    for record in records:
        joblog.append(folder, record)


def test_a_job_is_a_line_that_says_what_it_was(tmp_path: Path, jobs: Jobs) -> None:
    log(tmp_path, job_record())
    (line,) = jobs(columns=160)
    for part in (
        "2026-11-23 17:49",
        "20261123-174900-ab12cd",
        "RealVisXL V5.0",
        "1024×768",
        "30 steps",
        "seed 123456",
        "a red fox",
    ):
        assert part in line


def test_each_ending_has_its_sign_and_a_failure_its_reason(tmp_path: Path, jobs: Jobs) -> None:
    endings = ("done", "partial", "failed", "cancelled", "new")
    log(tmp_path, *(job_record(status=status, error=None) for status in endings))
    log(tmp_path, job_record(status="failed", error="Out of memory at step 3 of 30."))
    lines = jobs()
    assert [line[0] for line in lines] == ["●", "▲", "×", "–", "·", "×"]
    assert lines[-1].endswith("Out of memory at step 3 of 30. · a red fox")


def test_the_newest_is_last_and_twenty_are_shown(tmp_path: Path, jobs: Jobs) -> None:
    log(tmp_path, *(job_record(prompt=f"fox {number}") for number in range(25)))
    assert [line.rpartition("  ")[2] for line in jobs()] == [f"fox {number}" for number in range(5, 25)]
    assert [line.rpartition("  ")[2] for line in jobs("-n", "2")] == ["fox 23", "fox 24"]
    assert len(jobs("-n", "100")) == 25


@pytest.mark.parametrize("columns", [1, 20, 40, 80, 100, 120, 200])
def test_no_line_is_wider_than_the_terminal(tmp_path: Path, jobs: Jobs, columns: int) -> None:
    log(tmp_path, *(job_record(prompt=prompt) for prompt in NASTY_PROMPTS.values()), {"prompt": "日本" * 200})
    lines = jobs(columns=columns)
    assert len(lines) == len(NASTY_PROMPTS) + 1
    assert max(cell_len(line) for line in lines) <= columns
    assert lines[-1].endswith("…")


def test_a_narrow_terminal_keeps_the_prompt_and_the_job_id(tmp_path: Path, jobs: Jobs) -> None:
    log(tmp_path, job_record())
    (line,) = jobs(columns=60)
    assert line == "●  20261123-174900-ab12cd  a red fox"


@pytest.mark.parametrize("prompt", NASTY_PROMPTS.values(), ids=NASTY_PROMPTS)
def test_no_prompt_acts_on_the_terminal(tmp_path: Path, jobs: Jobs, prompt: str) -> None:
    log(tmp_path, job_record(prompt=prompt, model_name=prompt, error=prompt, status="failed"))
    (line,) = jobs()
    assert not set(line) & set("\x1b\x9b\x00\x0c\u2028\u2029\x85\t")


def test_markup_is_shown_as_typed(tmp_path: Path, jobs: Jobs) -> None:
    log(tmp_path, job_record(prompt=NASTY_PROMPTS["markup"]))
    assert jobs()[0].endswith("[/] [red]x[/red] [$accent] \\[")


def test_json_is_the_logs_lines_with_all_their_keys(tmp_path: Path, jobs: Jobs) -> None:
    records = [job_record(prompt=prompt, own={"k": [1, None]}) for prompt in NASTY_PROMPTS.values()]
    log(tmp_path, *records)
    (tmp_path / joblog.NAME).open("a").write('{"job_id": "cut')
    assert [json.loads(line) for line in jobs("--json", columns=20)] == records
    assert [json.loads(line) for line in jobs("--json", "-n", "1")] == records[-1:]


def test_the_old_labs_lines_are_listed(tmp_path: Path, jobs: Jobs) -> None:
    (tmp_path / joblog.NAME).write_text('{"prompt": "old fox", "steps": "40", "timestamp": 1700000000}\n{}\n')
    first, second = jobs()
    assert first.startswith("●")
    assert "40 steps" in first
    assert first.endswith("old fox")
    assert second == "●"


def test_no_jobs_yet_is_said_beside_the_output(tmp_path: Path, jobs: Jobs, capsys: pytest.CaptureFixture[str]) -> None:
    assert jobs("--json") == []
    assert main(["jobs", "--output-dir", str(tmp_path / "none")]) == 0
    assert capsys.readouterr() == ("", f"No jobs in {tmp_path}/none/jobs.log yet.\n")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ["colour:red"],
            "There is no field 'colour:' to search in; there are model, style, scheduler, mode, status, kept, "
            "seed, size, steps, since, day. In quotes it is a word.",
        ),
        (["since:someday"], "'someday' is no day: write it as today, yesterday, monday, 2026-11-23 or 2026-11."),
        (["-n", "0"], "-n goes from 1."),
        (["-n", "-3"], "-n goes from 1."),
        (["-n", "many"], "-n must be a whole number, not 'many'."),
        (["--output-dir", "/dev/null"], "/dev/null/jobs.log cannot be read: Not a directory."),
    ],
)
@pytest.mark.usefixtures("jobs")
def test_bad_input_is_one_sentence(arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["jobs", *arguments]) == 2
    assert capsys.readouterr() == ("", f"sdxl-tui: {sentence}\n")


def test_without_the_option_it_is_the_folder_of_the_settings(
    tmp_path: Path, jobs: Jobs, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    log(tmp_path / "elsewhere", job_record())
    monkeypatch.setenv("SDXL_TUI_OUTPUT_DIR", str(tmp_path / "elsewhere"))
    assert main(["jobs"]) == 0
    assert capsys.readouterr().out.count("\n") == 1


def test_a_query_finds_jobs(tmp_path: Path, jobs: Jobs, capsys: pytest.CaptureFixture[str]) -> None:
    log(tmp_path, *(job_record(prompt=f"fox {number}", seed=number) for number in range(25)))
    log(tmp_path, job_record(prompt="a harbour", status="failed", error="It broke.", model="stabilityai/sdxl-turbo"))
    assert [line.rpartition("  ")[2] for line in jobs("harb")] == ["It broke. · a harbour"]
    assert len(jobs("fox")) == 20
    assert [json.loads(line)["prompt"] for line in jobs("-n", "2", "--json", "fox -harbour")] == ["fox 23", "fox 24"]
    assert len(jobs("model:turbo", "status:failed")) == 1
    assert jobs('[/] [red]x[/red] " * ( OR') == []
    assert main(["jobs", "--output-dir", str(tmp_path), "zebra"]) == 0
    assert capsys.readouterr() == ("", f"No job in {tmp_path}/jobs.log fits: zebra\n")


def test_a_query_needs_no_place_for_an_index(
    tmp_path: Path, jobs: Jobs, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    log(tmp_path, job_record())
    (tmp_path / "blocked").touch()
    monkeypatch.setenv("SDXL_TUI_HOME", str(tmp_path / "blocked" / "home"))
    assert main(["jobs", "--output-dir", str(tmp_path), "fox"]) == 0
    output = capsys.readouterr()
    assert output.out.count("\n") == 1
    assert output.err.count("\n") == 1


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_any_encoding_of_the_terminal_will_do(tmp_path: Path, encoding: str) -> None:
    log(tmp_path, job_record(prompt="ein Füchslein 🦊"))
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "SDXL_TUI_HOME": str(tmp_path)}
    command = [sys.executable, "-m", "sdxl_tui", "jobs", "--output-dir", str(tmp_path)]
    lines, record = (
        subprocess.run([*command, *more], capture_output=True, env=environment, check=True, timeout=60).stdout
        for more in ([], ["--json"])
    )
    assert "chslein" in lines.decode(encoding)
    assert json.loads(record.decode(encoding))["prompt"] == "ein Füchslein 🦊"
