"""LoRAs in the live weights: added in place, so that graphs stay valid, and taken off by copying the base back."""

from __future__ import annotations

import logging
import time
import traceback
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sdxl_tui.core.lora_hashes import hashes_of
from sdxl_tui.core.lora_tags import LoraUse
from sdxl_tui.core.loras import stamp_of
from sdxl_tui.engine.arena import Arena
from sdxl_tui.engine.loader import LoadedModel
from sdxl_tui.engine.lora_base import KeptBase
from sdxl_tui.engine.lora_factors import Change, read_changes, shown_bytes

log = logging.getLogger(__name__)

MOST_FACTOR_BYTES = 2**30
"""Of files that were used before: their factors stay on the device, so that they are on again in milliseconds."""

Worn = tuple[tuple[object, float, float], ...]
"""What tells a set of LoRAs from another: each file as it was, its weights on UNet and text encoders."""


class Loras:
    """What is on the model in use; the engine's thread only.

    Between any two calls the weights are the model's own with the whole of one set added, or the model's own.
    """

    def __init__(self, room: Callable[[int], bool]) -> None:
        """``room`` is asked for so many bytes on the device before the base takes them."""
        self._base = KeptBase(room)
        self._on: Worn = ()
        self.on_text: Worn = ()
        """What is on, if it changes the text encoders, too: prompts are encoded otherwise then."""
        self._touched: tuple[str, ...] = ()
        self._arena: Arena | None = None
        self._generation = -1
        """The arena's when this wrote to it last: with another one, all weights were written anew."""
        self._read: OrderedDict[object, list[Change]] = OrderedDict()

    def wear(self, loaded: LoadedModel, uses: Sequence[LoraUse], check_cancelled: Callable[[], None]) -> float:
        """Have these LoRAs on, and no other; return the seconds that it took, 0 when they were.

        Whatever is raised, the weights are whole: as they were before, or the model's own. Raises UserError when a
        file cannot be read or does not fit, and what ``check_cancelled`` raises before each file.
        """
        began, arena = time.perf_counter(), loaded.arena
        self._look(arena)
        worn = _worn(uses)
        if worn == self._on:
            return 0.0
        changes: dict[str, list[tuple[float, Change]]] = {}
        for use in uses:
            if use.weight or use.on_text:
                check_cancelled()
                for change in self._changes(loaded, use):
                    if weight := use.on_text if change.of_text else use.weight:
                        changes.setdefault(change.name, []).append((weight, change))
        self._base.keep(arena, changes)
        self._write(arena, changes)
        self._on = worn
        self.on_text = worn if any(name.startswith("text_encoder") for name in changes) else ()
        if arena.flat.is_cuda:
            import torch

            torch.cuda.synchronize()
        seconds = time.perf_counter() - began
        log.info("%d LoRAs are on, %d weights changed, after %.3f s", len(worn), len(changes), seconds)
        return seconds

    def take_off(self) -> None:
        """Leave the model's own weights in the arena, and forget what was kept of them."""
        if self._arena is not None:
            self._look(self._arena)
            self._write(self._arena, {})
        self.forget()

    def forget(self) -> None:
        """The arena has other weights, or is given up: nothing is on, nothing is kept."""
        self._base.forget()
        self._on = self.on_text = ()
        self._touched, self._arena = (), None

    @property
    def kept_bytes(self) -> int:
        """What the model's own weights take on the device beside the arena."""
        return self._base.on_device

    def give_way(self) -> int:
        """Give back what lies on the device to save time only; return its bytes."""
        freed = sum(change.size for changes in self._read.values() for change in changes if change.up.is_cuda)
        self._read.clear()
        return freed + (self._base.give_way() if self._on else self._base.forget())

    def _look(self, arena: Arena) -> None:
        """Forget what is not true any more: another model was written into the arena, or there is another one."""
        if self._arena is not arena or self._generation != arena.generation:
            self.forget()
            self._arena, self._generation = arena, arena.generation

    def _write(self, arena: Arena, changes: Mapping[str, Sequence[tuple[float, Change]]]) -> None:
        """Write the base where a LoRA was and none is to be, and the base with its changes where one is to be."""
        off = [name for name in self._touched if name not in changes]
        if not off and not changes:
            return
        touched = [*off, *changes]
        try:
            self._base.write_back(arena, off)
            with _whole_float32():
                for name, weighted in changes.items():
                    arena[name].copy_(_merged(self._base[name].to(arena.flat.device), weighted))
        except BaseException as error:
            # What was half computed hangs on the error, and takes the room that the copies may need.
            traceback.clear_frames(error.__traceback__)
            self._base.write_back(arena, touched)
            self._on = self.on_text = ()
            self._touched, self._generation = (), arena.generation
            raise
        self._touched, self._generation = tuple(changes), arena.generation

    def _changes(self, loaded: LoadedModel, use: LoraUse) -> list[Change]:
        """What a LoRA's file changes in the weights of this architecture, read once while there is room for it."""
        assert use.file is not None, "it was found when the job was queued"
        arena = loaded.arena
        key = (stamp_of(use.file), arena.key)
        if key not in self._read:
            unet, device = loaded.pipe.unet, arena.flat.device
            began = time.perf_counter()
            changes = read_changes(use.file, use.name, loaded.model.name, arena.layout, unet.config, device)
            log.info("%s: %s read in %.3f s", use.name, shown_bytes(changes), time.perf_counter() - began)
            self._read[key] = changes
        self._read.move_to_end(key)
        changes = self._read[key]
        while len(self._read) > 1 and self._held > MOST_FACTOR_BYTES:
            self._read.popitem(last=False)
        return changes

    @property
    def _held(self) -> int:
        return sum(change.size for changes in self._read.values() for change in changes)


def log_entries(uses: Sequence[LoraUse]) -> list[dict[str, object]]:
    """Return LoRAs as they stand in jobs.log, with the hashes of their files; raise UserError when one is gone."""
    entries = []
    for use in uses:
        assert use.file is not None, "it was found when the job was queued"
        hashes = hashes_of(use.file)
        entries.append(use.as_log(sha256=hashes.sha256, autov3=hashes.autov3))
    return entries


def _worn(uses: Sequence[LoraUse]) -> Worn:
    return tuple(
        (stamp_of(use.file) if use.file else use.name, use.weight, use.on_text)
        for use in uses
        if use.weight or use.on_text
    )


def _merged(base: Any, weighted: Sequence[tuple[float, Change]]) -> Any:
    """``base + sum(weight * alpha / rank * up @ down)`` in float32, in the base's shape."""
    total = base.float()
    for weight, change in weighted:
        delta = (change.up.float() @ change.down.float()) * (weight * change.scale)
        total = total + delta.view(base.shape)
    return total


@contextmanager
def _whole_float32() -> Iterator[None]:
    """Products in float32 as it is, not in TF32."""
    import torch

    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)
