"""Find single-file checkpoints in the folders that the settings name."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path

from sdxl_tui.core import paths

log = logging.getLogger(__name__)

SUFFIX = ".safetensors"
DEEPEST = 4
"""Folders within folders that are looked into."""


def folders_of(setting: str) -> list[Path]:
    """The folders that ``checkpoint_dir`` names."""
    return [Path(part.strip()).expanduser().absolute() for part in setting.split(os.pathsep) if part.strip()]


def find_checkpoints(setting: str) -> dict[str, Path]:
    """Return the single files in the folders that ``checkpoint_dir`` names, by the ids that they go by.

    An id is the file's path in its folder, without the ending. A folder that cannot be read has none, and is logged.
    """
    found: dict[str, Path] = {}
    for folder in folders_of(setting):
        for file in sorted(_files_in(folder)):
            name = file.relative_to(folder).with_suffix("").as_posix()
            identity = next(i for i in (name, f"{folder.name}/{name}", str(file)) if i not in found)
            found[identity] = file
    return found


def missing_folders(setting: str) -> list[str]:
    """Sentences about folders that ``checkpoint_dir`` names and nobody can look into."""
    return [
        f"checkpoint_dir names {paths.shown(folder)}, which is no folder that can be read."
        for folder in folders_of(setting)
        if not (os.path.isdir(folder) and os.access(folder, os.R_OK | os.X_OK))
    ]


def _files_in(folder: Path) -> Iterator[Path]:
    def unread(error: OSError) -> None:
        log.warning("%s cannot be looked into: %s", error.filename, error.strerror)

    seen: set[str] = set()
    for place, folders, names in os.walk(folder, onerror=unread, followlinks=True):
        real, depth = os.path.realpath(place), len(Path(place).relative_to(folder).parts)
        if real in seen or depth >= DEEPEST or "model_index.json" in names:
            folders.clear()
        if real in seen or "model_index.json" in names:
            continue
        seen.add(real)
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(place) / name for name in names if name.endswith(SUFFIX) and not name.startswith("."))
