"""SDXL's published sizes, as changes to the demo model's configs: blocks and everything else are the same."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sdxl_tui.core.cache import DEMO_FOLDER

FULL_SIZE: dict[str, dict[str, Any]] = {
    "unet": {
        "sample_size": 128,
        "in_channels": 4,
        "out_channels": 4,
        "block_out_channels": (320, 640, 1280),
        "layers_per_block": 2,
        "attention_head_dim": (5, 10, 20),
        "addition_time_embed_dim": 256,
        "transformer_layers_per_block": (1, 2, 10),
        "projection_class_embeddings_input_dim": 2816,
        "cross_attention_dim": 2048,
    },
    "vae": {
        "latent_channels": 4,
        "block_out_channels": (128, 256, 512, 512),
        "down_block_types": ("DownEncoderBlock2D",) * 4,
        "up_block_types": ("UpDecoderBlock2D",) * 4,
        "layers_per_block": 2,
        "norm_num_groups": 32,
        "sample_size": 1024,
        "scaling_factor": 0.13025,
    },
    "text_encoder": {
        "vocab_size": 49408,
        "hidden_size": 768,
        "intermediate_size": 3072,
        "num_hidden_layers": 12,
        "num_attention_heads": 12,
        "projection_dim": 768,
        "bos_token_id": 0,
        "eos_token_id": 2,
    },
    "text_encoder_2": {
        "vocab_size": 49408,
        "hidden_size": 1280,
        "intermediate_size": 5120,
        "num_hidden_layers": 32,
        "num_attention_heads": 20,
        "projection_dim": 1280,
        "bos_token_id": 0,
        "eos_token_id": 2,
    },
}
"""By component, config values of stabilityai/stable-diffusion-xl-base-1.0. An ``eos_token_id`` of 2 means to CLIP's
text encoders: the largest token there is."""


def configs_with(changes: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the config of each component that has weights: the demo's, with ``changes``."""
    return {
        part: json.loads((DEMO_FOLDER / part / "config.json").read_text(encoding="utf-8")) | dict(changes.get(part, {}))
        for part in FULL_SIZE
    }
