"""The arena, and how a model's weights get into it: always all of them, or those before."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from sdxl_tui.core.memory import available_ram
from sdxl_tui.engine.arena import Arena
from sdxl_tui.engine.budgets import free_vram
from sdxl_tui.engine.copies import FILES, RAM, VRAM, Copy, ModelKey, Tier
from sdxl_tui.engine.device import Device
from sdxl_tui.engine.loader import Shell, read_weights
from sdxl_tui.engine.reading import Piece, write_to

log = logging.getLogger(__name__)

Report = Callable[[str, float], None]
"""Told the step and the share done; may raise to give up the load."""

SPARE = 1.1
"""Of what weights take, how much has to be free: the way in takes some too."""


class Swapper:
    """Owns the arena of the model in use; the engine's thread only."""

    def __init__(self, device: Device, vram: Tier, ram: Tier, goes: Callable[[Arena], None]) -> None:
        """``goes`` is told of an arena that is given up: what was made over it is to be dropped."""
        import torch

        self.device, self._vram, self._ram, self._goes = device, vram, ram, goes
        self._place = torch.device(device.kind)
        self.arena: Arena | None = None
        self.in_use: tuple[ModelKey, Shell] | None = None
        """The model whose weights are in the arena; None: there is no arena."""

    def source_of(self, key: ModelKey) -> str:
        """Where a model would come from now: VRAM, RAM or FILES."""
        return VRAM if self._vram.size_of(key) else RAM if self._ram.size_of(key) else FILES

    def put(self, key: ModelKey, shell: Shell, report: Report, begin: Callable[[Arena], None]) -> str:
        """Bring a model's weights into the arena and return where they came from.

        A model of another architecture than the one before gets an arena of its own, with which ``begin`` is called
        before the other one goes. Whatever is raised, the model before stays in use and whole, unless there was no room
        for both and it could not be brought back: then ``in_use`` is None.
        """
        source = self.source_of(key)
        copy = self._vram.get(key) or self._ram.get(key)
        if self.arena is not None and self.arena.key == shell.layout.key:
            copy = self._overwrite(self.arena, shell, copy, report)
        else:
            self._begin_anew(shell, copy, report, begin)
        self.in_use = key, shell
        self._keep(copy if source == FILES else None)
        return source

    def leave(self) -> None:
        """Give the arena up: no model is in use any more."""
        if self.arena is not None:
            self._goes(self.arena)
            self.arena.detach()
        self.arena = self.in_use = None

    def _begin_anew(self, shell: Shell, copy: Copy | None, report: Report, begin: Callable[[Arena], None]) -> None:
        made: list[Arena] = []

        def new_arena() -> Arena:
            self._make_room(shell.layout.size)
            made.append(Arena(shell.modules, self._place, self.device.dtype, channels_last=False))
            return made[0]

        if copy is None:
            read_weights(shell, self._place, lambda: write_to(new_arena().writing()), report)
        else:
            new_arena().write_runs(copy.runs, copy.channels_last)
        [arena] = made
        arena.attach(shell.modules)
        try:
            begin(arena)
        except BaseException:
            self._goes(arena)
            arena.detach()
            raise
        self.leave()
        self.arena = arena

    def _overwrite(self, arena: Arena, shell: Shell, copy: Copy | None, report: Report) -> Copy | None:
        """Write another model of the same architecture; if that fails in the midst of it, put the one before back.

        Returns what was written from: the copy that is given, or the one that was read; None: there was no room for it.
        """
        generation = arena.generation
        try:
            if copy is None:
                copy = self._read_beside(arena, shell, report)
            if copy is not None:
                arena.write_runs(copy.runs, copy.channels_last)
        except BaseException:
            if arena.generation != generation:
                self._put_back(arena)
            raise
        return copy

    def _read_beside(self, arena: Arena, shell: Shell, report: Report) -> Copy | None:
        """Read a model into memory of its own and return it; None: there was no room, it was read into the arena."""
        made: list[Any] = []

        def room() -> Callable[[Piece, Any], None]:
            made.append(self._block(shell.layout.size))
            return write_to(arena.writing() if made[0] is None else shell.layout.views(made[0], arena.channels_last))

        read_weights(shell, self._place, room, report)
        [block] = made
        return None if block is None else Copy(shell.layout, arena.channels_last, ((0, block),))

    def _block(self, size: int) -> Any:
        """Memory beside the arena; None where there is not enough."""
        import torch

        if self.device.kind == "cpu" and available_ram() < size * SPARE:
            return None
        try:
            return torch.empty(size, dtype=torch.uint8, device=self._place)
        except RuntimeError:  # torch's OutOfMemoryError is one
            log.info("no room to read a model beside the one in use: it is read in its place")
            return None

    def _put_back(self, arena: Arena) -> None:
        """Bring the model back whose weights are written over in part; if that fails too, none is in use."""
        assert self.in_use is not None, "an arena has a model"
        key, shell = self.in_use
        copy = self._vram.get(key) or self._ram.get(key)
        try:
            if copy is not None:
                arena.write_runs(copy.runs, copy.channels_last)
            else:
                read_weights(shell, self._place, lambda: write_to(arena.writing()), lambda _step, _share: None)
        except Exception:
            log.exception("%s could not be brought back: no model is in use", key[0])
            self.leave()

    def _keep(self, read: Copy | None) -> None:
        """Keep a copy of the model in use in VRAM, where there is room: another one may then be written over it.

        ``read`` is one that is there already and would be given up.
        """
        assert self.in_use is not None, "called for a model"
        assert self.arena is not None, "with its weights"
        key, shell = self.in_use
        if read is not None and self._vram.make_room(read.size, held=read.size):
            self._vram.put(key, read)
        if read is not None or self._vram.size_of(key) or not self._vram.make_room(shell.layout.size):
            return
        block = self._block(shell.layout.size)
        if block is not None:
            block.copy_(self.arena.flat)
            self._vram.put(key, Copy(shell.layout, self.arena.channels_last, ((0, block),)))

    def _make_room(self, size: int) -> None:
        """Free the card for another arena: copies first, then the model in use, if it cannot hold both."""
        if self.device.kind == "cpu":
            return
        import torch

        wanted = int(size * SPARE)
        if (short := wanted - free_vram()) > 0:
            self._vram.give_back(short)
            torch.cuda.empty_cache()
        if free_vram() < wanted and self.in_use is not None:
            log.info("%s is given up to make room for another model", self.in_use[0][0])
            self.leave()
            torch.cuda.empty_cache()
