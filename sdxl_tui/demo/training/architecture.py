"""The configs of the embedded model's modules: SDXL's own blocks, with a thirtieth of its widths."""

from __future__ import annotations

from typing import Any

from sdxl_tui.demo.training.tokenizer import BEGIN, END, VOCABULARY_SIZE

TEXT_WIDTHS = (96, 128)
LATENT_CHANNELS = 8

UNET: dict[str, Any] = {
    "sample_size": 32,
    "in_channels": LATENT_CHANNELS,
    "out_channels": LATENT_CHANNELS,
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
    "block_out_channels": (96, 160, 160),
    "layers_per_block": 1,
    "attention_head_dim": (3, 5, 5),
    "use_linear_projection": True,
    "addition_embed_type": "text_time",
    "addition_time_embed_dim": 32,
    "transformer_layers_per_block": (1, 2, 1),
    "projection_class_embeddings_input_dim": 6 * 32 + TEXT_WIDTHS[1],
    "cross_attention_dim": sum(TEXT_WIDTHS),
}

VAE: dict[str, Any] = {
    "in_channels": 3,
    "out_channels": 3,
    "latent_channels": LATENT_CHANNELS,
    "block_out_channels": (32, 64, 96),
    "down_block_types": ("DownEncoderBlock2D",) * 3,
    "up_block_types": ("UpDecoderBlock2D",) * 3,
    "layers_per_block": 1,
    "norm_num_groups": 16,
    "sample_size": 128,
    "scaling_factor": 1.0,
    "force_upcast": True,
}

_VOCABULARY = {
    "vocab_size": VOCABULARY_SIZE,
    "bos_token_id": BEGIN,
    "eos_token_id": END,
    "pad_token_id": END,
}
TEXT_ENCODER: dict[str, Any] = _VOCABULARY | {
    "hidden_size": TEXT_WIDTHS[0],
    "intermediate_size": 4 * TEXT_WIDTHS[0],
    "num_hidden_layers": 3,
    "num_attention_heads": 3,
    "hidden_act": "quick_gelu",
    "projection_dim": TEXT_WIDTHS[0],
}
TEXT_ENCODER_2: dict[str, Any] = _VOCABULARY | {
    "hidden_size": TEXT_WIDTHS[1],
    "intermediate_size": 4 * TEXT_WIDTHS[1],
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "hidden_act": "gelu",
    "projection_dim": TEXT_WIDTHS[1],
}

SCHEDULER: dict[str, Any] = {
    "_class_name": "EulerDiscreteScheduler",
    "num_train_timesteps": 1000,
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "prediction_type": "v_prediction",
    "timestep_spacing": "trailing",
    "steps_offset": 1,
}
"""SDXL base 1.0's noise schedule, predicting velocity (Salimans and Ho 2022), from its noisiest step down."""

COMPONENTS = {
    "scheduler": ("diffusers", "EulerDiscreteScheduler"),
    "text_encoder": ("transformers", "CLIPTextModel"),
    "text_encoder_2": ("transformers", "CLIPTextModelWithProjection"),
    "tokenizer": ("transformers", "CLIPTokenizer"),
    "tokenizer_2": ("transformers", "CLIPTokenizer"),
    "unet": ("diffusers", "UNet2DConditionModel"),
    "vae": ("diffusers", "AutoencoderKL"),
}


def make_modules() -> dict[str, Any]:
    """The four modules with fresh weights, by their folders' names."""
    from diffusers import AutoencoderKL, UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

    return {
        "unet": UNet2DConditionModel(**UNET),
        "vae": AutoencoderKL(**VAE),
        "text_encoder": CLIPTextModel(CLIPTextConfig(**TEXT_ENCODER)),
        "text_encoder_2": CLIPTextModelWithProjection(CLIPTextConfig(**TEXT_ENCODER_2)),
    }
