"""A terminal that is read from only where the test does, byte by byte as it was sent."""

from __future__ import annotations

import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import ioctl
from pathlib import Path


@contextmanager
def deaf_terminal(folder: Path, command: list[str]) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Run a command in one of 120x40; give the process and the terminal's other end."""
    ours, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    environ = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    process = subprocess.Popen(
        command, cwd=folder, env=environ, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    )
    os.close(theirs)
    try:
        yield process, ours
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def read_until(terminal: int, pattern: bytes, seconds: float = 90) -> re.Match[bytes]:
    """Read what the terminal is sent until something in it matches."""
    said, end = b"", time.monotonic() + seconds
    while (found := re.search(pattern, said)) is None:
        assert time.monotonic() < end, said[-2000:]
        if select.select([terminal], [], [], 0.2)[0]:
            said += os.read(terminal, 65536)
    return found
