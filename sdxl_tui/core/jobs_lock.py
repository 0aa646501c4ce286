"""One process at a time runs a file of jobs into a folder: two would make everything twice."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sdxl_tui.core import paths
from sdxl_tui.core.disk import refused
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.jobs_file import STDIN
from sdxl_tui.core.words import named

_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP)


@contextmanager
def only_here(file: str, output_dir: Path) -> Iterator[None]:
    """Hold a file of jobs for as long as it is run; raise UserError when another process of this machine has it.

    The lock goes with the process, however that ends; its file stays. What comes from stdin is nobody else's, and a
    disk without locks has none of this.
    """
    if file == STDIN:
        yield
        return
    places = f"{os.path.realpath(file)}\0{os.path.realpath(output_dir)}"
    lock = paths.state_dir() / f"jobs-{hashlib.sha256(os.fsencode(places)).hexdigest()[:16]}.lock"
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise refused("The file of jobs cannot be held for one process", lock.parent, error) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip()
            raise UserError(f"{named(file)} runs already, as process {pid}: wait for it, or stop it.") from None
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)
