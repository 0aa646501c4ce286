"""What ``sdxl-tui generate`` makes of weights, groups and wildcards."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sdxl_tui.cli import main


def made(prompt: str, *options: str, capfd: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """The log line of a job on the demo model."""
    command = ["generate", "--model", "demo", "--prompt", prompt, "--steps", "1", "--size", "64x64", "--json"]
    assert main([*command, *options]) == 0
    record: dict[str, Any] = json.loads(capfd.readouterr().out)
    return record


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_weight_makes_another_picture_and_weight_1_the_same(capfd: pytest.CaptureFixture[str]) -> None:
    plain, one, heavy, literal = (
        made(prompt, "--seed", "3", *options, capfd=capfd)
        for prompt, *options in (
            ("a red fox",),
            ("a (red:1) fox",),
            ("a (red:1.6) fox",),
            ("a (red:1.6) fox", "--plain-prompt"),
        )
    )
    assert one["pixels_sha256"] == plain["pixels_sha256"]
    assert len({record["pixels_sha256"][0] for record in (plain, heavy, literal)}) == 3
    assert (heavy["prompt"], heavy["prompt_syntax"]) == ("a (red:1.6) fox", "a1111")
    assert (literal["prompt"], literal["prompt_syntax"]) == ("a (red:1.6) fox", "plain")
    assert heavy["tokens"]["prompt"] == plain["tokens"]["prompt"] < literal["tokens"]["prompt"]


def test_a_group_is_logged_as_what_it_became_and_repeats(capfd: pytest.CaptureFixture[str]) -> None:
    first = made("a {red|blue|green|grey} fox, 100% fur", capfd=capfd)
    assert first["prompt"] in {f"a {colour} fox, 100% fur" for colour in ("red", "blue", "green", "grey")}
    assert first["prompt_template"] == "a {red|blue|green|grey} fox, 100% fur"
    for prompt in (first["prompt"], first["prompt_template"]):
        again = made(prompt, "--seed", str(first["seed"]), capfd=capfd)
        assert again["pixels_sha256"] == first["pixels_sha256"]


def test_the_setting_turns_it_off(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDXL_TUI_PROMPT_SYNTAX", "plain")
    record = made("a {red|blue} fox", capfd=capfd)
    assert (record["prompt"], record["prompt_syntax"]) == ("a {red|blue} fox", "plain")
    assert "prompt_template" not in record
    monkeypatch.setenv("SDXL_TUI_PROMPT_SYNTAX", "compel")
    assert main(["generate", "--model", "demo", "--prompt", "x"]) == 2
    assert capfd.readouterr().err.count("\n") == 1
