"""The weights as the model has them, kept while LoRAs change them: what takes a LoRA off again, bit for bit."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sdxl_tui.engine.arena import Arena

log = logging.getLogger(__name__)

BLOCK_BYTES = 64 * 1024**2
"""Host RAM is pinned in blocks of this size at least, a power of two, as torch rounds each one up to one."""


class KeptBase:
    """Copies of single weights of one arena, on the device while there is room, else in host RAM."""

    def __init__(self, room: Callable[[int], bool]) -> None:
        """``room`` is asked for so many bytes on the device before they are taken there."""
        self._room = room
        self._kept: dict[str, Any] = {}
        self.on_device = 0
        """Bytes that it takes beside the arena, where that is; for any thread."""

    def __contains__(self, name: str) -> bool:
        return name in self._kept

    def __getitem__(self, name: str) -> Any:
        """Return a weight as it was, in the arena's shape and dtype, on the device or in host RAM."""
        return self._kept[name]

    def keep(self, arena: Arena, names: Iterable[str]) -> None:
        """Keep these weights as they stand in the arena now, if they are not kept already.

        Raises torch's OutOfMemoryError when there is no room anywhere; nothing more is kept then.
        """
        views = {name: arena[name] for name in names if name not in self._kept}
        size = sum(map(_bytes, views.values()))
        if not size:
            return
        if not arena.flat.is_cuda or self._room(size):
            kept = {name: view.clone() for name, view in views.items()}
        else:
            kept = _in_host_ram(views)
        self._take(kept)

    def write_back(self, arena: Arena, names: Sequence[str]) -> None:
        """Copy kept weights into the arena again; that takes hardly any memory."""
        views = arena.writing()
        for name in names:
            views[name].copy_(self._kept[name], non_blocking=True)

    def give_way(self) -> int:
        """Move what lies on the device into host RAM; return its bytes."""
        there = {name: kept for name, kept in self._kept.items() if kept.is_cuda}
        size = self.on_device
        if there:
            self._take(_in_host_ram(there))
        return size

    def forget(self) -> int:
        """Keep nothing any more; return the bytes that were taken on the device."""
        size, self.on_device = self.on_device, 0
        self._kept.clear()
        return size

    def _take(self, kept: Mapping[str, Any]) -> None:
        self._kept.update(kept)
        self.on_device = sum(_bytes(one) for one in self._kept.values() if one.is_cuda)


def _bytes(tensor: Any) -> int:
    return int(tensor.numel() * tensor.element_size())


def _in_host_ram(tensors: dict[str, Any]) -> dict[str, Any]:
    """Copies in pinned host RAM, one after the other in blocks, each in the order of its own dimensions."""
    import torch

    kept: dict[str, Any] = {}
    block, place = torch.empty(0, dtype=torch.uint8), 0
    for name, tensor in tensors.items():
        size = _bytes(tensor)
        if place + size > len(block):
            block, place = torch.empty(max(BLOCK_BYTES, size), dtype=torch.uint8, pin_memory=True), 0
        kept[name] = block[place : place + size].view(tensor.dtype).view(tensor.shape)
        kept[name].copy_(tensor, non_blocking=True)
        place += -(-size // 256) * 256
    torch.cuda.synchronize()
    log.info("the model's own weights under LoRAs lie in host RAM: there is no room for them on the card")
    return kept
