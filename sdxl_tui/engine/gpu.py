"""What the driver says of the one card that torch works on, asked through NVML: no CUDA, no torch, no rights needed."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sdxl_tui.core.pinning import VARIABLE

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Before:
    """A card before this process had anything on it."""

    free: int
    """Bytes."""
    pids: frozenset[int]
    """Who was on it, as the driver counts processes."""


class Driver:
    """NVML, started when it is first asked. Nothing here raises: what cannot be had is None, and one log line.

    NVML numbers cards its own way and knows nothing of CUDA_VISIBLE_DEVICES, so a card is found by its UUID.
    """

    def __init__(self) -> None:
        self._nvml: Any = None
        self._is_started = False
        self._told: set[str] = set()
        """What has been logged as missing."""
        self._before: dict[str, Before] = {}

    def note_before(self) -> None:
        """Remember all cards as they are before CUDA starts in this process."""
        for handle in self._handles():
            memory, uuid = self.memory(handle), self._text("nvmlDeviceGetUUID", handle)
            if memory is not None:
                pids = frozenset(pid for pid, _ in self.processes(handle) or ())
                self._before[uuid] = Before(memory[1], pids)

    def before(self, handle: Any) -> Before | None:
        """A card as ``note_before`` found it; None: it did not, or this is a part of a card."""
        return self._before.get(self._text("nvmlDeviceGetUUID", handle))

    def card_of_torch(self) -> Any:
        """Return the handle of torch's device 0, a card or a part of one (MIG); None: the driver cannot be asked."""
        import torch

        if not self._start():
            return None
        uuid = str(getattr(torch.cuda.get_device_properties(0), "uuid", ""))
        if uuid:  # newer torch
            bare = uuid.removeprefix("GPU-").removeprefix("MIG-")
            return self._by_uuid(f"GPU-{bare}") or self._by_uuid(f"MIG-{bare}")
        return self._as_chosen(os.environ.get(VARIABLE, ""), torch.cuda.get_device_name(0))

    def memory(self, handle: Any) -> tuple[int, int] | None:
        """Total and free bytes; what the driver keeps for itself is no part of the total."""
        version = getattr(self._nvml, "nvmlMemory_v2", None)
        found = self._ask("nvmlDeviceGetMemoryInfo", handle, version) if version else None
        if found is None:
            found = self._ask("nvmlDeviceGetMemoryInfo", handle)
        return None if found is None else (int(found.total - getattr(found, "reserved", 0)), int(found.free))

    def processes(self, handle: Any) -> list[tuple[int, int | None]] | None:
        """Each process on the card with its bytes, None where the driver hides them; None: it tells of none at all."""
        lists = [
            self._ask(f"nvmlDeviceGet{kind}RunningProcesses", handle) for kind in ("Compute", "Graphics")
        ]  # one process may be on both
        if lists[0] is None:
            return None
        found: dict[int, int | None] = {}
        for process in (process for listed in lists for process in listed or ()):
            used = process.usedGpuMemory
            known = found.get(process.pid)
            found[process.pid] = known if used is None else max(int(used), known or 0)
        return list(found.items())

    def load(self, handle: Any) -> int | None:
        """Percent of the time that the card is busy."""
        rates = self._ask("nvmlDeviceGetUtilizationRates", handle)
        return None if rates is None else int(rates.gpu)

    def temperature(self, handle: Any) -> int | None:
        """Degrees Celsius of the chip."""
        found = self._ask("nvmlDeviceGetTemperature", self._whole(handle), 0)  # NVML_TEMPERATURE_GPU
        return None if found is None else int(found)

    def watts(self, handle: Any) -> int | None:
        """Power that is drawn now."""
        milliwatts = self._ask("nvmlDeviceGetPowerUsage", self._whole(handle))
        return None if milliwatts is None else round(milliwatts / 1000)

    def close(self) -> None:
        """Let the driver go."""
        if self._is_started:
            self._is_started = False
            self._ask("nvmlShutdown")

    def _start(self) -> bool:
        if self._nvml is None:
            try:
                import pynvml
            except Exception as error:
                self._tell("pynvml", error)
                return False
            self._nvml = pynvml
        if not self._is_started:
            try:
                self._nvml.nvmlInit()
            except Exception as error:
                self._tell("nvmlInit", error)
                return False
            self._is_started = True
        return True

    def _handles(self) -> Iterator[Any]:
        """All cards."""
        if self._start():
            for index in range(self._ask("nvmlDeviceGetCount") or 0):
                if (handle := self._ask("nvmlDeviceGetHandleByIndex", index)) is not None:
                    yield handle

    def _as_chosen(self, chosen: str, name: str) -> Any:
        """The first card that CUDA_VISIBLE_DEVICES names, of those that are called as torch calls it."""
        first = chosen.split(",")[0].strip()
        if first.startswith("MIG-"):
            return self._by_uuid(first)
        handles = [handle for handle in self._handles() if self._text("nvmlDeviceGetName", handle) == name]
        if first.startswith("GPU-"):
            handles = [handle for handle in handles if self._text("nvmlDeviceGetUUID", handle).startswith(first)]
        elif first.isdecimal() and (numbered := self._ask("nvmlDeviceGetHandleByIndex", int(first))) is not None:
            is_alike = self._text("nvmlDeviceGetName", numbered) == name
            return numbered if is_alike or not handles else handles[0]
        return next(iter(handles), None)

    def _by_uuid(self, uuid: str) -> Any:
        try:
            return self._nvml.nvmlDeviceGetHandleByUUID(uuid)
        except Exception:
            return None

    def _whole(self, handle: Any) -> Any:
        """The card that a part of one is cut from: only it has sensors."""
        try:
            if self._nvml.nvmlDeviceIsMigDeviceHandle(handle):
                return self._nvml.nvmlDeviceGetDeviceHandleFromMigDeviceHandle(handle)
        except Exception:  # a driver that knows no parts
            return handle
        return handle

    def _text(self, function: str, *arguments: Any) -> str:
        """Older bindings give bytes."""
        found = self._ask(function, *arguments)
        return found.decode(errors="replace") if isinstance(found, bytes) else found or ""

    def _ask(self, function: str, *arguments: Any) -> Any:
        """Return what NVML says; None where it does not: no rights, no such sensor, the card is gone."""
        call: Callable[..., Any] | None = getattr(self._nvml, function, None)
        try:
            return None if call is None else call(*arguments)
        except Exception as error:
            self._tell(function, error)
            return None

    def _tell(self, what: str, error: Exception) -> None:
        if what not in self._told:
            self._told.add(what)
            log.info("the meter does without %s: %s", what, error)
