"""A program in a pseudo-terminal: its bytes as they come, with their times."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Mapping, Sequence

ANSWERS = {b"\x1b[?2026$p": b"\x1b[?2026;2$y", b"\x1b[6n": b"\x1b[1;1R"}
"""What Textual asks a terminal, and what a modern one answers."""


class PtyChild:
    """Runs a command on its own terminal of the given size."""

    def __init__(self, command: Sequence[str], environ: Mapping[str, str], columns: int = 120, rows: int = 40) -> None:
        self.received = b""
        self.began = time.perf_counter()
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.execvpe(command[0], list(command), dict(environ))
        self.resize(columns, rows)

    def resize(self, columns: int, rows: int) -> None:
        """Change the size; a program that listens paints everything again."""
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, keys: bytes) -> None:
        """Press keys."""
        os.write(self.terminal, keys)

    def read_until(self, done: Callable[[bytes], object], seconds: float = 60) -> float:
        """Read until ``done`` says so of all that came; return the seconds since the start."""
        end = time.perf_counter() + seconds
        while not done(self.received):
            left = end - time.perf_counter()
            if left <= 0 or not self._read(left):
                raise TimeoutError(plain(self.received)[-2000:])
        return time.perf_counter() - self.began

    def read_for(self, seconds: float, quiet: float | None = None) -> bytes:
        """Return what comes within some seconds, or until nothing came for ``quiet`` of them."""
        before, end = len(self.received), time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            if not self._read(left if quiet is None else min(left, quiet)) and quiet is not None:
                break
        return self.received[before:]

    def _read(self, seconds: float) -> bool:
        if not select.select([self.terminal], [], [], seconds)[0]:
            return False
        try:
            piece = os.read(self.terminal, 1 << 16)
        except OSError:
            return False
        for question, answer in ANSWERS.items():
            if question in piece:
                os.write(self.terminal, answer)
        self.received += piece
        return bool(piece)

    def has_mapped(self, library: str) -> bool:
        """Whether a library is in its memory."""
        with open(f"/proc/{self.pid}/maps", encoding="utf-8", errors="replace") as maps:
            return any(library in line for line in maps)

    def end(self) -> None:
        """End it at once."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.terminal)


def plain(data: bytes) -> str:
    """The text in what a program wrote, without its escape sequences."""
    text = data.decode("utf-8", errors="replace")
    return re.sub(r"\x1b\[[0-9;?=<>]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-_]", "", text)
