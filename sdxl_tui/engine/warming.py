"""The helper that reads models into host RAM in the background: one thread, which gives way to everything else."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sdxl_tui.core.errors import UserError
from sdxl_tui.engine.copies import Copy, HostBlocks, ModelKey, Tier
from sdxl_tui.engine.loader import Shell, read_weights
from sdxl_tui.engine.reading import Piece

log = logging.getLogger(__name__)

READERS = 2
"""Threads that read in the background: enough for a disk, few enough for the job that runs."""


REST = 3
"""Beside a job the helper rests so many times as long as it has worked: what they both need is Python's lock."""


class _Stopped(Exception):
    """The model is not wanted any more, or the lab closes."""


class Warmer:
    """Keeps models in host RAM: the most wanted first, as many as its budget holds."""

    def __init__(
        self, tier: Tier, shell_of: Callable[[ModelKey], Shell | None], changed: Callable[[], None], *, pinned: bool
    ) -> None:
        """``shell_of`` returns a model without its weights, None if it cannot be loaded; ``changed`` is told of all."""
        self._tier, self._shell_of, self._changed, self._pinned = tier, shell_of, changed, pinned
        self._state = threading.Condition()
        self._wanted: tuple[ModelKey, ...] = ()
        self._channels_last = False
        self._is_new = False
        self._pauses = 0
        self._jobs = 0
        self._closing = False
        self.reading: ModelKey | None = None
        """The model that is being read."""
        self._thread = threading.Thread(target=self._work, name="warmer", daemon=True)
        self._thread.start()

    def want(self, keys: Sequence[ModelKey], channels_last: bool) -> None:
        """Keep these models from now on, the most wanted first, in the arena's order of convolutions."""
        with self._state:
            self._wanted, self._channels_last, self._is_new = tuple(keys), channels_last, True
            self._state.notify_all()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Do nothing while the engine loads."""
        with self._state:
            self._pauses += 1
        try:
            yield
        finally:
            with self._state:
                self._pauses -= 1
                self._state.notify_all()

    @contextmanager
    def beside_job(self) -> Iterator[None]:
        """Work a little at a time while a job runs."""
        self._jobs += 1
        try:
            yield
        finally:
            self._jobs -= 1

    def close(self) -> None:
        """End the thread and wait for it: for one read at most."""
        with self._state:
            self._closing = True
            self._state.notify_all()
        self._thread.join()

    def _work(self) -> None:
        while True:
            with self._state:
                self._state.wait_for(lambda: self._closing or (self._is_new and not self._pauses))
                if self._closing:
                    return
                wanted, self._is_new = self._wanted, False
            try:
                self._fulfil(wanted)
            except _Stopped:
                log.info("reading into host RAM was stopped")
            except Exception:
                log.exception("a model could not be read into host RAM")

    def _fulfil(self, wanted: Sequence[ModelKey]) -> None:
        chosen: list[ModelKey] = []
        room = self._tier.budget
        for key in wanted:
            if room <= 0:
                return
            self._give_way(key)
            size = self._tier.size_of(key)
            shell = None if size else self._shell_of(key)
            size = shell.layout.size if shell else size
            if not size or size > room:
                continue
            room -= size
            if shell and self._tier.make_room(size, chosen):
                self._read(key, shell)
            chosen.append(key)

    def _read(self, key: ModelKey, shell: Shell) -> None:
        self.reading = key
        self._changed()
        try:
            self._tier.put(key, self._filled(key, shell))
            log.info("%s lies in host RAM", key[0])
        except (UserError, RuntimeError) as error:  # torch's OutOfMemoryError is a RuntimeError
            log.warning("%s is not kept in host RAM: %s", key[0], error)
        finally:
            self.reading = None
            self._changed()

    def _filled(self, key: ModelKey, shell: Shell) -> Copy:
        import torch

        torch.set_grad_enabled(False)
        blocks = HostBlocks(shell.layout, self._channels_last, self._pinned)

        def write(piece: Piece, stored: Any) -> None:
            began = time.perf_counter()
            blocks.write(piece, stored)
            if self._jobs:
                time.sleep(REST * (time.perf_counter() - began))

        read_weights(shell, torch.device("cpu"), lambda: write, lambda *_: self._give_way(key), READERS)
        return blocks.copy()

    def _give_way(self, key: ModelKey) -> None:
        """Wait while the engine loads; raise once this model is not wanted any more."""
        with self._state:
            self._state.wait_for(lambda: self._closing or not self._pauses)
            if self._closing or key not in self._wanted:
                raise _Stopped
