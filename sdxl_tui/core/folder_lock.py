"""One lab an output folder: it holds a lock for its life, and who comes second is told where the first one is."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import socket
import subprocess
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from sdxl_tui.core import paths
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.words import named

NAME = ".sdxl-tui.lock"

TMUX_SECONDS = 1.0
"""How long tmux may take to say the name of a session."""

_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)


class FolderLock:
    """The lock on an output folder; the kernel lets go of it when the process ends, however it does."""

    def __init__(self, folder: Path) -> None:
        """Take the lock. Raises UserError when another lab has it: the sentence says who, since when and where.

        A folder that cannot be locked is no error: ``problem`` says why.
        """
        self._folder = folder
        self._descriptors: list[int] = []
        self.problem = ""
        """One sentence on why another lab could be opened on the folder; empty: none can."""
        try:
            self._take(folder / NAME)
        except OSError as error:
            self.problem = _why_not(folder, error)
        with suppress(OSError):
            self._take(_twin(folder))

    def release(self) -> None:
        """Let another lab have the folder."""
        while self._descriptors:
            os.close(self._descriptors.pop())

    def _take(self, file: Path) -> None:
        """Take the lock on one file; raises OSError when it cannot be locked, UserError when another lab has it."""
        descriptor, may_write = _opened(file)
        self._descriptors.append(descriptor)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            other = self._other(descriptor)
            self.release()
            raise UserError(other) from None
        if may_write:
            with suppress(OSError):  # A full disk: the lock holds all the same.
                _sign(descriptor)

    def _other(self, descriptor: int) -> str:
        try:
            signed = json.loads(os.pread(descriptor, 4096, 0))
        except (OSError, ValueError):
            signed = None
        known: dict[str, Any] = signed if isinstance(signed, dict) else {}
        since = _since(known.get("since"))
        who = [f"process {known['pid']}" if isinstance(known.get("pid"), int) else ""]
        who += [f"on {named(known['host'])}" if isinstance(known.get("host"), str) else ""]
        session, attach = _in_tmux(known)
        who += [f"in tmux session {named(session)}" if session else ""]
        where = " ".join(part for part in who if part)
        way = f"{attach} goes there, " if attach else "go there, "
        return (
            f"A lab is open on {named(self._folder)} already{since}{f' ({where})' if where else ''}:"
            f" {way}or choose another folder with --output-dir."
        )


def _twin(folder: Path) -> Path:
    """The lock's twin in the state folder: it holds when the output folder is deleted and made again."""
    place = hashlib.sha256(os.fsencode(os.path.realpath(folder))).hexdigest()[:16]
    return paths.state_dir() / f"folder-{place}.lock"


def _sign(descriptor: int) -> None:
    """Say in the file who holds it: for people, since ids mean nothing in another container."""
    text = json.dumps(_signature()).encode() + b"\n"
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, text, 0)


def _opened(file: Path) -> tuple[int, bool]:
    """Return the lock file, and whether it may be written; another user's is opened to be read."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        return os.open(file, os.O_RDWR | os.O_CREAT, 0o666), True
    except OSError as error:
        if error.errno not in _FORBIDDEN or not file.exists():
            raise
        return os.open(file, os.O_RDONLY), False


def _signature() -> dict[str, Any]:
    signed: dict[str, Any] = {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "since": datetime.now().astimezone().isoformat(timespec="seconds"),
    }
    if tmux := os.environ.get("TMUX"):
        signed |= {"tmux": tmux, "pane": os.environ.get("TMUX_PANE", "")}
    return signed


def _since(text: object) -> str:
    try:
        since = datetime.fromisoformat(str(text)).astimezone()
    except ValueError:
        return ""
    today = since.date() == datetime.now().date()
    return f" since {since:%H:%M}" if today else f" since {since:%Y-%m-%d %H:%M}"


def _in_tmux(signed: dict[str, Any]) -> tuple[str, str]:
    """Return the name of the tmux session of another lab, and the command that leads there; empty: it is in none."""
    server, pane = signed.get("tmux"), signed.get("pane")
    if not isinstance(server, str) or not isinstance(pane, str) or not pane:
        return "", ""
    socket_path = server.partition(",")[0]
    command = ["tmux", "-S", socket_path, "display-message", "-p", "-t", pane, "#{session_name}"]
    try:
        asked = subprocess.run(command, capture_output=True, text=True, timeout=TMUX_SECONDS)
    except (OSError, ValueError, subprocess.SubprocessError):
        return "", ""
    name = asked.stdout.strip()
    if asked.returncode or not name:
        return "", ""
    verb = "switch-client" if os.environ.get("TMUX", "").partition(",")[0] == socket_path else "attach"
    is_default = Path(socket_path).name == "default"
    return name, f"`tmux {'' if is_default else f'-S {named(socket_path)} '}{verb} -t {named(name)}`"


def _why_not(folder: Path, error: OSError) -> str:
    reason = error.strerror or str(error)
    if error.errno in (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EINVAL):
        return (
            f"{named(folder)} is on a disk without locks: open no second lab on it, the two would not know each other."
        )
    return f"{named(folder)} cannot be written ({reason}): no picture can be saved there."
