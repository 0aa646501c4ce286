"""The GPU side: one thread that owns it, reached by these names only."""

from sdxl_tui.engine.device import choose_device, why_no_gpu
from sdxl_tui.engine.engine import Engine, EngineStatus
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
    StepDone,
)

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
    "StepDone",
    "choose_device",
    "why_no_gpu",
]
