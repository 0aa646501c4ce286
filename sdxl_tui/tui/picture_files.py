"""Pictures of any program, opened by their paths."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.models import Model
from sdxl_tui.core.text import one_line
from sdxl_tui.tui.pictured import Pictured

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
MOST = 20
"""Completions that are offered."""


@dataclass(frozen=True)
class OpenedPicture:
    """A picture of a file, and what is said about its settings."""

    pictured: Pictured
    sentence: str
    is_whole: bool
    """Whether its settings are taken as they are."""


def completions(text: str) -> list[str]:
    """What a path can go on as: pictures, and folders with a slash behind them. Reads a folder, so it takes its time.

    Hidden ones only where the dot is typed, and no names that cannot be shown as they are.
    """
    head, slash, stem = text.rpartition("/")
    try:
        with os.scandir(Path(f"{head}{slash}" or ".").expanduser()) as entries:
            found = [
                f"{head}{slash}{entry.name}{'/' if entry.is_dir() else ''}"
                for entry in entries
                if entry.name.startswith(stem) and entry.name.startswith(".") == stem.startswith(".")
                if entry.name == one_line(entry.name)
                if entry.is_dir() or entry.name.lower().endswith(SUFFIXES)
            ]
    except (OSError, ValueError, RuntimeError):
        return []
    return sorted(found)[:MOST]


def read_picture(path: Path, catalogue: Mapping[str, Model]) -> OpenedPicture:
    """Return a picture with the settings in it; raise UserError when there is no picture. Takes its time."""
    from sdxl_tui.core.picture_settings import OURS, settings_of
    from sdxl_tui.core.pictures import opened

    with opened(path):
        pass
    try:
        settings = settings_of(path, catalogue)
    except UserError as error:
        return OpenedPicture(Pictured(path, {}, 0), str(error), is_whole=False)
    index = settings.record.get("image_index")
    pictured = Pictured(
        path,
        settings.record,
        index if isinstance(index, int) and index >= 0 else 0,
        one_line(str(settings.record.get("job_id", ""))),
    )
    made = "Made here" if settings.made_with == OURS else f"Made with {settings.made_with}"
    sentence = " ".join([f"{made}; u takes its settings into the form.", *settings.notes])
    return OpenedPicture(pictured, sentence, is_whole=not settings.notes)
