"""The GPU side: one thread that owns it, reached by these names only."""

from typing import TYPE_CHECKING

from sdxl_tui.engine.device import choose_device, why_no_gpu
from sdxl_tui.engine.events import (
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
    StepDone,
)

if TYPE_CHECKING:
    from sdxl_tui.engine.engine import Engine
    from sdxl_tui.engine.status import EngineStatus

__all__ = [
    "Engine",
    "EngineStatus",
    "Event",
    "Img2ImgFailed",
    "Img2ImgReady",
    "JobCancelled",
    "JobDone",
    "JobFailed",
    "JobQueued",
    "JobStarted",
    "ModelFailed",
    "ModelLoadStopped",
    "ModelLoaded",
    "ModelLoading",
    "Notice",
    "PictureSaved",
    "Preview",
    "QueueOrdered",
    "StepDone",
    "choose_device",
    "why_no_gpu",
]


def __getattr__(name: str) -> object:
    """Import the engine itself when it is asked for: the lab's screens know the events before it is there."""
    if name == "Engine":
        from sdxl_tui.engine.engine import Engine

        return Engine
    if name == "EngineStatus":
        from sdxl_tui.engine.status import EngineStatus

        return EngineStatus
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
