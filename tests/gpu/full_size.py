"""SDXL base 1.0 at its full size, with random weights: the same files, shapes, bytes and FLOPs as the published one."""

from __future__ import annotations

from sdxl_tui.demo.build import TINY, Architecture

FULL_SIZE = Architecture(
    unet=TINY.unet
    | {
        "sample_size": 128,
        "block_out_channels": (320, 640, 1280),
        "layers_per_block": 2,
        "attention_head_dim": (5, 10, 20),
        "addition_time_embed_dim": 256,
        "transformer_layers_per_block": (1, 2, 10),
        "projection_class_embeddings_input_dim": 2816,
        "cross_attention_dim": 2048,
    },
    vae=TINY.vae
    | {
        "block_out_channels": (128, 256, 512, 512),
        "down_block_types": ("DownEncoderBlock2D",) * 4,
        "up_block_types": ("UpDecoderBlock2D",) * 4,
        "layers_per_block": 2,
        "sample_size": 1024,
    },
    text_encoder=TINY.text_encoder
    | {
        "vocab_size": 49408,
        "hidden_size": 768,
        "intermediate_size": 3072,
        "num_hidden_layers": 12,
        "num_attention_heads": 12,
        "projection_dim": 768,
    },
    text_encoder_2=TINY.text_encoder_2
    | {
        "vocab_size": 49408,
        "hidden_size": 1280,
        "intermediate_size": 5120,
        "num_hidden_layers": 32,
        "num_attention_heads": 20,
        "projection_dim": 1280,
    },
)
