"""One process at a time runs a file of jobs into a folder: two would make everything twice."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sdxl_tui.core import paths
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.jobs_file import STDIN
from sdxl_tui.core.words import named


@contextmanager
def only_here(file: str, output_dir: Path) -> Iterator[str]:
    """Hold a file of jobs for as long as it is run; raise UserError when another process of this machine has it.

    The lock goes with the process, however that ends; its file stays. Where there can be none, that is no error: what
    is given is a sentence on why, else it is empty. What comes from stdin is nobody else's.
    """
    if file == STDIN:
        yield ""
        return
    places = f"{os.path.realpath(file)}\0{os.path.realpath(output_dir)}"
    lock = paths.state_dir() / f"jobs-{hashlib.sha256(os.fsencode(places)).hexdigest()[:16]}.lock"
    descriptor, problem = None, ""
    try:
        try:
            lock.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o666)
            _take(descriptor, file)
        except OSError as error:
            reason = error.strerror or error
            problem = f"{named(file)} cannot be held for this process alone ({reason}): do not start it twice."
        yield problem
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _take(descriptor: int, file: str) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        pid = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip()
        raise UserError(f"{named(file)} runs already, as process {pid}: wait for it, or stop it.") from None
    with suppress(OSError):  # a full disk: the lock holds all the same
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
