"""The command for the empty queue."""

from __future__ import annotations

from pathlib import Path

from sdxl_tui.core.done_command import run_done_command

TOLD = 'echo "$SDXL_TUI_DONE $SDXL_TUI_FAILED $SDXL_TUI_CANCELLED $SDXL_TUI_OUTPUT_DIR"'


def run(command: str, tmp_path: Path, log_file: Path | None = None, patience: float | None = None) -> str:
    return run_done_command(
        command, done=3, failed=1, cancelled=2, output_dir=tmp_path, log_file=log_file, patience=patience
    )


def test_it_learns_how_it_went_and_speaks_into_the_log(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.write_text("before\n")
    assert run(f"{TOLD}; echo on 2 >&2; tty", tmp_path, log).startswith("The command for the empty queue ended with 1")
    assert log.read_text().splitlines()[:3] == ["before", f"3 1 2 {tmp_path}", "on 2"]
    assert "not a tty" in log.read_text()


def test_one_that_fails_says_so_in_a_sentence(tmp_path: Path) -> None:
    assert run("echo nobody is there; exit 7", tmp_path) == (
        "The command for the empty queue ended with 7: nobody is there."
    )
    assert "has what it said" in run("exit 7", tmp_path, tmp_path / "app.log")
    assert run("a\0b", tmp_path).startswith("The command for the empty queue did not run")
    (tmp_path / "file").touch()
    said = run("true", tmp_path, tmp_path / "file" / "app.log")
    assert said.startswith("The command for the empty queue did not run")


def test_one_that_goes_on_is_left_alone(tmp_path: Path) -> None:
    done = tmp_path / "done"
    assert run(f"mkfifo {tmp_path}/go; read line < {tmp_path}/go; touch {done}", tmp_path, patience=0.2) == ""
    assert not done.exists()
    (tmp_path / "go").write_text("go\n")
    while not done.exists():
        pass
