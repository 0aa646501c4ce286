"""What keeps the speeds from running on this machine, and what to do about it."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from sdxl_tui.core.speeds import EAGER, FAST
from sdxl_tui.engine.device import choose_device, why_no_gpu

OLDEST_CARD = (7, 0)
"""CUDA compute capability of the oldest card that Triton compiles for (Volta)."""


@dataclass(frozen=True)
class Obstacle:
    """Why a speed cannot run."""

    reason: str
    """What it needs that is not there: ``a CUDA GPU``."""
    cure: str


def obstacle_to(speed: str, device: str) -> Obstacle | None:
    """Return what keeps a row of SPEEDS from running with the setting ``device``; None: nothing that is known.

    Raises UserError when the device itself cannot be had.
    """
    if speed == EAGER:
        return None
    if choose_device(device).kind != "cuda":
        return Obstacle("a CUDA GPU", why_no_gpu() or _how_to_get_one(device))
    return obstacle_to_triton() if speed == FAST else None


def triton_version() -> str:
    """Return the version of the Triton that torch would use; empty when there is none."""
    if importlib.util.find_spec("triton") is None:
        return ""
    import triton

    return str(triton.__version__)


def _how_to_get_one(device: str) -> str:
    if device == "cpu":
        return "the setting `device` is cpu: SDXL_TUI_DEVICE=auto takes the card where there is one"
    return "no card, no cure: on a CPU every job runs eager"


def obstacle_to_triton() -> Obstacle | None:
    """Triton compiles for the card at first use, and with a C compiler what starts its kernels."""
    import torch

    if torch.cuda.get_device_capability() < OLDEST_CARD:
        return Obstacle("a card of the Volta generation or a newer one", "`--speed exact` runs here")
    if not triton_version():
        return Obstacle("Triton", f"`pip install triton` in the version that torch {torch.__version__} names")
    if not (os.environ.get("CC") or shutil.which("gcc") or shutil.which("clang")):
        return Obstacle("a C compiler", "install gcc (Debian, Ubuntu: `apt install gcc`), or name one in CC")
    if not (Path(sysconfig.get_path("include")) / "Python.h").is_file():
        return Obstacle("Python's headers", "install them (Debian, Ubuntu: `apt install python3-dev`)")
    return None
