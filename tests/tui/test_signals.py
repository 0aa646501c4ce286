"""What a signal does at a bad moment."""

from __future__ import annotations

import os
import pty
import signal
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from sdxl_tui.tui.signals import go_on_after_a_stop


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = signal.getsignal(signal.SIGCONT)
    yield
    signal.signal(signal.SIGCONT, before)


@pytest.mark.parametrize("is_running", [False, True], ids=["left", "hung up"])
def test_going_on_without_a_screen_to_come_back_to_does_nothing(is_running: bool) -> None:
    """A link that drops sends SIGHUP and SIGCONT together; a terminal that is not ours does not tell its group."""
    ours, theirs = pty.openpty()
    nowhere = os.open(os.devnull, os.O_RDWR)
    taken: list[str] = []
    driver = SimpleNamespace(
        _must_signal_resume=False,
        fileno=theirs if is_running else nowhere,
        suspend_application_mode=lambda: taken.append("suspended"),
        resume_application_mode=lambda: taken.append("resumed"),
    )
    resume = SimpleNamespace(subscribe=lambda *_: None)
    app: Any = SimpleNamespace(_driver=driver, is_running=is_running, app_resume_signal=resume)
    try:
        go_on_after_a_stop(app)
        os.kill(os.getpid(), signal.SIGCONT)
    finally:
        for descriptor in (ours, theirs, nowhere):
            os.close(descriptor)
    assert taken == []
