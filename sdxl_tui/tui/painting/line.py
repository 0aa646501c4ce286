"""The way of the bytes to the terminal: a thread that writes, and what is still in its hands."""

from __future__ import annotations

import os
import select
import threading
from collections import deque
from collections.abc import Callable
from time import monotonic

CHUNK = 1024
"""Bytes of one write: a pseudo-terminal holds some kB, and what does not fit waits for the reader."""
SLOW = 0.01
"""Seconds from which a write has waited for the reader."""
PAUSE = 0.1
"""Seconds without a write after which a backlog is over."""
LIKENESS = 3
"""How many times longer one of two waits may be for both to be the reader's usual pace."""
PATIENCE = 1.0
"""Seconds that a terminal which reads nothing is waited for at the end."""


class Line:
    """Takes texts without ever blocking, and writes them in their order on a thread of its own."""

    def __init__(self, descriptor: int, on_free: Callable[[], None], on_drained: Callable[[int, float], None]) -> None:
        """``on_free`` is called when all is written, ``on_drained`` with bytes and seconds in which the reader was
        waited for; both on the thread."""
        self._descriptor = descriptor
        self._on_free, self._on_drained = on_free, on_drained
        self._texts: deque[str] = deque()
        self._changed = threading.Condition()
        self._waiting = 0
        """Texts that are not written to the end."""
        self._backlog = Backlog()
        self._closing = False
        self._thread: threading.Thread | None = None

    @property
    def is_free(self) -> bool:
        """Whether everything is written."""
        return self._waiting == 0

    def write(self, text: str) -> None:
        """Write this after everything that was handed over before."""
        with self._changed:
            self._texts.append(text)
            self._waiting += 1
            self._closing = False
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="terminal", daemon=True)
                self._thread.start()
            self._changed.notify()

    def close(self) -> None:
        """Write what is left, unless the terminal takes nothing any more."""
        with self._changed:
            self._closing, thread = True, self._thread
            self._changed.notify()
        if thread is not None:
            thread.join(PATIENCE)

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._texts and not self._closing:
                    self._changed.wait()
                if not self._texts:
                    self._thread = None
                    return
                text = self._texts.popleft()
            self._put(text.encode("utf-8", "replace"))
            with self._changed:
                self._waiting -= 1
                is_free = self._waiting == 0
            if is_free and not self._closing:
                self._on_free()

    def _put(self, data: bytes) -> None:
        """Write all of it; a terminal that is gone takes nothing, which is nobody's fault."""
        view = memoryview(data)
        while view:
            began = monotonic()
            try:
                if not select.select([], [self._descriptor], [], 5)[1]:
                    continue
                written = os.write(self._descriptor, view[:CHUNK])
            except (OSError, ValueError):
                return
            view = view[written:]
            found = self._backlog.note(written, began, monotonic())
            if found is not None:
                self._on_drained(*found)


class Backlog:
    """How fast the reader is: what was written from the end of one wait for it to the end of the next.

    A pseudo-terminal takes some kB at once after each wait, so single writes say nothing. Two waits that are very
    unlike say nothing either: a terminal that stood still for a moment is not a slow one.
    """

    def __init__(self) -> None:
        self._ended = -1e9
        self._wait = 0.0
        """Seconds of the wait before; 0: there was none, or the line was at rest since."""
        self._wait_ended = 0.0
        self._bytes = 0

    def note(self, count: int, began: float, ended: float) -> tuple[int, float] | None:
        """Take a write of some bytes; return bytes and seconds when something can be made of them."""
        if began - self._ended > PAUSE:
            self._wait = 0.0
        self._ended, wait = ended, ended - began
        self._bytes += count
        if wait < SLOW:
            return None
        is_like = self._wait > 0 and 1 / LIKENESS < wait / self._wait < LIKENESS
        found = (self._bytes, ended - self._wait_ended) if is_like else None
        self._wait, self._wait_ended, self._bytes = wait, ended, 0
        return found
