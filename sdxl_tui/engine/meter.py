"""The card's meter: what is free, ours and the others' on it, read once a second while somebody looks."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from sdxl_tui.core.vram import Card
from sdxl_tui.engine.card_users import CardUsers
from sdxl_tui.engine.events import CardRead, Event
from sdxl_tui.engine.gpu import Driver
from sdxl_tui.engine.holdings import Holdings

log = logging.getLogger(__name__)

GIB = 1024**3
SECONDS = 1.0
"""From one reading to the next."""
PATIENCE = 0.25
"""Seconds that a caller waits for a reading: a driver that hangs holds nobody up."""
FINE_BELOW, FINE, COARSE = 8 * GIB, GIB // 4, GIB
"""Memory is told in GiB; where little is left, in quarters of one."""
LOAD, TEMPERATURE, WATTS = 5, 2, 25
"""Steps in which the other figures are told: percent, degrees, watts."""
CLEARLY = 0.6
"""A figure on the edge between two steps goes this part of a step before it is told anew."""


class Meter:
    """One thread that asks the driver, so that nobody else waits for it; on a CPU there is none.

    Nothing here raises. A figure that cannot be had is None; without any of the memory nothing is told at all.
    """

    def __init__(
        self,
        emit: Callable[[Event], None],
        holdings: Callable[[], Holdings],
        busy: Callable[[], bool],
        driver: Driver | None = None,
    ) -> None:
        """``holdings`` is asked on the meter's thread; ``busy``: whether a job runs, whose memory the next one has."""
        self._emit, self._holdings, self._busy = emit, holdings, busy
        self._driver = driver or Driver()
        self._changed = threading.Condition()
        self._is_shown = self._closing = False
        self._asked = self._answered = 0
        self._last: CardRead | None = None
        self._told: CardRead | None = None
        self._at_rest: tuple[tuple[int, bool], int] | None = None
        """What was held at the last look, and bytes of tensors that are there without a job."""
        self._handle: Any = None
        self._name = ""
        self._users = CardUsers(None, None)
        self._thread: threading.Thread | None = None

    def note_before(self) -> None:
        """See what is on the cards before CUDA starts in this process."""
        self._driver.note_before()

    def start(self) -> None:
        """Begin, where torch has a GPU in use; the engine's thread calls it once CUDA has started."""
        import torch

        if torch.cuda.is_initialized():
            self._thread = threading.Thread(target=self._work, name="meter", daemon=True)
            self._thread.start()

    def show(self, on: bool) -> None:
        """Tell what changes from now on, or nothing any more; from any thread."""
        with self._changed:
            self._is_shown = on
            self._changed.notify_all()

    def read(self) -> Card | None:
        """Return the card as it is now; None without a GPU, or where the driver says nothing; from any thread.

        Where the driver does not answer at once, it is the card as it last was.
        """
        with self._changed:
            if self._thread is None or self._closing:
                return None
            self._asked += 1
            wanted = self._asked
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._answered >= wanted or self._closing, PATIENCE)
            return self._last.card if self._last else None

    def close(self, timeout: float) -> None:
        """End the thread."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(max(0.0, timeout))

    def _work(self) -> None:
        try:
            self._users = self._look_around()
        except Exception as error:
            log.info("the meter does without the driver: %s", error)
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closing or self._is_shown or self._asked > self._answered)
                if self._closing:
                    break
                wanted = self._asked
            try:
                reading = self._read()
            except Exception as error:
                log.info("the card cannot be read: %s", error)
                reading = None
            with self._changed:
                self._last, self._answered = reading or self._last, wanted
                is_shown = self._is_shown
                self._changed.notify_all()
            if reading is not None and is_shown and (self._told is None or differ(self._told, reading)):
                self._told = reading
                self._emit(reading)
            with self._changed:
                self._changed.wait_for(lambda: self._closing or self._asked > self._answered, SECONDS)
        self._driver.close()

    def _look_around(self) -> CardUsers:
        """Find the card, and what CUDA took of it when it started."""
        import torch

        self._name = torch.cuda.get_device_name(0)
        self._handle = handle = self._driver.card_of_torch()
        before, memory = (None, None) if handle is None else (self._driver.before(handle), self._driver.memory(handle))
        went = before.free - memory[1] - torch_memory()[0] if before and memory else None
        return CardUsers(before.pids if before else None, went)

    def _read(self) -> CardRead:
        driver, handle = self._driver, self._handle
        total, free = (driver.memory(handle) if handle is not None else None) or memory_by_cuda()
        reserved, allocated = torch_memory()
        listed = driver.processes(handle) if handle is not None else None
        ours, others = self._users.split(listed or (), reserved)
        held = self._holdings()
        spare = max(0, reserved - self._without_a_job(held, allocated) - held.graphs)
        card = held.card(total, free, min(ours, total - free), spare)
        if handle is None:
            return CardRead(card, None, None, None, others, self._name)
        load, temperature, watts = driver.load(handle), driver.temperature(handle), driver.watts(handle)
        return CardRead(card, load, temperature, watts, others, self._name)

    def _without_a_job(self, held: Holdings, allocated: int) -> int:
        """Bytes of tensors that stay when the running job is over: of what it takes, the next one has all.

        Graphs are captured within a job, so they do not make another state of rest.
        """
        state = (held.copies, held.has_model)
        known = self._at_rest[1] if self._at_rest is not None and self._at_rest[0] == state else allocated
        rest = min(known, allocated) if self._busy() else allocated
        self._at_rest = (state, rest)
        return rest


def differ(told: CardRead, now: CardRead) -> bool:
    """Whether any figure, rounded as it is shown, has clearly changed."""
    before, card = told.card, now.card
    step = FINE if min(before.free + before.spare, card.free + card.spare) < FINE_BELOW else COARSE
    memory = [
        (before.free, card.free),
        (before.free + before.spare, card.free + card.spare),
        (before.ours, card.ours),
        (before.others, card.others),
        (before.copies, card.copies),
        (before.graphs, card.graphs),
    ]
    return (
        any(_moved(*pair, step) for pair in memory)
        or _moved(told.load, now.load, LOAD)
        or _moved(told.temperature, now.temperature, TEMPERATURE)
        or _moved(told.watts, now.watts, WATTS)
        or before.has_model != card.has_model
        or {process.pid for process in told.others} != {process.pid for process in now.others}
    )


def _moved(before: int | None, now: int | None, step: int) -> bool:
    if before is None or now is None:
        return before is not now
    return round(before / step) != round(now / step) and abs(now - before) >= CLEARLY * step


def torch_memory() -> tuple[int, int]:
    """Bytes that torch holds of the card, and those of them that tensors take."""
    import torch

    stats = torch.cuda.memory_stats()
    return stats.get("reserved_bytes.all.current", 0), stats.get("allocated_bytes.all.current", 0)


def memory_by_cuda() -> tuple[int, int]:
    """Total and free bytes as CUDA says where NVML does not; raises what torch raises when the card is gone."""
    import torch

    free, total = torch.cuda.mem_get_info()
    return total, free
