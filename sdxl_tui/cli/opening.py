"""How the lab is opened in a terminal: alone on its folder and its card, else as the user says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sdxl_tui.cli.second_start import READ, decide
from sdxl_tui.core.lab_lock import LabLock
from sdxl_tui.core.lock_file import LabIsOpen
from sdxl_tui.core.models import Model
from sdxl_tui.core.settings import Settings


def open_lab(
    settings: Settings,
    flags: Mapping[str, Any],
    *,
    model: Model | None = None,
    load: bool = False,
    prompt: str = "",
    read_only: bool = False,
) -> int:
    """Open the lab and end the process with it; where another lab is open ask first, and return 0 if that is all."""
    remark = ""
    if not read_only:
        try:
            lock = LabLock(settings)
        except LabIsOpen as other:
            if decide(other) != READ:
                return 0
            read_only = True
        else:
            remark = lock.problem
    from sdxl_tui.tui.run import run_lab

    if read_only:
        return run_lab(settings, flags=flags, read_only=True)
    return run_lab(settings, model=model, load=load, prompt=prompt, flags=flags, remark=remark)
