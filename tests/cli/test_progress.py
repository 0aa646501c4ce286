"""Stops from outside, as whoever watches an engine sees them."""

from __future__ import annotations

import os
import queue
import signal

import pytest

from sdxl_tui.cli.progress import Report, StopAsked, stops_as_reports


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_first_stop_is_a_report_and_the_second_leaves_at_once(number: signal.Signals) -> None:
    reports: queue.SimpleQueue[Report] = queue.SimpleQueue()
    before = signal.getsignal(number)
    with stops_as_reports(reports):
        os.kill(os.getpid(), number)
        assert reports.get(timeout=60) == StopAsked()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)
    assert signal.getsignal(number) == before
