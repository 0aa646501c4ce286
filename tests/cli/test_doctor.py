"""``sdxl-tui doctor``: each problem comes with what to do."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from sdxl_tui.cli import main
from sdxl_tui.core import machine
from sdxl_tui.core.settings import Settings
from sdxl_tui.tui import terminal_findings
from sdxl_tui.tui.terminal_kinds import KITTY
from sdxl_tui.tui.terminals import Client, Facts


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """Run the doctor and return its exit code and its words, line breaks taken out."""
    monkeypatch.chdir(tmp_path)

    def run(*options: str) -> tuple[int, str]:
        code = main(["doctor", *options])
        return code, " ".join(capsys.readouterr().out.split())

    return run


def test_it_names_versions_device_models_and_folders(printed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLORTERM", "truecolor")
    code, text = printed()
    assert code == 0
    for topic in ("python", "torch", "diffusers", "transformers", "runs on", "model cache", "memlock", "shared memory"):
        assert topic in text
    assert "0 of 6 ready" in text
    assert "COLORTERM=truecolor" in text
    assert "free" in text


def test_a_missing_colorterm_comes_with_its_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLORTERM", raising=False)
    finding = next(found for found in machine.terminal() if found.topic == "colours")
    assert finding.state == machine.RISKY
    assert "export COLORTERM=truecolor" in finding.cure
    assert "-e COLORTERM=truecolor" in finding.cure


def test_a_dumb_terminal_is_risky() -> None:
    states = {found.topic: found.state for found in machine.terminal({"TERM": "dumb", "COLORTERM": "24bit"})}
    assert (states["terminal"], states["colours"]) == (machine.RISKY, machine.FINE)


def test_it_says_how_pictures_are_shown_and_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    kitty = Client(KITTY, (0, 41, 1), "xterm-kitty", key="one")
    facts = Facts((kitty,), multiplexer="tmux", tmux_version="3.3a", passthrough="off", has_focus_events=False)
    monkeypatch.setattr(terminal_findings, "look", lambda **_: facts)
    monkeypatch.setattr("sys.stderr", SimpleNamespace(isatty=lambda: True))
    found = list(terminal_findings.pictures(Settings(colours="truecolor")))
    assert found[0].value == "octants, in kitty 0.41.1 in tmux 3.3a: Octants look right in kitty 0.41.1 in tmux 3.3a."
    assert found[0].state == machine.FINE
    said = {finding.value.split(":")[0]: finding.value for finding in found if finding.topic == "not here"}
    assert "set -g allow-passthrough on" in said["kitty graphics"]
    assert "set -g focus-events on" in found[-1].cure
    asked = next(terminal_findings.pictures(Settings(colours="truecolor", images="kitty")))
    assert asked.state == machine.RISKY


def test_an_output_folder_that_cannot_be_written_is_broken(printed, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    code, text = printed("--output-dir", "taken")
    assert code == 1
    assert "taken cannot be written" in text
    assert "must be mended" in text


def test_a_gpu_that_is_asked_for_and_not_there_is_broken(printed, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setenv("SDXL_TUI_DEVICE", "cuda")
    code, text = printed()
    assert code == 1
    assert "torch sees no CUDA GPU here" in text


def test_the_speeds_that_cannot_run_come_with_their_cure(printed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDXL_TUI_DEVICE", "cpu")
    code, text = printed()
    assert code == 0
    for speed in ("fast", "exact"):
        assert f"▲ {speed} cannot run, it needs a CUDA GPU: its jobs run eager → the setting `device` is cpu" in text


def test_the_speeds_that_can_run_are_named_with_triton(printed, monkeypatch: pytest.MonkeyPatch) -> None:
    from sdxl_tui import engine

    monkeypatch.setattr(engine, "obstacle_to", lambda speed, device: None, raising=False)
    monkeypatch.setattr(engine, "triton_version", lambda: "3.6.0", raising=False)
    _, text = printed()
    assert "● fast can run, Triton 3.6.0" in text
    assert "● exact can run" in text


def test_a_style_file_that_was_skipped_is_named(printed, own_home: Path) -> None:
    (own_home / "styles").mkdir(parents=True)
    (own_home / "styles" / "noir.toml").write_text('name = "Noir"\nsteps = "many"\n')
    _, text = printed()
    assert "noir.toml was skipped: line 2, 'steps' must be a whole number" in text


def test_a_bad_models_toml_is_named(printed, own_home: Path) -> None:
    own_home.mkdir(parents=True)
    (own_home / "models.toml").write_text("[[model]]\nname = 'x'\n")
    code, text = printed()
    assert code == 1
    assert "models.toml, model 1 has no id" in text
