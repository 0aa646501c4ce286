"""Deleting a picture: to the desktop's trash, from where it can be brought back. The log keeps its line."""

from __future__ import annotations

import errno
from pathlib import Path

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.text import one_line

_REASONS = {
    errno.EACCES: "it, its folder or the trash may not be written to",
    errno.EPERM: "it, its folder or the trash may not be written to",
    errno.EROFS: "its folder is read-only",
    errno.ENOSPC: "the disk of the trash is full",
    errno.EDQUOT: "your space on the disk of the trash is used up",
}


def to_trash(picture: Path) -> None:
    """Move a picture to the trash; raise UserError that says why it stays where it is.

    The trash is that of freedesktop.org's specification: the one in the home, or the one of the picture's own disk.
    """
    name = one_line(picture.name)
    if picture.is_dir() and not picture.is_symlink():
        raise UserError(f"{name} is a folder: only pictures are moved to the trash.")
    from send2trash import send2trash

    try:
        send2trash(picture)
    except FileNotFoundError:
        raise UserError(f"{name} is not there any more.") from None
    except (OSError, UnicodeError) as error:
        number = error.errno if isinstance(error, OSError) else None
        reason = _REASONS.get(number or 0, one_line(str(error)) or "it does not say why")
        raise UserError(f"{name} stays where it is, as the trash does not take it: {reason}.") from error
