"""A file that says by its lock that a lab is open, and by its text which one.

Only the lock counts: the kernel lets go of it when the process ends, however it does. Process ids and names of hosts
mean nothing in another container, so what the text says is for people alone.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import socket
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sdxl_tui.core.tmux import Pane, pane_here
from sdxl_tui.core.words import named

_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)


@dataclass(frozen=True)
class Holder:
    """Who has a lock, as far as its file says so."""

    pid: int | None = None
    host: str = ""
    since: datetime | None = None
    pane: Pane | None = None
    """The tmux pane that it was started in."""
    folder: str = ""
    """Its output folder."""

    @property
    def since_words(self) -> str:
        """``since 09:12``, with the day where it is another one; empty: not known."""
        if self.since is None:
            return ""
        is_today = self.since.date() == datetime.now().date()
        return f"since {self.since:%H:%M}" if is_today else f"since {self.since:%Y-%m-%d %H:%M}"


class LabIsOpen(Exception):
    """Another lab has what this one needs; whoever catches it says so."""

    def __init__(self, holder: Holder, *, gpu: str = "") -> None:
        """``gpu``: the name of the card that the other one runs on; empty: it has this folder."""
        super().__init__(holder)
        self.holder = holder
        self.gpu = gpu


class Held(Exception):
    """The lock is another process's."""

    def __init__(self, holder: Holder) -> None:
        super().__init__()
        self.holder = holder


def hold(file: Path, folder: Path) -> int:
    """Take the lock on a file and sign it; return the descriptor that holds it.

    ``folder``: the output folder of this lab. Raises Held when another process has it, OSError when it cannot be
    locked.
    """
    descriptor, may_write = _opened(file)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = _read(descriptor)
        os.close(descriptor)
        raise Held(holder) from None
    except OSError:
        os.close(descriptor)
        raise
    if may_write:
        with suppress(OSError):  # A full disk: the lock holds all the same.
            _sign(descriptor, folder)
    return descriptor


def _opened(file: Path) -> tuple[int, bool]:
    """Return the lock file, and whether it may be written; another user's is opened to be read."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        return os.open(file, os.O_RDWR | os.O_CREAT, 0o666), True
    except OSError as error:
        if error.errno not in _FORBIDDEN or not file.exists():
            raise
        return os.open(file, os.O_RDONLY), False


def _sign(descriptor: int, folder: Path) -> None:
    here = pane_here(os.environ)
    signed = {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "since": datetime.now().astimezone().isoformat(timespec="seconds"),
        "folder": str(folder.absolute()),
        **({} if here is None else {"tmux": here.socket, "pane": here.id}),
    }
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, json.dumps(signed).encode() + b"\n", 0)


def _read(descriptor: int) -> Holder:
    try:
        signed = json.loads(os.pread(descriptor, 8192, 0))
    except (OSError, ValueError):
        signed = None
    known: dict[str, Any] = signed if isinstance(signed, dict) else {}
    pid, server, pane = known.get("pid"), known.get("tmux"), known.get("pane")
    return Holder(
        pid if isinstance(pid, int) else None,
        _text(known.get("host")),
        _time(known.get("since")),
        Pane(server.partition(",")[0], pane) if isinstance(server, str) and isinstance(pane, str) and pane else None,
        _text(known.get("folder")),
    )


def _text(value: object) -> str:
    return named(value) if isinstance(value, str) else ""


def _time(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text)).astimezone()
    except (ValueError, OverflowError, OSError):
        return None
