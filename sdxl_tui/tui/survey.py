"""What lies on disk and is read after the first paint, off the event loop."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass

from sdxl_tui.core import joblog, paths, state
from sdxl_tui.core.checkpoints import missing_folders
from sdxl_tui.core.settings import Settings
from sdxl_tui.tui.shelf import Shelf

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Survey:
    """What was found beside the models' reports, which go to the shelf one by one."""

    cache_folders: int | None
    """Models of any kind in the hub cache; None: there is no such folder."""
    load_seconds: dict[str, float]
    """By model id, where it was ever loaded here."""
    switch_seconds: dict[str, float]
    """By ``RAM`` and ``VRAM``, where a model was ever switched to from there."""
    kept_warm: frozenset[str]
    """Ids of the models that are kept in host RAM."""
    missing_folders: tuple[str, ...]
    """Sentences about folders of single files that cannot be looked into."""
    last_used: str
    """Id of the model of the newest job in the output folder; empty: there is none."""


def look_around(shelf: Shelf, settings: Settings, tell: Callable[[], object]) -> Survey:
    """Check all models, and call ``tell`` after each; whatever cannot be read is left out."""
    for model in list(shelf.models.values()):
        try:
            shelf.reports[model.id] = shelf.check(model)
        except Exception:
            log.exception("%s could not be checked", model.id)
        tell()
    seconds = {identity: state.load_seconds(identity) for identity in shelf.models}
    record = joblog.newest(settings.output_dir) or {}
    return Survey(
        _cache_folders(),
        {identity: value for identity, value in seconds.items() if value is not None},
        state.switch_seconds(),
        state.kept_warm(),
        tuple(missing_folders(settings.checkpoint_dir)),
        str(record.get("model", "")),
    )


def _cache_folders() -> int | None:
    try:
        return sum(name.startswith("models--") for name in os.listdir(paths.hub_cache_dir()))
    except OSError:
        return None
