"""What the lab knows of a model before it loads it: where it lies, and all that is wrong with it, in sentences."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sdxl_tui.core import paths
from sdxl_tui.core import state as state_file
from sdxl_tui.core.cache import converted_folder, find_folder, hub_entry, unfinished_downloads
from sdxl_tui.core.checkpoint_kind import check_checkpoint
from sdxl_tui.core.component_files import PICKLE_RISK, read_object
from sdxl_tui.core.folder_check import check_folder
from sdxl_tui.core.models import DEMO, NOT_STATED, Model
from sdxl_tui.core.safetensors_header import DamageError, unreadable
from sdxl_tui.core.words import named

READY, INCOMPLETE, ABSENT = "ready", "incomplete", "absent"

HUB, CONVERTED, FOLDER, FILE = "hub cache", "converted", "folder", "single file"
SOURCES = (HUB, CONVERTED, FOLDER, FILE, DEMO)
"""Where a model comes from."""

PARTS = ("text_encoder", "text_encoder_2", "unet", "vae")
"""The components that have weights, in the order in which they are read."""
HASH_DIGITS = 10
"""As many digits of a file's SHA-256 are its revision: what A1111 calls its model hash."""
CONVERSION = "converted.json"
"""Beside a converted model: the revision it was made from, and the SHA-256 of each file."""
VAGUE = (NOT_STATED, "see the model's page")
CARD_CHARACTERS = 4096
_CARD = re.compile(r"^(license|license_name):[ \t]*([^\r\n]+)", re.MULTILINE)


@dataclass(frozen=True)
class ModelReport:
    """What the lab knows of a model before it loads it."""

    model: Model
    state: str
    """``ready``, ``incomplete`` or ``absent``."""
    problems: tuple[str, ...]
    """All of them, sentences that name files relative to the folder."""
    folder: Path | None
    revision: str
    """Name of the hub cache's snapshot, recipe of the demo model; empty for a plain folder."""
    size_bytes: int
    """Of the weight files that would be read."""
    weights: Mapping[str, tuple[Path, ...]]
    """``unet``, ``vae``, ``text_encoder``, ``text_encoder_2`` -> the files to read: fp16 where it is whole."""
    source: str = HUB
    """One of SOURCES."""
    scheduler: Mapping[str, Any] = field(default_factory=dict)
    """What a single file sets of the scheduler's config in ``folder``."""
    licence: str = ""
    """What the model itself says beside its weights; empty: nothing."""

    @property
    def place(self) -> Path | None:
        """What people know it by: its file, its folder, or the cache's entry for its repo."""
        if self.source == FILE:
            return self.model.file
        is_snapshot = self.folder is not None and self.folder.parent.name == "snapshots"
        return self.folder.parent.parent if self.folder and is_snapshot else self.folder


def check_model(model: Model) -> ModelReport:
    """Find a model and check its folder or file; damage of any kind is told, never raised."""
    if model.file is not None:
        return _check_file(model, model.file)
    report = _check_folder_of(model)
    return report if report.state == READY else _converted(report) or report


def _check_file(model: Model, file: Path) -> ModelReport:
    if not os.path.lexists(file):
        return ModelReport(model, ABSENT, (f"{paths.shown(file)} is not there.",), None, "", 0, {}, FILE)
    found = check_checkpoint(file)
    state = INCOMPLETE if found.problems else READY
    weights = {} if found.problems else dict.fromkeys(PARTS, (file,))
    revision = state_file.file_hash(file)[:HASH_DIGITS]
    size = found.size_bytes
    return ModelReport(
        model, state, found.problems, found.configs, revision, size, weights, FILE, found.scheduler, found.licence
    )


def _converted(report: ModelReport) -> ModelReport | None:
    """What the lab made of a model with pickles only stands in for it."""
    folder = converted_folder(report.model)
    if not os.path.isdir(folder):
        return None
    found = check_folder(folder)
    if found.problems:
        return None
    revision = report.revision or _converted_from(folder)
    licence = licence_of(folder)
    return ModelReport(
        report.model, READY, (), folder, revision, found.size_bytes, found.weights, CONVERTED, licence=licence
    )


def _converted_from(folder: Path) -> str:
    """The revision of what a converted folder was made from."""
    try:
        return str(read_object(folder / CONVERSION).get("revision", ""))
    except DamageError:
        return ""


def remedy(report: ModelReport) -> str:
    """The command that makes a model ready; empty where there is none."""
    if report.state == READY or report.source not in (HUB, FOLDER):
        return ""
    identity = shlex.quote(report.model.id)
    if any(problem.endswith(f"{PICKLE_RISK}.") for problem in report.problems):
        return f"sdxl-tui models convert {identity}"
    return f"sdxl-tui models download {identity}" if report.source == HUB and "/" in report.model.id else ""


def shown_licence(report: ModelReport) -> str:
    """The licence of a model: what the catalogue says, else what the model itself says."""
    return report.licence if report.model.licence in VAGUE and report.licence else report.model.licence


def licence_of(folder: Path) -> str:
    """The licence that the README of a model's repo names; empty when it names none."""
    try:
        with (folder / "README.md").open(encoding="utf-8", errors="replace") as opened:
            card = opened.read(CARD_CHARACTERS)
    except OSError:
        return ""
    found = {key: value.strip(" '\"") for key, value in _CARD.findall(card)} if card.startswith("---") else {}
    name = found.get("license_name") or found.get("license", "")
    return named(name)


def _check_folder_of(model: Model) -> ModelReport:
    found = find_folder(model)
    source = DEMO if model.id == DEMO else FOLDER if model.folder else HUB
    if found is None:
        state, problem = _not_found(model)
        return ModelReport(model, state, (problem,), None, "", 0, {}, source)
    report = check_folder(found.path)
    problems = report.problems
    if problems and found.revision and (count := unfinished_downloads(model)):
        files = "a file is" if count == 1 else f"{count} files are"
        problems += (f"The last download was interrupted: {files} unfinished in the cache.",)
    state = INCOMPLETE if problems else READY
    size, licence = report.size_bytes, licence_of(found.path)
    return ModelReport(
        model, state, problems, found.path, found.revision, size, report.weights, source, licence=licence
    )


def _not_found(model: Model) -> tuple[str, str]:
    place = model.folder or hub_entry(model)
    there = os.path.lexists(place)
    if model.folder and there:
        return INCOMPLETE, f"{paths.shown(place)} is not a folder."
    if model.folder:
        return ABSENT, f"{model.name} is not in {paths.shown(place)}: there is no such folder."
    if there:
        return INCOMPLETE, f"{paths.shown(place)} {_why_no_snapshot(place)}."
    return ABSENT, f"{model.name} is not in {paths.shown(place.parent)}."


def _why_no_snapshot(entry: Path) -> str:
    try:
        os.listdir(entry / "snapshots")
    except FileNotFoundError:
        pass
    except OSError as error:
        return str(unreadable(entry, error))
    return "holds no snapshot: its download never finished"
