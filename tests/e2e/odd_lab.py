"""Run by the tests in a terminal: the lab on the demo model with an engine that does what no engine should."""

from __future__ import annotations

import ctypes
import os
import sys
import time
from typing import Any

from sdxl_tui.cli import main
from sdxl_tui.engine import engine
from sdxl_tui.engine.residency import Residency
from sdxl_tui.tui.screens.generate import GenerateScreen


def noisy(self: Engine) -> None:
    """Write on both descriptors, from C and from a child, on the engine's thread."""
    libc = ctypes.CDLL(None)
    for number in range(40):
        os.write(1, f"NOISE on 1, {number}\n".encode())
        os.write(2, f"NOISE on 2, {number}\n".encode())
        libc.printf(b"NOISE from C, %d\n", number)
    libc.fflush(None)
    os.system("echo NOISE from a child; echo NOISE from a child, on 2 >&2")
    work(self)


def hang(*arguments: Any, **options: Any) -> None:
    """As a driver call that does not come back."""
    time.sleep(600)


Engine = engine.Engine
work = Engine._work

if __name__ == "__main__":
    match sys.argv[1]:
        case "noisy":
            Engine._work = noisy  # type: ignore[method-assign]
        case "breaks":
            GenerateScreen.action_generate = lambda self: 1 / 0  # type: ignore[method-assign]
        case "hangs-at-import":
            Residency.wake = hang  # type: ignore[method-assign]
        case "hangs-in-a-step":
            engine.run_job = hang
    sys.exit(main(["demo"]))
