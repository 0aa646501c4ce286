"""The GPU side: one thread that owns it, reached by these names only."""

import importlib
from typing import TYPE_CHECKING

from sdxl_tui.engine.device import choose_device, why_no_gpu
from sdxl_tui.engine.events import (
    CardRead,
    CopiesChanged,
    Event,
    Img2ImgFailed,
    Img2ImgReady,
    JobCancelled,
    JobDone,
    JobFailed,
    JobQueued,
    JobStarted,
    ModelFailed,
    ModelLoaded,
    ModelLoading,
    ModelLoadStopped,
    Notice,
    PictureSaved,
    Preview,
    QueueOrdered,
    QueuePaused,
    QueueProblem,
    QueueRuns,
    StepDone,
)

if TYPE_CHECKING:
    from sdxl_tui.engine.bench.findings import BenchEvent, Figure, Machine, Measured, SectionBegan, SectionEnded
    from sdxl_tui.engine.bench.run import run_bench
    from sdxl_tui.engine.bench.workplace import BenchOptions
    from sdxl_tui.engine.convert import convert_model
    from sdxl_tui.engine.engine import Engine
    from sdxl_tui.engine.obstacles import Obstacle, obstacle_to, triton_version
    from sdxl_tui.engine.status import EngineStatus

__all__ = [
    "BenchEvent",
    "BenchOptions",
    "CardRead",
    "CopiesChanged",
    "Engine",
    "EngineStatus",
    "Event",
    "Figure",
    "Img2ImgFailed",
    "Img2ImgReady",
    "JobCancelled",
    "JobDone",
    "JobFailed",
    "JobQueued",
    "JobStarted",
    "Machine",
    "Measured",
    "ModelFailed",
    "ModelLoadStopped",
    "ModelLoaded",
    "ModelLoading",
    "Notice",
    "Obstacle",
    "PictureSaved",
    "Preview",
    "QueueOrdered",
    "QueuePaused",
    "QueueProblem",
    "QueueRuns",
    "SectionBegan",
    "SectionEnded",
    "StepDone",
    "choose_device",
    "convert_model",
    "obstacle_to",
    "run_bench",
    "triton_version",
    "why_no_gpu",
]


LATE = {
    **dict.fromkeys(
        ("BenchEvent", "Figure", "Measured", "Machine", "SectionBegan", "SectionEnded"),
        "bench.findings",
    ),
    "BenchOptions": "bench.workplace",
    "run_bench": "bench.run",
    "Engine": "engine",
    "convert_model": "convert",
    "EngineStatus": "status",
    "Obstacle": "obstacles",
    "obstacle_to": "obstacles",
    "triton_version": "obstacles",
}
"""Name -> module."""


def __getattr__(name: str) -> object:
    """Import what is more than events when it is asked for: the lab's screens know those before it is there."""
    if name in LATE:
        return getattr(importlib.import_module(f"sdxl_tui.engine.{LATE[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
