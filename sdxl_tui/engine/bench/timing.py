"""Seconds on a device that works on its own: what was asked for is waited for."""

from __future__ import annotations

import time
from collections.abc import Callable


def wait_for_the_device() -> None:
    """Return when all that was asked of the GPU is done."""
    import torch

    if torch.cuda.is_available():
        torch.cuda.synchronize()


def seconds_of(work: Callable[[], object]) -> float:
    """Return how long a piece of work takes, to its end on the device."""
    wait_for_the_device()
    began = time.perf_counter()
    work()
    wait_for_the_device()
    return time.perf_counter() - began


def give_back_memory() -> None:
    """Return what no tensor uses to the driver."""
    import gc

    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
