"""Leaving, stopping and going on when the terminal or the system says so."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sdxl_tui.tui.app import LabApp

PATIENCE = 1.5
"""Seconds for leaving in order."""
LAST = 6.0
"""Seconds after which the process ends whatever it waits for: a disk that hangs, a driver call."""


def leave_on_signals(app: LabApp) -> None:
    """Leave when the connection drops: the running job is cancelled and logged; or when the system ends the lab, as
    before a reboot: the running job is offered again at the next start.

    Unhandled, either ends the process at once, with the job in no log. A terminal that hung up is not written to any
    more: whoever tries waits for ever, the event loop too, so that way out does not pass through it.
    """
    signal.signal(
        signal.SIGHUP, lambda *_: _start(threading.Thread(target=_leave_now, args=(app, 128 + signal.SIGHUP)))
    )
    loop = asyncio.get_running_loop()
    signal.signal(signal.SIGTERM, lambda *_: _leave_in_order(app, loop, 128 + signal.SIGTERM))


def _leave_in_order(app: LabApp, loop: asyncio.AbstractEventLoop, code: int) -> None:
    """The event loop may be held up by a terminal that takes nothing: then it goes without."""
    app.goes_down = True
    _start(threading.Timer(PATIENCE, _leave_now, [app, code]))
    with suppress(RuntimeError):  # it is over by now
        loop.call_soon_threadsafe(partial(app.exit, return_code=code))


def _leave_now(app: LabApp, code: int) -> None:
    _start(threading.Timer(LAST, os._exit, [code]))
    try:
        app.close(PATIENCE)
    finally:
        os._exit(code)


def go_on_after_a_stop(app: LabApp) -> None:
    """Have the terminal again when the lab goes on after ctrl+z from outside, SIGTSTP or SIGSTOP, and paint all of it.

    Textual paints nothing then, and after SIGSTOP, which nobody can heed, it takes what the shell made of the terminal
    for what it was before the lab: the shell would be without echo in the end.
    """
    driver: Any = app._driver
    if not hasattr(driver, "_must_signal_resume"):
        return

    def go_on(*_: object) -> None:
        if not app.is_running:  # it leaves, and gives the terminal back: a link that drops sends this signal too
            return
        try:
            is_behind = os.isatty(driver.fileno) and os.tcgetpgrp(driver.fileno) != os.getpgrp()
        except OSError:  # the terminal is gone
            return
        if is_behind:
            os.kill(os.getpid(), signal.SIGSTOP)  # in the background there is no terminal to paint on
            return
        if not driver._must_signal_resume:
            driver.suspend_application_mode()
            driver._must_signal_resume = True
        driver.resume_application_mode()

    signal.signal(signal.SIGCONT, go_on)
    app.app_resume_signal.subscribe(app, lambda _: app.paint_anew())


def _start(thread: threading.Thread) -> None:
    thread.daemon = True
    thread.start()
