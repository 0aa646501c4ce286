"""A model is found where the hub cache or the user's row says it lies."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from sdxl_tui.core.cache import ModelFolder, find_folder
from tests.core.model_folders import REVISION, model_of, write_hub_entry, write_model

OTHER = "f" * 40


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty hub cache."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


def test_the_snapshot_that_main_names_is_taken_though_another_is_newer(hub: Path) -> None:
    write_hub_entry(hub, revision=OTHER)
    named = write_hub_entry(hub)
    os.utime(named, (1, 1))

    assert find_folder(model_of()) == ModelFolder(named, REVISION)


def test_without_refs_the_only_snapshot_is_taken(hub: Path) -> None:
    snapshot = write_hub_entry(hub)
    shutil.rmtree(snapshot.parent.parent / "refs")

    assert find_folder(model_of()) == ModelFolder(snapshot, REVISION)


@pytest.mark.parametrize("main", ["0" * 40, "", "../../..", "\xff\xfe"], ids=["gone", "empty", "a way out", "no text"])
def test_when_main_names_no_snapshot_the_newest_is_taken(hub: Path, main: str) -> None:
    old = write_hub_entry(hub, revision=OTHER)
    newest = write_hub_entry(hub)
    (old.parent.parent / "refs" / "main").write_bytes(main.encode("latin-1"))
    os.utime(old, (1, 1))

    assert find_folder(model_of()) == ModelFolder(newest, REVISION)


def test_stray_files_beside_the_snapshots_are_no_snapshots(hub: Path) -> None:
    snapshot = write_hub_entry(hub)
    (snapshot.parent / ".DS_Store").write_text("x")
    (snapshot.parent.parent / "refs" / "main").write_text(".DS_Store")

    assert find_folder(model_of()) == ModelFolder(snapshot, REVISION)


def test_nothing_is_found_when_the_cache_has_no_entry_or_no_snapshot(hub: Path) -> None:
    assert find_folder(model_of()) is None

    (hub / "models--stabilityai--sdxl-turbo" / "snapshots").mkdir(parents=True)
    assert find_folder(model_of()) is None


def test_a_plain_folder_has_no_revision(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "mine")

    assert find_folder(model_of(folder)) == ModelFolder(folder, "")
    assert find_folder(model_of(tmp_path / "gone")) is None


@pytest.mark.parametrize(
    ("variable", "value", "hub"),
    [("HF_HUB_CACHE", "a", "a"), ("HF_HOME", "b", "b/hub"), ("XDG_CACHE_HOME", "c", "c/huggingface/hub")],
)
def test_the_hub_cache_lies_where_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, hub: str
) -> None:
    for name in ("HF_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, str(tmp_path / value))
    snapshot = write_hub_entry(tmp_path / hub)

    assert find_folder(model_of()) == ModelFolder(snapshot, REVISION)
