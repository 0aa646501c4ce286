"""One lab an output folder: it holds a lock for its life, and who comes second is told where the first one is."""

from __future__ import annotations

import errno
import hashlib
import os
from contextlib import suppress
from pathlib import Path

from sdxl_tui.core import paths
from sdxl_tui.core.lock_file import Held, LabIsOpen, hold
from sdxl_tui.core.words import named

NAME = ".sdxl-tui.lock"


class FolderLock:
    """The lock on an output folder; the kernel lets go of it when the process ends, however it does."""

    def __init__(self, folder: Path) -> None:
        """Take the lock. Raises LabIsOpen when another lab has it.

        A folder that cannot be locked is no error: ``problem`` says why.
        """
        self._descriptors: list[int] = []
        self.problem = ""
        """One sentence on why another lab could be opened on the folder; empty: none can."""
        try:
            self._descriptors.append(hold(folder / NAME, folder))
        except OSError as error:
            self.problem = _why_not(folder, error)
        except Held as held:
            raise LabIsOpen(held.holder) from None
        try:
            with suppress(OSError):
                self._descriptors.append(hold(_twin(folder), folder))
        except Held as held:
            self.release()
            raise LabIsOpen(held.holder) from None

    def release(self) -> None:
        """Let another lab have the folder."""
        while self._descriptors:
            os.close(self._descriptors.pop())


def _twin(folder: Path) -> Path:
    """The lock's twin in the state folder: it holds when the output folder is deleted and made again."""
    place = hashlib.sha256(os.fsencode(os.path.realpath(folder))).hexdigest()[:16]
    return paths.state_dir() / f"folder-{place}.lock"


def _why_not(folder: Path, error: OSError) -> str:
    reason = error.strerror or str(error)
    if error.errno in (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EINVAL):
        return (
            f"{named(folder)} is on a disk without locks: open no second lab on it, the two would not know each other."
        )
    return f"{named(folder)} cannot be written ({reason}): no picture can be saved there."
