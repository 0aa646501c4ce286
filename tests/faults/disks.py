"""Disks that are small, full or read-only, where this user may mount them."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A disk of its own of ``size`` (as mount's tmpfs takes it), at ``folder``."""
    folder.mkdir(exist_ok=True)
    _mount("-t", "tmpfs", "-o", f"size={size}", "none", str(folder))
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@contextmanager
def read_only(place: Path) -> Iterator[None]:
    """A file or a folder that nobody may write to, root neither."""
    _mount("--bind", str(place), str(place))
    try:
        _mount("-o", "remount,ro,bind", str(place))
        yield
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def fill(disk: Path, *, but: int) -> Path:
    """Leave ``but`` bytes of a disk free; return the file that holds the rest."""
    filler = disk / ".filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
    with filler.open("r+b") as file:
        file.truncate(max(0, file.seek(0, 2) - but))
    return filler


def _mount(*options: str) -> None:
    answer = subprocess.run(["mount", *options], capture_output=True, text=True)
    if answer.returncode:
        pytest.skip(f"nothing can be mounted here: {answer.stderr.strip()}")
