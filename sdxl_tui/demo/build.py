"""Build the embedded model as a plain model folder: SDXL's own architecture, small, with weights from fixed seeds.

The folder is what a published repo is: the same files, the same tensor names, the same tokenizer files, so that the
code that loads the big models loads this one. Its weights are not trained: its pictures are noise.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sdxl_tui.core.cache import demo_folder
from sdxl_tui.core.check import check_folder
from sdxl_tui.demo.tokenizer import VOCABULARY_SIZE, write_tokenizer


@dataclass(frozen=True)
class Architecture:
    """The configs of an SDXL's four modules, as diffusers and transformers name their fields."""

    unet: dict[str, Any]
    vae: dict[str, Any]
    text_encoder: dict[str, Any]
    text_encoder_2: dict[str, Any]


TINY = Architecture(
    unet={
        "sample_size": 32,
        "in_channels": 4,
        "out_channels": 4,
        "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        "block_out_channels": (64, 128, 192),
        "layers_per_block": 1,
        "attention_head_dim": (1, 2, 3),
        "use_linear_projection": True,
        "addition_embed_type": "text_time",
        "addition_time_embed_dim": 32,
        "transformer_layers_per_block": (1, 1, 2),
        "projection_class_embeddings_input_dim": 6 * 32 + 96,
        "cross_attention_dim": 64 + 96,
    },
    vae={
        "in_channels": 3,
        "out_channels": 3,
        "latent_channels": 4,
        "block_out_channels": (32, 64, 64),
        "down_block_types": ("DownEncoderBlock2D",) * 3,
        "up_block_types": ("UpDecoderBlock2D",) * 3,
        "layers_per_block": 1,
        "sample_size": 128,
        "scaling_factor": 0.13025,
        "force_upcast": True,
    },
    text_encoder={
        "hidden_size": 64,
        "intermediate_size": 256,
        "num_hidden_layers": 3,
        "num_attention_heads": 2,
        "hidden_act": "quick_gelu",
        "projection_dim": 64,
    },
    text_encoder_2={
        "hidden_size": 96,
        "intermediate_size": 384,
        "num_hidden_layers": 3,
        "num_attention_heads": 3,
        "hidden_act": "gelu",
        "projection_dim": 96,
    },
)
"""SDXL's own blocks with a thirtieth of its widths: 15 million weights."""

SCHEDULER: dict[str, Any] = {
    "_class_name": "EulerDiscreteScheduler",
    "num_train_timesteps": 1000,
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "prediction_type": "epsilon",
    "timestep_spacing": "leading",
    "steps_offset": 1,
}
"""SDXL base 1.0's noise schedule."""

_VOCABULARY = {
    "vocab_size": VOCABULARY_SIZE,
    "bos_token_id": VOCABULARY_SIZE - 2,
    "eos_token_id": VOCABULARY_SIZE - 1,
    "pad_token_id": VOCABULARY_SIZE - 1,
}

COMPONENTS = {
    "scheduler": ("diffusers", "EulerDiscreteScheduler"),
    "text_encoder": ("transformers", "CLIPTextModel"),
    "text_encoder_2": ("transformers", "CLIPTextModelWithProjection"),
    "tokenizer": ("transformers", "CLIPTokenizer"),
    "tokenizer_2": ("transformers", "CLIPTokenizer"),
    "unet": ("diffusers", "UNet2DConditionModel"),
    "vae": ("diffusers", "AutoencoderKL"),
}


def ensure_built() -> Path:
    """Return the folder of the built model; build it first if it is not there, or not whole (some seconds)."""
    folder = demo_folder()
    if not folder.is_dir() or check_folder(folder).problems:
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            build(scratch)
            _publish(scratch, folder)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    return folder


def _publish(scratch: Path, folder: Path) -> None:
    """Rename the finished folder into place; another process may have been quicker, with the same bytes."""
    scratch.chmod(0o755)
    try:
        os.rename(scratch, folder)
    except OSError:
        if check_folder(folder).problems:
            raise


def build(folder: Path, architecture: Architecture = TINY) -> None:
    """Write a whole model into ``folder``, which is there and empty."""
    import torch
    from diffusers import AutoencoderKL, UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

    with torch.device("meta"):
        modules = {
            "unet": UNet2DConditionModel(**architecture.unet),
            "vae": AutoencoderKL(**architecture.vae),
            "text_encoder": CLIPTextModel(CLIPTextConfig(**_VOCABULARY | architecture.text_encoder)),
            "text_encoder_2": CLIPTextModelWithProjection(CLIPTextConfig(**_VOCABULARY | architecture.text_encoder_2)),
        }
    for name, module in modules.items():
        target = folder / name
        target.mkdir()
        is_text = name.startswith("text_encoder")
        if is_text:
            module.config.save_pretrained(target)
        else:
            module.save_config(target)
        file = "model.safetensors" if is_text else "diffusion_pytorch_model.safetensors"
        _write_weights(module, target / file, is_text)
    for name, padding in (("tokenizer", "<|endoftext|>"), ("tokenizer_2", "!")):
        write_tokenizer(folder / name, padding)
    _write_json(folder / "scheduler" / "scheduler_config.json", SCHEDULER)
    index = {"_class_name": "StableDiffusionXLPipeline", "_diffusers_version": "0.35.0"} | COMPONENTS
    _write_json(folder / "model_index.json", index | {"force_zeros_for_empty_prompt": True})


def _write_weights(module: Any, file: Path, is_text: bool) -> None:
    from safetensors.torch import save_file

    tensors = {}
    for name, parameter in module.state_dict().items():
        published = name
        if is_text and not name.startswith(("text_model.", "text_projection.")):
            published = f"text_model.{name}"
        if not published.endswith("position_ids"):
            tensors[published] = _drawn(published, tuple(parameter.shape))
    save_file(tensors, str(file), metadata={"format": "pt"})


def _drawn(name: str, shape: tuple[int, ...]) -> Any:
    """A float16 tensor from the seed of its own name, scaled so that activations keep their size (LeCun 1998)."""
    import torch

    if name.endswith("bias"):
        return torch.zeros(shape, dtype=torch.float16)
    if len(shape) == 1:
        return torch.ones(shape, dtype=torch.float16)
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")
    drawn = torch.randn(shape, generator=torch.Generator().manual_seed(seed))
    fan_in = 1 if "embedding" in name and len(shape) == 2 and "linear" not in name else math.prod(shape[1:])
    return (drawn / math.sqrt(fan_in)).half()


def _write_json(file: Path, value: dict[str, Any]) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
