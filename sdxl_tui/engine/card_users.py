"""Who is on the card: this process, and the others by name where they can be seen from here."""

from __future__ import annotations

import os
import pwd
from collections.abc import Collection, Sequence
from pathlib import Path

from sdxl_tui.core.vram import Process

HOST_PIDS = "pid:[4026531836]"
"""The pid namespace of the host itself: the kernel gives it this number on every Linux."""
CONTEXT = 600 * 1024**2
"""What CUDA and its libraries take beside torch's memory, where it could not be measured (H100, torch 2.11)."""
LEAST_CONTEXT, MOST_CONTEXT = 100 * 1024**2, 2 * 1024**3
"""What is measured beyond these was somebody else's coming or going."""
LONGEST_COMMAND = 60

Listed = tuple[int, int | None]
"""A pid and its bytes as the driver lists them; None: it hides them."""


class CardUsers:
    """Tells this process from the others in the driver's list.

    The driver counts processes as the host does; inside a container our own pid is another one, and the host's pids
    name strangers there. So our own entry is the one with our pid where the host's pids are seen, else the only one
    that came while CUDA started here; and what we take is that entry's bytes, which no sum of our own can match:
    contexts and graphs take memory beside torch's. Where no entry is ours, or the driver hides its bytes, it is what
    torch holds and the context, which was measured as the memory that went while CUDA started.
    """

    def __init__(self, before: Collection[int] | None, went: int | None) -> None:
        """``before``: pids on the card before CUDA started here; ``went``: bytes that went meanwhile, beside torch's.

        None: not known.
        """
        self._before = before
        self._context = went if went is not None and LEAST_CONTEXT <= went <= MOST_CONTEXT else CONTEXT
        self._sees_host_pids = sees_host_pids()
        self._own_pid: int | None = os.getpid() if self._sees_host_pids else None
        self._names: dict[int, tuple[str, str]] = {}

    def split(self, listed: Sequence[Listed], reserved: int) -> tuple[int, tuple[Process, ...]]:
        """Return what is ours in bytes, when torch holds ``reserved``, and the other processes, the largest first."""
        own = self._own(listed, reserved)
        ours = reserved + self._context if own is None or own[1] is None else max(own[1], reserved)
        others = [Process(pid, size, *self._named(pid)) for pid, size in listed if own is None or pid != own[0]]
        self._names = {pid: name for pid, name in self._names.items() if any(pid == other.pid for other in others)}
        others.sort(key=lambda process: (-(process.bytes or 0), process.pid))
        return ours, tuple(others)

    def _own(self, listed: Sequence[Listed], reserved: int) -> Listed | None:
        if self._own_pid is None and self._before is not None:
            came = [pid for pid, size in listed if pid not in self._before and (size is None or size >= reserved)]
            self._own_pid = came[0] if len(came) == 1 else None
            self._before = None  # who comes later is somebody else
        known = next((entry for entry in listed if entry[0] == self._own_pid), None)
        if known is not None or self._sees_host_pids:
            return known
        expected = reserved + self._context
        near = [(abs(size - expected), (pid, size)) for pid, size in listed if size is not None and size >= reserved]
        distance, entry = min(near, default=(MOST_CONTEXT, (0, 0)))
        return entry if distance < MOST_CONTEXT else None

    def _named(self, pid: int) -> tuple[str, str]:
        """Its command and its user; both empty where they cannot be seen."""
        if not self._sees_host_pids:
            return "", ""
        if pid not in self._names:
            self._names[pid] = (command_of(pid), user_of(pid))
        return self._names[pid]


def sees_host_pids() -> bool:
    """Whether pids here are the host's; in most containers they are not."""
    try:
        return os.readlink("/proc/self/ns/pid") == HOST_PIDS
    except OSError:
        return False


def command_of(pid: int) -> str:
    """A command as people say it, ``python train.py``: paths and what is long are cut; empty where it is hidden."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return ""
    shown = " ".join(word.rpartition("/")[2] for word in words if word)
    return shown if len(shown) <= LONGEST_COMMAND else shown[: LONGEST_COMMAND - 1] + "…"


def user_of(pid: int) -> str:
    """The name of a process's user, or its number where it has no name here."""
    try:
        number = os.stat(f"/proc/{pid}").st_uid
    except OSError:
        return ""
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)
