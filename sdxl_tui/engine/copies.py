"""Where models that were seen before lie ready: copies of their weights in VRAM and in host RAM."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sdxl_tui.core.models import Model
from sdxl_tui.engine.arena import Layout
from sdxl_tui.engine.events import CopiesChanged
from sdxl_tui.engine.reading import Piece

VRAM, RAM, FILES = "VRAM", "RAM", "files"
"""Where a model can come from, the fastest first."""

BLOCK_BYTES = 64 * 1024**2
"""Host RAM is pinned in blocks of this size, a power of two: torch rounds each one up to one, and the card's driver is
held while one is pinned."""

ModelKey = tuple[str, "Path | None"]


def model_key(model: Model) -> ModelKey:
    """What makes two rows of the catalogue the same model."""
    return model.id, model.place


@dataclass(frozen=True)
class Copy:
    """All weights of a model in the order of their layout."""

    layout: Layout
    channels_last: bool
    """As Arena has it."""
    runs: tuple[tuple[int, Any], ...]
    """First byte and uint8 tensor, which together are the whole."""

    @property
    def size(self) -> int:
        """Bytes that it takes."""
        return sum(len(run) for _, run in self.runs)


class Tier:
    """The copies in one kind of memory, within a budget; any thread may ask."""

    def __init__(self, budget: Callable[[int], int]) -> None:
        """``budget`` is given what the copies take, and returns the most that they may, both in bytes."""
        self._budget = budget
        self._copies: dict[ModelKey, Copy] = {}
        """The least recently used first."""
        self._turn = threading.RLock()

    @property
    def used(self) -> int:
        """Bytes of all copies."""
        with self._turn:
            return sum(copy.size for copy in self._copies.values())

    @property
    def budget(self) -> int:
        """Bytes that all copies may take."""
        return max(0, self._budget(self.used))

    @property
    def keys(self) -> list[ModelKey]:
        """The models, the most recently used first."""
        with self._turn:
            return list(self._copies)[::-1]

    def get(self, key: ModelKey) -> Copy | None:
        """Return a model's copy, and count that as a use."""
        with self._turn:
            copy = self._copies.pop(key, None)
            if copy is not None:
                self._copies[key] = copy
            return copy

    def size_of(self, key: ModelKey) -> int:
        """Return the bytes of a model's copy, 0 without one; that is no use."""
        with self._turn:
            return self._copies[key].size if key in self._copies else 0

    def put(self, key: ModelKey, copy: Copy) -> None:
        """Add a copy; ``make_room`` said that there is room."""
        with self._turn:
            self._copies.pop(key, None)
            self._copies[key] = copy

    def drop(self, key: ModelKey) -> int:
        """Forget a model's copy; return its bytes."""
        with self._turn:
            copy = self._copies.pop(key, None)
            return copy.size if copy else 0

    def make_room(self, size: int, keep: Collection[ModelKey] = (), *, held: int = 0) -> bool:
        """Drop copies, the least recently used first, until ``size`` bytes fit; False, and none is dropped, if never.

        Those in ``keep`` stay. ``held`` bytes of the memory are taken already by what is to be a copy.
        """
        with self._turn:
            budget = self._budget(self.used + held)
            if size + sum(self._copies[key].size for key in keep if key in self._copies) > budget:
                return False
            for key in [key for key in self._copies if key not in keep]:
                if self.used + size <= budget:
                    break
                self.drop(key)
            return self.used + size <= budget

    def give_back(self, size: int, first: ModelKey | None = None) -> int:
        """Drop copies until ``size`` bytes are free, ``first`` and then the least recently used; return the bytes."""
        with self._turn:
            freed = self.drop(first) if first and size > 0 else 0
            for key in list(self._copies):
                if freed >= size:
                    break
                freed += self.drop(key)
            return freed


class HostBlocks:
    """Host memory that becomes a copy, piece by piece; pinned where a GPU is to read it."""

    def __init__(self, layout: Layout, channels_last: bool, pinned: bool) -> None:
        self._layout, self._channels_last, self._pinned = layout, channels_last, pinned
        self._blocks: list[Any] = []

    def write(self, piece: Piece, stored: Any) -> None:
        """Take a piece as it was stored; cast and laid out, it is one run of bytes."""
        import torch

        rows = stored.to(self._layout.dtype)
        if self._channels_last and rows.dim() == 4:
            rows = rows.permute(0, 2, 3, 1)
        if not rows.numel():
            return
        raw = rows.contiguous().view(-1).view(torch.uint8)
        place = self._layout.places[piece.name]
        begin = place.begin + piece.first_row * self._layout.bytes_of(place.shape[1:])
        while len(raw):
            number, start = divmod(begin, BLOCK_BYTES)
            run = raw[: BLOCK_BYTES - start]
            self._block(number)[start : start + len(run)].copy_(run)
            raw, begin = raw[len(run) :], begin + len(run)

    def copy(self) -> Copy:
        """Return the copy, once every piece was written."""
        runs = []
        for begin in range(0, self._layout.size, BLOCK_BYTES):
            size = min(BLOCK_BYTES, self._layout.size - begin)
            runs.append((begin, self._block(begin // BLOCK_BYTES)[:size]))
        return Copy(self._layout, self._channels_last, tuple(runs))

    def _block(self, number: int) -> Any:
        import torch

        while len(self._blocks) <= number:
            rest = self._layout.size - len(self._blocks) * BLOCK_BYTES
            size = min(BLOCK_BYTES, 1 << (rest - 1).bit_length())
            self._blocks.append(torch.empty(size, dtype=torch.uint8, pin_memory=self._pinned))
        return self._blocks[number]


def told(vram: Tier, ram: Tier, reading: ModelKey | None) -> CopiesChanged:
    """Return what lies where now; ``reading`` is the model that is on its way into host RAM."""
    tiers = {**{key[0]: RAM for key in ram.keys}, **{key[0]: VRAM for key in vram.keys}}
    return CopiesChanged(tiers, vram.used, vram.budget, ram.used, ram.budget, reading[0] if reading else "")
