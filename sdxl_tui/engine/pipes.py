"""diffusers' SDXL pipelines over the components of a model."""

from __future__ import annotations

from typing import Any

COMPONENTS = ("vae", "text_encoder", "text_encoder_2", "tokenizer", "tokenizer_2", "unet", "scheduler")


def sibling(pipe: Any, name: str, device: str) -> Any:
    """Return diffusers' pipeline of that name over the components of another one: it shares every weight with it.

    Made from the modules themselves: ``from_pipe`` would cast the shared ones.
    """
    return make_pipe(name, device, **{part: getattr(pipe, part) for part in COMPONENTS})


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
