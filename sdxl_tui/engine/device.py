"""Which device the lab runs on, and in which number formats."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from sdxl_tui.core.errors import UserError
from sdxl_tui.engine.allocator import choose_allocator


@dataclass(frozen=True)
class Device:
    """The one device of this process. Nothing here needs bfloat16 or a recent GPU."""

    kind: str
    """``cuda`` or ``cpu``."""
    shown: str
    """``NVIDIA H100 80GB HBM3`` or ``CPU, 2 cores``."""

    @property
    def dtype(self) -> Any:
        """float16 on a GPU, float32 on a CPU (which has no fast float16)."""
        import torch

        return torch.float16 if self.kind == "cuda" else torch.float32


def choose_device(setting: str) -> Device:
    """Return the device for the setting ``auto``, ``cuda`` or ``cpu``; raise UserError when it cannot be had."""
    choose_allocator()
    import torch

    if setting != "cpu" and torch.cuda.is_available():
        return Device("cuda", torch.cuda.get_device_name(0))
    if setting == "cuda":
        raise UserError("torch sees no CUDA GPU here: `sdxl-tui doctor` says why; SDXL_TUI_DEVICE=cpu runs on the CPU.")
    return Device("cpu", f"CPU, {cores()} core{'s' if cores() > 1 else ''}")


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def why_no_gpu() -> str:
    """What to do when torch sees no GPU; empty when this machine seems to have none."""
    import pynvml
    import torch

    if torch.cuda.is_available():
        return ""
    try:
        pynvml.nvmlInit()
        count, driver = pynvml.nvmlDeviceGetCount(), pynvml.nvmlSystemGetDriverVersion()
        pynvml.nvmlShutdown()
    except pynvml.NVMLError:
        return ""
    if not count:
        return ""
    if torch.version.cuda is None:
        return f"torch {torch.__version__} is a build for CPUs: install its CUDA build"
    chosen = os.environ.get("CUDA_VISIBLE_DEVICES")
    if chosen is not None:
        return f"CUDA_VISIBLE_DEVICES={chosen or '(empty)'} hides the card: unset it or name one that is there"
    return (
        f"torch {torch.__version__} needs a driver for CUDA {torch.version.cuda}, here is {driver}: update one of them"
    )


def start_libraries(device: Device) -> None:
    """Let CUDA and its libraries start now, which takes seconds: the first load and the first job need not wait."""
    if device.kind != "cuda":
        return
    import torch
    from torch.nn import functional

    for dtype in (device.dtype, torch.float32):
        picture = torch.zeros(1, 64, 16, 16, device=device.kind, dtype=dtype)
        functional.conv2d(picture, torch.zeros(64, 64, 3, 3, device=device.kind, dtype=dtype), padding=1)
        tokens = torch.zeros(1, 1, 256, 64, device=device.kind, dtype=dtype)
        functional.scaled_dot_product_attention(tokens @ tokens[..., :64, :], tokens, tokens)
    torch.cuda.synchronize()


def name_of(dtype: Any) -> str:
    """A number format's name: ``float16``."""
    return str(dtype).removeprefix("torch.")


def versions() -> dict[str, str | None]:
    """What a picture depends on, for its log line."""
    import diffusers
    import torch
    import transformers

    from sdxl_tui import __version__

    return {
        "app": __version__,
        "torch": torch.__version__,
        "diffusers": diffusers.__version__,
        "transformers": transformers.__version__,
        "cuda": torch.version.cuda,
    }
