"""SDXL base 1.0 at its full size, with random weights: the same files, shapes, bytes and FLOPs as the published one."""

from __future__ import annotations

import hashlib
import json
import math
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sdxl_tui.core.cache import DEMO_FOLDER
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.folder_check import check_folder
from sdxl_tui.core.models import CATALOGUE, Model
from sdxl_tui.core.words import shown_size

NAME = "random-sdxl"
FULL_BYTES = 7 * 2**30
"""A little more than the folder takes."""

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
    },
    "text_encoder_2": {
        "vocab_size": 49408,
        "hidden_size": 1280,
        "intermediate_size": 5120,
        "num_hidden_layers": 32,
        "num_attention_heads": 20,
        "projection_dim": 1280,
    },
}
"""What is larger than in the demo model, whose tokenizers and blocks are SDXL's own."""


def random_model(place: Path) -> Model:
    """Return the model in ``place``, built there first unless it is there whole; raise UserError without the room.

    Tensors are drawn on the GPU where there is one: the same weights each time there, and others than on a CPU.
    """
    folder = place / NAME
    base = CATALOGUE["stabilityai/stable-diffusion-xl-base-1.0"]
    model = replace(base, id="bench/random", name="SDXL with random weights", folder=folder)
    if check_folder(folder).problems:
        unfinished = place / f".{NAME}"
        for stale in (folder, unfinished):
            shutil.rmtree(stale, ignore_errors=True)
        unfinished.mkdir(parents=True)
        free = shutil.disk_usage(place).free
        if free < FULL_BYTES:
            raise UserError(
                f"The model with random weights takes {shown_size(FULL_BYTES)}, and {place} has {shown_size(free)} "
                "free: free some, or name a model with --model."
            )
        write_random_model(unfinished)
        unfinished.rename(folder)
    return model


def write_random_model(folder: Path, changes: Mapping[str, Mapping[str, Any]] = FULL_SIZE) -> None:
    """Write a model into ``folder``, which is there: the demo's configs with ``changes``, and published tensor names.

    Names are those of the published repos, whichever transformers is installed.
    """
    import torch
    from diffusers import AutoencoderKL, UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

    shutil.copytree(DEMO_FOLDER, folder, ignore=shutil.ignore_patterns("*.safetensors"), dirs_exist_ok=True)
    scheduler = folder / "scheduler" / "scheduler_config.json"
    own = {"prediction_type": "epsilon", "timestep_spacing": "leading"}
    scheduler.write_text(json.dumps(json.loads(scheduler.read_text()) | own))
    configs = {}
    for part in ("unet", "vae", "text_encoder", "text_encoder_2"):
        file = folder / part / "config.json"
        configs[part] = json.loads(file.read_text()) | dict(changes.get(part, {}))
        file.write_text(json.dumps(configs[part]))
    with torch.device("meta"):
        modules = {
            "unet": UNet2DConditionModel.from_config(configs["unet"]),
            "vae": AutoencoderKL.from_config(configs["vae"]),
            "text_encoder": CLIPTextModel(CLIPTextConfig.from_dict(configs["text_encoder"])),
            "text_encoder_2": CLIPTextModelWithProjection(CLIPTextConfig.from_dict(configs["text_encoder_2"])),
        }
    device = "cuda" if torch.cuda.is_available() else "cpu"
    for part, module in modules.items():
        is_text = part.startswith("text_encoder")
        name = "model.safetensors" if is_text else "diffusion_pytorch_model.safetensors"
        _write_weights(module, folder / part / name, is_text, device)


def _write_weights(module: Any, file: Path, is_text: bool, device: str) -> None:
    from safetensors.torch import save_file

    tensors = {}
    for name, parameter in module.state_dict().items():
        published = name
        if is_text and not name.startswith(("text_model.", "text_projection.")):
            published = f"text_model.{name}"
        if not published.endswith("position_ids"):
            tensors[published] = _drawn(published, tuple(parameter.shape), device).cpu()
    save_file(tensors, str(file), metadata={"format": "pt"})


def _drawn(name: str, shape: tuple[int, ...], device: str) -> Any:
    """A float16 tensor from the seed of its own name, scaled so that activations keep their size (LeCun 1998)."""
    import torch

    if name.endswith("bias"):
        return torch.zeros(shape, dtype=torch.float16)
    if len(shape) == 1:
        return torch.ones(shape, dtype=torch.float16)
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")
    drawn = torch.randn(shape, generator=torch.Generator(device).manual_seed(seed), device=device)
    fan_in = 1 if "embedding" in name and len(shape) == 2 and "linear" not in name else math.prod(shape[1:])
    return (drawn / math.sqrt(fan_in)).half()
