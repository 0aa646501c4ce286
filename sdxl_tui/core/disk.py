"""Write to disk so that it lasts, and say in a sentence what the disk refused."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

from sdxl_tui.core.errors import UserError

_REASONS = {
    errno.ENOSPC: "no space in {folder}; free some",
    errno.EDQUOT: "the quota for {folder} is used up; free some",
    errno.EACCES: "{folder} may not be written to; mend its rights or choose another folder",
    errno.EPERM: "{folder} may not be written to; mend its rights or choose another folder",
    errno.EROFS: "{folder} is read-only; choose another folder",
    errno.EEXIST: "{folder} is a file; choose a folder",
    errno.ENOTDIR: "{folder} lies below a file; choose another folder",
    errno.EISDIR: "{file} is a folder; move it away",
}


def refused(consequence: str, folder: Path, error: OSError) -> UserError:
    """Return the sentence for an error of the disk: ``consequence`` says what did not happen."""
    reason = _REASONS.get(error.errno or 0, "{folder}: {error}")
    file = error.filename or folder
    return UserError(f"{consequence}: {reason.format(folder=folder, file=file, error=error.strerror or error)}.")


def check_writable(folder: Path) -> None:
    """Make ``folder``, where it is not there, and a file in it; raise UserError in a sentence when that is refused."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise refused("The pictures could not be saved", folder, error) from error


def write_all(descriptor: int, data: bytes) -> None:
    """Write all of ``data``: a single ``os.write`` may stop early."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def sync_file(file: Path) -> None:
    """Make what was written to ``file`` survive a power cut."""
    with file.open("rb") as opened:
        os.fsync(opened.fileno())


def sync_folder(folder: Path) -> None:
    """Make names that were just created in ``folder`` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some network file systems cannot sync a folder; the file in it is synced all the same.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(descriptor)
