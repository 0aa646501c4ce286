"""``sdxl-tui models verify``, for people and programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sdxl_tui.cli import main
from tests.core.model_folders import UNET, cut, write_hub_entry
from tests.core.test_verifying import IDENTITY, as_the_hub_does


@pytest.fixture
def snapshot(tmp_path: Path, own_home: Path) -> Path:
    """A whole model in the hub cache."""
    return as_the_hub_does(write_hub_entry(tmp_path / "hub", IDENTITY))


def test_without_deep_it_says_what_models_says_of_those_that_are_there(
    snapshot: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", "verify"]) == 0
    printed = capsys.readouterr().out
    assert "● SDXL Turbo" in printed
    assert "RealVisXL" not in printed
    cut((snapshot / UNET).resolve())
    assert main(["models", "verify"]) == 1
    assert "▲ unet/diffusion_pytorch_model.fp16.safetensors has" in capsys.readouterr().out
    assert main(["models", "verify", "realvis"]) == 1


def test_deep_counts_what_matches_and_names_what_does_not(snapshot: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "verify", "turbo", "--deep"]) == 0
    captured = capsys.readouterr()
    assert captured.out == "● SDXL Turbo: 16 files match the hashes in the hub cache.\n"
    assert captured.err.startswith("SDXL Turbo: ")
    with (snapshot / UNET).resolve().open("r+b") as opened:
        opened.seek(-1, 2)
        opened.write(b"x")
    assert main(["models", "verify", "turbo", "--deep"]) == 1
    assert capsys.readouterr().out == (
        f"▲ SDXL Turbo: {UNET} does not match the hash in the hub cache.\n"
        f"  `sdxl-tui models download {IDENTITY} --repair` makes them anew.\n"
    )


def test_json_has_what_programs_want(snapshot: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "verify", "turbo", "demo", "--deep", "--json"]) == 0
    turbo, demo = json.loads(capsys.readouterr().out)
    assert (turbo["matching"], turbo["wrong"], turbo["unknown"]) == (16, [], {})
    assert demo["matching"] == 0
    assert len(demo["unknown"]["unet/diffusion_pytorch_model.safetensors"]) == 64


def test_a_model_that_is_not_known_is_refused(snapshot: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "verify", "nothing-like-it"]) == 2
    assert capsys.readouterr().err.startswith("sdxl-tui: There is no model 'nothing-like-it'; ")
