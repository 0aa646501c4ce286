"""Leaving when the terminal or the system says so."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sdxl_tui.tui.app import LabApp

PATIENCE = 1.5
"""Seconds for leaving in order."""


def leave_on_signals(app: LabApp) -> None:
    """Leave when the connection drops: the running job is cancelled and logged; or when the system ends the lab, as
    before a reboot: the running job is offered again at the next start.

    Unhandled, either ends the process at once, with the job in no log. A terminal that hung up is not written to any
    more: whoever tries waits for ever, the event loop too, so that way out does not pass through it.
    """
    signal.signal(
        signal.SIGHUP, lambda *_: _start(threading.Thread(target=_leave_now, args=(app, 128 + signal.SIGHUP)))
    )
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, _leave_in_order, app, 128 + signal.SIGTERM)


def _leave_in_order(app: LabApp, code: int) -> None:
    app.goes_down = True
    _start(threading.Timer(PATIENCE, _leave_now, [app, code]))
    app.exit(return_code=code)


def _leave_now(app: LabApp, code: int) -> None:
    app.close(PATIENCE)
    os._exit(code)


def _start(thread: threading.Thread) -> None:
    thread.daemon = True
    thread.start()
