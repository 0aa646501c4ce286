"""What is said about a container, its paths, its cards and its older torch."""

from __future__ import annotations

import importlib.metadata
import os
from pathlib import Path

import pytest

from sdxl_tui.core.container import container
from sdxl_tui.core.container_kind import container_kind
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.findings import FINE, RISKY, Finding
from sdxl_tui.core.host_paths import read_host_dir
from sdxl_tui.core.machine import terminal
from sdxl_tui.core.pinning import Card, pinned
from sdxl_tui.core.settings import Settings, load_settings
from sdxl_tui.core.stack import installed, older_stack

APP = Path("/app")


@pytest.mark.parametrize(
    ("text", "path", "shown"),
    [
        ("", "/app/a.png", "/app/a.png"),
        ("/srv/lab", "/app/output_images/a.png", "/srv/lab/output_images/a.png"),
        ("/srv/lab", "/data/a.png", "/data/a.png"),
        ("/srv/lab", "/application/a.png", "/application/a.png"),
        ("/app=/srv/lab", "/app/a.png", "/srv/lab/a.png"),
        ("/app=/srv/lab, /app/big=/mnt/big", "/app/big/a.png", "/mnt/big/a.png"),
        ("/app=/srv/lab,/data=/mnt/data", "/data/x/a.png", "/mnt/data/x/a.png"),
        ("/srv/a, b=c", "/app/a.png", "/srv/a, b=c/a.png"),
        ("/", "/app/a.png", "/a.png"),
    ],
)
def test_a_path_is_shown_as_the_host_has_it(text: str, path: str, shown: str) -> None:
    assert read_host_dir(text, APP).shown(Path(path)) == shown


@pytest.mark.parametrize("text", ["lab", "~/lab", "app=/srv/lab"])
def test_a_host_dir_that_is_no_whole_path_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="no whole path"):
        read_host_dir(text, APP)
    monkeypatch.setenv("SDXL_TUI_HOST_DIR", text)
    with pytest.raises(UserError, match=r"In the environment .*'host_dir' must be a folder of the host"):
        load_settings()


def said(findings: object) -> dict[str, Finding]:
    return {finding.topic: finding for finding in findings}


def in_a_container(root: Path, **environ: str) -> dict[str, Finding]:
    (root / ".dockerenv").touch()
    settings = Settings(output_dir=root / "pictures", host_dir=environ.pop("host_dir", ""))
    return said(container(settings, environ, root, user=0))


def test_a_container_says_what_is_lost_with_it_and_how_its_paths_are_called(tmp_path: Path) -> None:
    assert container_kind(tmp_path) == ""
    assert not list(container(Settings(), {}, tmp_path))
    found = in_a_container(tmp_path, NVIDIA_PYTORCH_VERSION="24.04")
    assert found["container"].value == "docker, of NVIDIA PyTorch 24.04"
    assert "-e SDXL_TUI_HOME=/app/.sdxl-tui" in found["kept"].cure
    assert '-e SDXL_TUI_HOST_DIR="$PWD"' in found["host_dir"].cure
    found = in_a_container(tmp_path, SDXL_TUI_HOME="/app/.sdxl-tui", host_dir="/srv/lab")
    assert "kept" not in found
    assert found["host_dir"].state == FINE


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_files_of_root_in_a_users_folder_are_told_of(tmp_path: Path) -> None:
    assert "owner" not in in_a_container(tmp_path)
    os.chown(tmp_path, 1000, 1000)
    finding = in_a_container(tmp_path)["owner"]
    assert finding.state == RISKY
    assert "root's, in a folder of user 1000" in finding.value
    assert "chown -R 1000" in finding.cure


H100 = [Card(number, "NVIDIA H100 80GB HBM3", f"GPU-{number}aaa-bbb") for number in range(3)]
MIXED = [Card(0, "NVIDIA T400", "GPU-0"), Card(1, "NVIDIA H100", "GPU-1")]


