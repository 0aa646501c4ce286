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
FEWEST_WAITS = 3
"""Writes that have to wait before anything is made of it."""
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
        """Write all of it; a terminal that is gone takes nothing, which is nobody's fault.

        How fast the reader is shows in the writes that wait for it. The longest one has no part in it: a terminal
        that stood still for a moment is not a slow one.
        """
        view, waits, began = memoryview(data), [0.0], monotonic()
        while view:
            before = monotonic()
            try:
                if not select.select([], [self._descriptor], [], 5)[1]:
                    continue
                written = os.write(self._descriptor, view[:CHUNK])
            except (OSError, ValueError):
                return
            view = view[written:]
            wait = monotonic() - before
            if wait >= SLOW:
                waits.append(wait)
            elif len(waits) == 1:
                began = monotonic()
                data = bytes(view)
        if len(waits) > FEWEST_WAITS:
            seconds = monotonic() - began - max(waits)
            self._on_drained(len(data) - CHUNK, max(seconds, 1e-3))
