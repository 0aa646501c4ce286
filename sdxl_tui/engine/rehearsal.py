"""Before a model is chosen: what every SDXL needs of libraries, card and compiler is got ready over a stand-in."""

from __future__ import annotations

import json
from typing import Any

from sdxl_tui.core.checkpoint_kind import SDXL_CONFIGS
from sdxl_tui.core.models import CATALOGUE, DEMO
from sdxl_tui.engine.architecture import make_modules, understood, written_configs
from sdxl_tui.engine.arena import Arena
from sdxl_tui.engine.device import Device
from sdxl_tui.engine.loader import LoadedModel
from sdxl_tui.engine.pipelines import warm_up
from sdxl_tui.engine.pipes import make_pipe
from sdxl_tui.engine.speed import Speed

FEW_LAYERS: dict[str, dict[str, Any]] = {
    "unet": {"transformer_layers_per_block": (1, 1, 1)},
    "text_encoder": {"num_hidden_layers": 2},
    "text_encoder_2": {"num_hidden_layers": 2},
}
"""SDXL's widths, and with them all its kernels, in as few layers as have them: 1.4 GiB of weights instead of 6.5."""
WEIGHT = 0.001
"""What all of them are: any number that leads to numbers."""


def rehearse(device: Device, speed: str) -> None:
    """Make the small picture that warms up a model, over a stand-in that is given up again.

    Raises whatever a load or a first job may; nothing of it stays but what the libraries keep.
    """
    from transformers import CLIPTokenizer

    written = written_configs(SDXL_CONFIGS)
    modules = make_modules(understood({part: {**written[part], **FEW_LAYERS.get(part, {})} for part in written}))
    arena = Arena(modules, device.kind, device.dtype, channels_last=False)
    arena.flat.view(device.dtype).fill_(WEIGHT)
    arena.attach(modules)
    scheduler = json.loads((SDXL_CONFIGS / "scheduler" / "scheduler_config.json").read_text(encoding="utf-8"))
    pipe = make_pipe(
        "StableDiffusionXLPipeline",
        device.kind,
        tokenizer=CLIPTokenizer.from_pretrained(str(SDXL_CONFIGS / "tokenizer")),
        tokenizer_2=CLIPTokenizer.from_pretrained(str(SDXL_CONFIGS / "tokenizer_2")),
        scheduler=None,
        **modules,
    )
    stand_in = LoadedModel(CATALOGUE[DEMO], "", pipe, scheduler, device, 0.0, arena, Speed(arena))
    try:
        warm_up(stand_in, speed)
    finally:
        stand_in.speed.drop_graphs()
        arena.detach()
