"""diffusers' SDXL pipelines over the components of a model."""

from __future__ import annotations

from typing import Any


def make_pipe(name: str, device: str, **components: Any) -> Any:
    """Return diffusers' pipeline of that name: silent, without a watermark, and told which device it runs on.

    Otherwise it asks each of its layers in turn, which takes 11 ms a call.
    """
    import diffusers
    import torch

    kind = type(name, (getattr(diffusers, name),), {"_execution_device": torch.device(device)})
    pipe = kind(**components, add_watermarker=False)
    pipe.set_progress_bar_config(disable=True)
    return pipe