@pytest.mark.parametrize(
    ("cards", "environ", "value", "cure"),
    [
        (H100, {}, "card 0: NVIDIA H100 80GB HBM3  GPU-0aaa-bbb, one of 3", "CUDA_VISIBLE_DEVICES=2"),
        (H100, {"CUDA_VISIBLE_DEVICES": "2"}, "card 2: NVIDIA H100 80GB HBM3  GPU-2aaa-bbb", ""),
        (H100, {"CUDA_VISIBLE_DEVICES": "GPU-1aaa"}, "card 1: ", ""),
        (H100, {"CUDA_VISIBLE_DEVICES": "1,2"}, "of the 2 that it names the first is used", ""),
        (H100, {"CUDA_VISIBLE_DEVICES": "7"}, "no card that is here", "there are 0, 1, 2"),
        (H100, {"CUDA_VISIBLE_DEVICES": ""}, "(empty): no card", "unset"),
        (H100, {"CUDA_VISIBLE_DEVICES": "MIG-77"}, "a part of a card", ""),
        (MIXED, {}, "the fastest card, one of 2", "CUDA_VISIBLE_DEVICES=GPU-1"),
        (MIXED, {"CUDA_VISIBLE_DEVICES": "1"}, "counted from the fastest card", "CUDA_DEVICE_ORDER=PCI_BUS_ID"),
        (MIXED, {"CUDA_VISIBLE_DEVICES": "1", "CUDA_DEVICE_ORDER": "PCI_BUS_ID"}, "card 1: NVIDIA H100", ""),
        (MIXED, {"CUDA_VISIBLE_DEVICES": "GPU-0"}, "card 0: NVIDIA T400", ""),
    ],
)
def test_the_card_in_use_is_named_and_how_to_use_another(
    cards: list[Card], environ: dict[str, str], value: str, cure: str
) -> None:
    [finding] = pinned(cards, environ)
    assert value in finding.value
    assert cure in finding.cure


def test_of_one_card_nothing_is_said() -> None:
    assert not list(pinned(H100[:1], {}))


@pytest.mark.parametrize(
    ("versions", "topics"),
    [
        ({"torch": "2.3.0a0+6ddf5cf85e.nv24.4", "triton": "2.3.0"}, ["torch 2.3", "triton 2.3"]),
        ({"torch": "2.6.0", "triton": "3.2.0"}, ["triton 3.2"]),
        ({"torch": "2.14.1", "triton": "3.6.0"}, []),
        ({"torch": "odd"}, []),
    ],
)
def test_what_an_older_stack_costs_is_named(versions: dict[str, str], topics: list[str]) -> None:
    assert [finding.topic for finding in older_stack(versions)] == topics


def test_the_triton_of_nvidias_container_is_found_under_its_own_name(monkeypatch: pytest.MonkeyPatch) -> None:
    versions = {"torch": "2.3.0a0+6ddf5cf85e.nv24.4", "pytorch-triton": "3.0.0+989adb9a2"}

    def version(name: str) -> str:
        if name not in versions:
            raise importlib.metadata.PackageNotFoundError(name)
        return versions[name]

    monkeypatch.setattr(importlib.metadata, "version", version)
    assert [finding.topic for finding in older_stack(installed())] == ["torch 2.3", "triton 3.0"]


@pytest.mark.parametrize(
    ("environ", "chosen", "state", "value"),
    [
        ({"TERM": "xterm"}, "auto", RISKY, "16: COLORTERM is not set"),
        ({"TERM": "tmux-256color"}, "auto", RISKY, "256: COLORTERM is not set"),
        ({"TERM": "xterm"}, "truecolor", FINE, "truecolor, as the setting `colours` says"),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, "auto", FINE, "24 bit"),
    ],
)
def test_the_doctor_counts_the_colours(environ: dict[str, str], chosen: str, state: str, value: str) -> None:
    finding = said(terminal(environ, chosen))["colours"]
    assert finding.state == state
    assert finding.value.startswith(value)
