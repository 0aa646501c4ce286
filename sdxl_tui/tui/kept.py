"""The kept marks as the screens see them: they change at once, and reach the disk off the event loop."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # SQLite waits until the screen is painted
    from sdxl_tui.core.store import Marks


class Kept:
    """Which pictures are kept."""

    def __init__(self) -> None:
        self._kept: set[Path] = set()
        self._changed: set[Path] = set()
        self._read: set[Path] = set()
        self._marks: Marks | None = None
        self._disk = threading.RLock()

    def __contains__(self, path: Path | None) -> bool:
        return path is not None and _absolute(path) in self._kept

    def count(self, folder: Path, names: Iterable[str]) -> int:
        """How many of these pictures of a folder are kept."""
        folder, kept = _absolute(folder), self._kept
        return sum(folder / name in kept for name in names) if kept else 0

    def toggle(self, path: Path) -> bool:
        """Keep a picture, or no longer; return which. ``write`` brings it to the disk."""
        path = _absolute(path)
        self._changed.add(path)
        self._kept ^= {path}
        return path in self._kept

    def write(self, path: Path) -> str:
        """Bring a picture's mark to the disk as it is now; return a sentence if it cannot. Takes its time."""
        path = _absolute(path)
        with self._disk:
            marks = self.marks()
            before = marks.problem
            marks.keep(path, path in self._kept)
            return marks.problem if marks.problem != before else ""

    def read(self, folder: Path) -> str:
        """Read the marks of a folder, once; return a sentence if they cannot be. Takes its time."""
        folder = _absolute(folder)
        with self._disk:
            if folder in self._read:
                return ""
            marks = self.marks()
            found = {folder / name for name in marks.kept_in(folder)}
            self._kept |= found - self._changed
            self._read.add(folder)
            return marks.problem

    def marks(self) -> Marks:
        """The marks on disk, for who searches them."""
        with self._disk:
            if self._marks is None:
                from sdxl_tui.core.store import Marks

                self._marks = Marks()
            return self._marks


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))
