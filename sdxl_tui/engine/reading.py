"""Read weight files at the speed of the machine: many readers, large reads, each turned into weights as it comes."""

from __future__ import annotations

import math
import os
import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.safetensors_header import AGAIN, BYTES_OF
from sdxl_tui.engine.device import cores
from sdxl_tui.engine.weights import Source

UNIT_BYTES = 16 * 1024**2
"""The most that is read at once: a power of two, as torch rounds pinned blocks up to one."""
READERS = 16
"""Threads that read; from the page cache they bring SDXL onto an H100 in 0.4 to 0.5 s."""
SPARE_SLOTS = 8
"""Units that may lie read while the readers go on."""
PATIENCE = 0.1
"""Seconds to wait for a slow disk before asking whether the load was stopped."""


@dataclass(frozen=True)
class Piece:
    """A weight, or some of its rows (its first dimension), within a unit."""

    name: str
    dtype: str
    """As stored."""
    shape: tuple[int, ...]
    """Of these rows."""
    first_row: int
    is_whole: bool
    start: int
    """Its first byte, from the beginning of the unit."""
    size: int
    """Bytes, as stored."""
    transposed: bool = False
    """Stored with rows and columns the other way round; such a weight is always whole."""


@dataclass(frozen=True)
class Unit:
    """What is read at once: neighbouring tensors of a file, or rows of a large one."""

    file: Path
    begin: int
    """First byte in the file."""
    size: int
    pieces: tuple[Piece, ...]


def units_of(sources: Iterable[Source]) -> list[Unit]:
    """Return the reads that bring all of ``sources``, component by component and in the order of the files.

    A unit has at most UNIT_BYTES unless a single row has more. Every piece of it begins where its number format allows
    to look at it in place, whatever its offset in the file is.
    """
    units: list[Unit] = []
    for component in _components(sources):
        for source in sorted(component, key=lambda source: (str(source.file), source.stored.begin)):
            for begin, piece in _pieces(source):
                last = units[-1] if units else None
                start = 0 if last is None else begin - last.begin
                if (
                    last is not None
                    and last.file == source.file
                    and start == last.size
                    and start % BYTES_OF[piece.dtype] == 0
                    and start + piece.size <= UNIT_BYTES
                    and last.pieces[0].name.partition(".")[0] == piece.name.partition(".")[0]
                ):
                    moved = _moved(piece, start)
                    units[-1] = Unit(last.file, last.begin, start + piece.size, (*last.pieces, moved))
                else:
                    units.append(Unit(source.file, begin, piece.size, (piece,)))
    return units


def _components(sources: Iterable[Source]) -> Iterable[list[Source]]:
    components: dict[str, list[Source]] = {}
    for source in sources:
        components.setdefault(source.name.partition(".")[0], []).append(source)
    return components.values()


