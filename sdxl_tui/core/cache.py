"""Find a model's folder: a plain folder, its snapshot in the Hugging Face hub cache, or the demo model's own."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from sdxl_tui.core import paths
from sdxl_tui.core.models import DEMO, DEMO_RECIPE, Model

DEMO_FOLDER = Path(__file__).resolve().parents[1] / "demo" / "model"
"""The embedded model: it comes with the package."""


@dataclass(frozen=True)
class ModelFolder:
    """Where a model lies."""

    path: Path
    revision: str
    """Name of the snapshot, recipe of the demo model; empty for a plain folder."""


def find_folder(model: Model) -> ModelFolder | None:
    """Return the folder of a model that is no single file; None: there is none, or nothing of it was ever finished."""
    if model.file is not None:
        return None
    if model.folder is not None:
        return ModelFolder(model.folder, "") if os.path.isdir(model.folder) else None
    if model.id == DEMO:
        return ModelFolder(DEMO_FOLDER, DEMO_RECIPE)
    snapshot = find_repo(model.id)
    return ModelFolder(snapshot, snapshot.name) if snapshot else None


def find_repo(repo: str) -> Path | None:
    """Return the folder of a repo in the hub cache; None when nothing of it was ever finished."""
    try:
        return _snapshot(_entry(repo))
    except OSError:
        return None


def converted_folder(model: Model) -> Path:
    """Where a model lies once it is converted to safetensors, whether it is there or not."""
    return paths.converted_dir() / _entry(model.id).name


def hub_entry(model: Model) -> Path:
    """The folder that the hub cache keeps for a model's repo, whether it is there or not."""
    return _entry(model.id)


def unfinished_downloads(model: Model) -> int:
    """How many files of a model's hub cache entry were being downloaded when the download stopped."""
    try:
        return sum(name.endswith(".incomplete") for name in os.listdir(hub_entry(model) / "blobs"))
    except (OSError, ValueError):
        return 0


def _entry(repo: str) -> Path:
    return paths.hub_cache_dir() / f"models--{repo.replace('/', '--')}"


def _snapshot(entry: Path) -> Path | None:
    """The snapshot that ``refs/main`` names, else the only or the newest one."""
    folder = entry / "snapshots"
    if not os.path.isdir(folder):
        return None
    snapshots = {item.name: item for item in folder.iterdir() if os.path.isdir(item)}
    if not snapshots:
        return None
    newest = max(snapshots.values(), key=lambda item: (item.stat().st_mtime_ns, item.name))
    return snapshots.get(_main(entry), newest)


def _main(entry: Path) -> str:
    try:
        return (entry / "refs" / "main").read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""
