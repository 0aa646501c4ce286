"""Leaving when the terminal or the system says so."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sdxl_tui.tui.app import LabApp

PATIENCE = 3.0
"""Seconds for leaving in order. A terminal that is gone can hold up whoever writes to it."""


def leave_on_signals(app: LabApp) -> None:
    """Leave in order when the connection drops or the machine goes down: the running job is cancelled and logged.

    Unhandled, either ends the process at once, with the job in no log and the terminal as it is.
    """
    loop = asyncio.get_running_loop()
    for number in (signal.SIGHUP, signal.SIGTERM):
        loop.add_signal_handler(number, _leaver(app, 128 + number))


def _leaver(app: LabApp, code: int) -> Callable[[], None]:
    def leave() -> None:
        last_resort = threading.Timer(PATIENCE, _leave_now, [app, code])
        last_resort.daemon = True
        last_resort.start()
        app.exit(return_code=code)

    return leave


def _leave_now(app: LabApp, code: int) -> None:
    app.engine.close(PATIENCE)
    os._exit(code)