def _pieces(source: Source) -> Iterable[tuple[int, Piece]]:
    """A tensor in runs of rows that fit a unit, each with its first byte in the file."""
    name, stored = source.name, source.stored
    size = math.prod(stored.shape) * BYTES_OF[stored.dtype]
    if size <= UNIT_BYTES or not stored.shape or source.transposed:
        yield stored.begin, Piece(name, stored.dtype, stored.shape, 0, True, 0, size, source.transposed)
        return
    row = size // stored.shape[0]
    step = max(1, UNIT_BYTES // row)
    for first in range(0, stored.shape[0], step):
        rows = min(step, stored.shape[0] - first)
        shape = (rows, *stored.shape[1:])
        yield stored.begin + first * row, Piece(name, stored.dtype, shape, first, False, 0, rows * row)


def _moved(piece: Piece, start: int) -> Piece:
    return replace(piece, start=start)


def read_units(
    units: Sequence[Unit],
    device: Any,
    write: Callable[[Piece, Any], None],
    told: Callable[[Unit | None], None],
    readers: int = READERS,
) -> None:
    """Read all units; ``write`` is given each piece as it was stored, a tensor on ``device``, in their order.

    ``told`` is called after each unit, and with None while a disk lets wait; it may raise to give up. All of it on the
    caller's thread; whatever is raised, every reader has ended before. Raises UserError when a file cannot be read to
    its end, or was changed meanwhile.
    """
    with ExitStack() as stack:
        files = {file: stack.enter_context(_Opened(file)) for file in dict.fromkeys(unit.file for unit in units)}
        readers = min(readers, len(units), cores() + 1)
        with _Readers(units, files, readers, pinned=device.type == "cuda") as reading:
            for unit in units:
                slot = reading.next(told)
                stored = slot[: unit.size].to(device, non_blocking=True)
                for piece in unit.pieces:
                    write(piece, _as_stored(stored, piece))
                reading.give_back(slot)
                told(unit)
        for file in files.values():
            file.refuse_changed()


def pin_staging() -> None:
    """Pin the memory through which a GPU is filled, ahead of the first load; torch keeps it for all later ones."""
    import torch

    _ = [_slot(UNIT_BYTES, pinned=True) for _ in range(min(READERS, cores() + 1) + SPARE_SLOTS)]
    torch.cuda.synchronize()


def write_to(views: Any) -> Callable[[Piece, Any], None]:
    """Return what writes pieces into weights by name, cast and in their order."""

    def write(piece: Piece, stored: Any) -> None:
        weight = views[piece.name]
        rows = weight if piece.is_whole else weight[piece.first_row : piece.first_row + piece.shape[0]]
        rows.copy_(stored)

    return write


def _as_stored(unit: Any, piece: Piece) -> Any:
    import torch

    names = {
        "F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16", "F8_E4M3": "float8_e4m3fn",
        "F8_E5M2": "float8_e5m2",
    }  # fmt: skip
    dtype = getattr(torch, names[piece.dtype])
    stored = unit[piece.start : piece.start + piece.size].view(dtype).view(piece.shape)
    return stored.t() if piece.transposed else stored


def _slot(size: int, pinned: bool) -> Any:
    import torch

    return torch.empty(size, dtype=torch.uint8, pin_memory=pinned)


class _Opened:
    """A weight file, open for all readers."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __enter__(self) -> _Opened:
        try:
            self._descriptor = os.open(self._file, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise self._unreadable(error) from error
        self._changed = os.fstat(self._descriptor).st_mtime_ns
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)

    def read(self, begin: int, into: memoryview) -> None:
        """Fill ``into`` with the bytes from ``begin``."""
        done = 0
        while done < len(into):
            try:
                count = os.preadv(self._descriptor, [into[done:]], begin + done)
            except OSError as error:
                raise self._unreadable(error) from error
            if count == 0:
                raise UserError(f"{self._shown} ended early: it was cut while it was read; {AGAIN}.")
            done += count

    def refuse_changed(self) -> None:
        """Raise UserError when the file was written to since it was opened."""
        if os.fstat(self._descriptor).st_mtime_ns != self._changed:
            raise UserError(f"{self._shown} was changed while it was read; load the model again.")

    @property
    def _shown(self) -> str:
        return f"{self._file.parent.name}/{self._file.name}"

    def _unreadable(self, error: OSError) -> UserError:
        return UserError(f"{self._shown} cannot be read: {(error.strerror or 'unknown error').lower()}.")


class _Readers:
    """Threads that fill slots with units, a little ahead of who takes them, in order."""

    def __init__(self, units: Sequence[Unit], files: dict[Path, _Opened], count: int, pinned: bool) -> None:
        self._units, self._files, self._pinned = units, files, pinned
        size = max((unit.size for unit in units), default=0)
        self._free: queue.SimpleQueue[Any] = queue.SimpleQueue()
        for _ in range(min(len(units), count + SPARE_SLOTS)):
            self._free.put(_slot(size, pinned))
        self._done: queue.SimpleQueue[tuple[int, Any]] = queue.SimpleQueue()
        self._early: dict[int, Any] = {}
        self._taken = 0
        self._copied: deque[tuple[Any, Any]] = deque()
        self._turn = threading.Lock()
        self._next = 0
        self._stopped = False
        self._threads = [threading.Thread(target=self._work, name=f"reader {number}") for number in range(count)]

    def __enter__(self) -> _Readers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped = True
        for _thread in self._threads:
            self._free.put(None)
        for thread in self._threads:
            thread.join()
        if self._copied:
            self._copied[-1][0].synchronize()

    def next(self, told: Callable[[Unit | None], None]) -> Any:
        """Return the slot with the next unit; raise what its reader met."""
        self._recycle()
        while self._taken not in self._early:
            # Where the readers stand still for want of a slot, wait for the oldest one that the device copies.
            if self._copied and self._done.empty() and self._free.empty():
                self._copied[0][0].synchronize()
                self._recycle()
            try:
                number, slot = self._done.get(timeout=PATIENCE)
            except queue.Empty:
                told(None)
                continue
            self._early[number] = slot
        slot = self._early.pop(self._taken)
        self._taken += 1
        if isinstance(slot, BaseException):
            raise slot
        return slot

    def give_back(self, slot: Any) -> None:
        """Let a slot be filled again, once the device has what is in it."""
        if not self._pinned:
            self._free.put(slot)
            return
        import torch

        copied = torch.cuda.Event()
        copied.record()
        self._copied.append((copied, slot))

    def _recycle(self) -> None:
        """Free what the device has copied."""
        while self._copied and self._copied[0][0].query():
            self._free.put(self._copied.popleft()[1])

    def _work(self) -> None:
        # The slot first, then the unit: the next one that is asked for never waits for a slot that later ones hold.
        while (slot := self._free.get()) is not None and not self._stopped:
            with self._turn:
                number = self._next
                self._next += 1
            if number >= len(self._units):
                return
            unit = self._units[number]
            try:
                self._files[unit.file].read(unit.begin, memoryview(slot.numpy())[: unit.size])
            except BaseException as error:
                self._done.put((number, error))
                return
            self._done.put((number, slot))
