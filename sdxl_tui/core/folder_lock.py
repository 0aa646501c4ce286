"""One lab an output folder: it holds a lock for its life, and who comes second is told where the first one is."""

from __future__ import annotations

import errno
import hashlib
import os
from contextlib import suppress
from pathlib import Path

from sdxl_tui.core import paths
from sdxl_tui.core.lock_file import Held, Holder, LabIsOpen, hold
from sdxl_tui.core.tmux import place_of
from sdxl_tui.core.words import named

NAME = ".sdxl-tui.lock"


class FolderLock:
    """The lock on an output folder; the kernel lets go of it when the process ends, however it does."""

    def __init__(self, folder: Path) -> None:
        """Take the lock. Raises LabIsOpen when another lab has it: the sentence says who, since when and where.

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
            raise LabIsOpen(held.holder, taken_sentence(held.holder, folder)) from None
        try:
            with suppress(OSError):
                self._descriptors.append(hold(_twin(folder), folder))
        except Held as held:
            self.release()
            raise LabIsOpen(held.holder, taken_sentence(held.holder, folder)) from None

    def release(self) -> None:
        """Let another lab have the folder."""
        while self._descriptors:
            os.close(self._descriptors.pop())


def taken_sentence(holder: Holder, folder: Path) -> str:
    """Say who has the folder, and what to do."""
    return (
        f"A lab is open on {named(folder)} already{who_words(holder)}:"
        f" {way_words(holder)}or choose another folder with --output-dir."
    )


def who_words(holder: Holder) -> str:
    """`` since 09:12 (process 4711 on node3 in tmux session lab)``, as far as it is known."""
    place = None if holder.pane is None else place_of(holder.pane)
    parts = [
        f"process {holder.pid}" if holder.pid is not None else "",
        f"on {holder.host}" if holder.host else "",
        f"in tmux session {named(place.session)}" if place else "",
    ]
    who = " ".join(part for part in parts if part)
    return f"{' ' if holder.since_words else ''}{holder.since_words}{f' ({who})' if who else ''}"


def way_words(holder: Holder) -> str:
    """What leads to that lab, with the comma that follows."""
    place = None if holder.pane is None else place_of(holder.pane)
    return f"`{place.shown_way(os.environ)}` goes there, " if place else "go there, "


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
