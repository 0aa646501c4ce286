"""One lab a GPU: two would take each other's memory, and neither could keep a model ready."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sdxl_tui.core import paths
from sdxl_tui.core.lock_file import Held, LabIsOpen, hold
from sdxl_tui.core.pinning import VARIABLE
from sdxl_tui.core.settings import Settings
from sdxl_tui.core.words import named

_UNSAFE = re.compile(r"[^A-Za-z0-9-]+")


@dataclass(frozen=True)
class Gpu:
    """The card, or the part of one, that the lab will run on."""

    uuid: str
    name: str


class GpuLock:
    """The lock on a card, beside the one on the output folder.

    It lies in the state folder, so it is seen by every lab that shares that folder. In containers that do not share it
    (no SDXL_TUI_HOME on a mounted folder) each has a lock of its own, and none of them sees the others. One that cannot
    be had is no error. `sdxl-tui generate` takes none.
    """

    def __init__(self, gpu: Gpu, folder: Path) -> None:
        """Take it; ``folder``: this lab's output folder. Raises LabIsOpen when another lab runs on the card."""
        self._descriptor: int | None = None
        file = paths.state_dir() / f"gpu-{_UNSAFE.sub('-', gpu.uuid)}.lock"
        try:
            with suppress(OSError):
                self._descriptor = hold(file, folder)
        except Held as held:
            raise LabIsOpen(held.holder, gpu=f"{named(gpu.name)} {named(gpu.uuid)}") from None


def gpu_of_lab(settings: Settings, environ: Mapping[str, str], nvml: Any = None) -> Gpu | None:
    """The card that torch will take, found through NVML and without torch; None: the lab will run on the CPU.

    NVML counts by the bus, CUDA from the fastest card unless CUDA_DEVICE_ORDER says otherwise: where cards differ, a
    number may mean another card than this one says. It means the same one in every lab that is started by number.
    """
    if settings.device == "cpu" or not torch_has_cuda():
        return None
    try:
        if nvml is None:
            import pynvml as nvml  # type: ignore[no-redef]
        nvml.nvmlInit()
    except Exception:  # no driver, no library
        return None
    try:
        return _chosen(nvml, environ.get(VARIABLE))
    except Exception:  # a driver that does not tell: no lock is better than no lab
        return None
    finally:
        with suppress(Exception):
            nvml.nvmlShutdown()


def torch_has_cuda() -> bool:
    """Whether the torch that is installed is a build for GPUs, read from its version file: importing it takes long."""
    with suppress(ImportError, OSError, ValueError):
        found = importlib.util.find_spec("torch")
        if found is None:
            return False
        if found.origin:
            text = Path(found.origin).with_name("version.py").read_text(encoding="utf-8")
            return re.search(r"^cuda\b.*= *None\s*$", text, re.MULTILINE) is None
    return True


def _chosen(nvml: Any, visible: str | None) -> Gpu | None:
    first = "0" if visible is None else visible.split(",")[0].strip()
    if first.isdecimal():
        if int(first) >= nvml.nvmlDeviceGetCount():
            return None
        return _described(nvml, _part_of(nvml, nvml.nvmlDeviceGetHandleByIndex(int(first))))
    if first.startswith("MIG-"):
        return _described(nvml, nvml.nvmlDeviceGetHandleByUUID(first))
    if first.startswith("GPU-"):
        for index in range(nvml.nvmlDeviceGetCount()):
            handle = nvml.nvmlDeviceGetHandleByIndex(index)
            if _text(nvml.nvmlDeviceGetUUID(handle)).startswith(first):
                return _described(nvml, _part_of(nvml, handle))
    return None


def _part_of(nvml: Any, card: Any) -> Any:
    """The first part of a card that is cut into parts (MIG), which CUDA takes; else the card."""
    try:
        current, _pending = nvml.nvmlDeviceGetMigMode(card)
        if not current:
            return card
        for index in range(nvml.nvmlDeviceGetMaxMigDeviceCount(card)):
            with suppress(Exception):
                return nvml.nvmlDeviceGetMigDeviceHandleByIndex(card, index)
    except Exception:  # a card that knows no parts
        return card
    return card


def _described(nvml: Any, handle: Any) -> Gpu:
    return Gpu(_text(nvml.nvmlDeviceGetUUID(handle)), _text(nvml.nvmlDeviceGetName(handle)))


def _text(name: str | bytes) -> str:
    """Older bindings give bytes."""
    return name.decode(errors="replace") if isinstance(name, bytes) else name
