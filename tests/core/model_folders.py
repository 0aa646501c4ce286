"""Tiny but true SDXL folders in diffusers layout, written by hand: the key names are those of published repos."""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sdxl_tui.core.models import Model

WIDTHS = {"F16": 2, "F32": 4, "I64": 8}
UNET = "unet/diffusion_pytorch_model.fp16.safetensors"
"""The UNet's only weight file in a folder that is not sharded."""
REVISION = "462165984030d82259a11f4367a4eed129e94a7b"

MODEL_INDEX = {
    "_class_name": "StableDiffusionXLPipeline",
    "_diffusers_version": "0.19.0.dev0",
    "force_zeros_for_empty_prompt": True,
    "add_watermarker": None,
    "feature_extractor": [None, None],
    "image_encoder": [None, None],
    "scheduler": ["diffusers", "EulerDiscreteScheduler"],
    "text_encoder": ["transformers", "CLIPTextModel"],
    "text_encoder_2": ["transformers", "CLIPTextModelWithProjection"],
    "tokenizer": ["transformers", "CLIPTokenizer"],
    "tokenizer_2": ["transformers", "CLIPTokenizer"],
    "unet": ["diffusers", "UNet2DConditionModel"],
    "vae": ["diffusers", "AutoencoderKL"],
}
CONFIGS = {
    "scheduler/scheduler_config.json": {"_class_name": "EulerDiscreteScheduler", "beta_schedule": "scaled_linear"},
    "text_encoder/config.json": {"architectures": ["CLIPTextModel"], "hidden_size": 8},
    "text_encoder_2/config.json": {"architectures": ["CLIPTextModelWithProjection"], "hidden_size": 8},
    "unet/config.json": {"_class_name": "UNet2DConditionModel", "in_channels": 4},
    "vae/config.json": {"_class_name": "AutoencoderKL", "force_upcast": True},
}
TENSORS: dict[str, dict[str, tuple[int, ...]]] = {
    "unet": {
        "conv_in.weight": (8, 4, 3, 3),
        "conv_in.bias": (8,),
        "down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_q.weight": (8, 8),
        "conv_out.weight": (4, 8, 3, 3),
        "conv_out.bias": (4,),
    },
    "vae": {"encoder.conv_in.weight": (8, 3, 3, 3), "decoder.mid_block.attentions.0.to_q.weight": (8, 8)},
    "text_encoder": {
        "text_model.embeddings.token_embedding.weight": (16, 8),
        "text_model.final_layer_norm.weight": (8,),
    },
    "text_encoder_2": {
        "text_model.embeddings.token_embedding.weight": (16, 8),
        "text_projection.weight": (8, 8),
    },
}
STEMS = {
    "unet": "diffusion_pytorch_model",
    "vae": "diffusion_pytorch_model",
    "text_encoder": "model",
    "text_encoder_2": "model",
}


def model_of(folder: Path | None = None, identity: str = "stabilityai/sdxl-turbo") -> Model:
    """A catalogue row; without a folder it is looked for in the hub cache."""
    return Model(identity, "SDXL Turbo", "distilled", "none", folder=folder)


def write_model(folder: Path, *, variant: str = "fp16", unet_shards: int = 1) -> Path:
    """Write a whole model; ``variant`` may be empty for files without one."""
    write_json(folder / "model_index.json", MODEL_INDEX)
    for name, config in CONFIGS.items():
        write_json(folder / name, config)
    for name in ("tokenizer", "tokenizer_2"):
        write_json(folder / name / "vocab.json", {"<|startoftext|>": 0, "<|endoftext|>": 1})
        (folder / name / "merges.txt").write_text("#version: 0.2\ni n</w>\n", encoding="utf-8")
        write_json(folder / name / "tokenizer_config.json", {"model_max_length": 77})
    for component in TENSORS:
        if component == "unet" and unet_shards > 1:
            write_shards(folder / "unet", variant=variant, count=unet_shards)
        else:
            write_safetensors(folder / component / weight_name(component, variant), TENSORS[component])
    return folder


def weight_name(component: str, variant: str = "fp16") -> str:
    """Name of a component's only weight file."""
    return f"{STEMS[component]}{'.' if variant else ''}{variant}.safetensors"


def write_shards(folder: Path, *, variant: str = "fp16", count: int = 2, index_name: str = "") -> Path:
    """Write the UNet in shards and return their index."""
    names = list(TENSORS["unet"])
    dotted = f".{variant}" if variant else ""
    weight_map: dict[str, str] = {}
    for number in range(count):
        shard = f"diffusion_pytorch_model{dotted}-{number + 1:05}-of-{count:05}.safetensors"
        mine = {name: TENSORS["unet"][name] for name in names[number::count]}
        write_safetensors(folder / shard, mine)
        weight_map |= dict.fromkeys(mine, shard)
    index = folder / (index_name or f"diffusion_pytorch_model{dotted}.safetensors.index.json")
    write_json(index, {"metadata": {"total_size": 1}, "weight_map": weight_map})
    return index


def write_json(file: Path, value: Any) -> None:
    """Write a JSON file and the folders it needs."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(value, indent=2), encoding="utf-8")


def header_of(tensors: Mapping[str, tuple[int, ...]], dtype: str = "F16") -> dict[str, Any]:
    """The truthful header of tensors that lie one after the other."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name, shape in tensors.items():
        begin, end = end, end + math.prod(shape) * WIDTHS[dtype]
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [begin, end]}
    return header


def write_safetensors(file: Path, tensors: Mapping[str, tuple[int, ...]], dtype: str = "F16") -> None:
    """Write a whole safetensors file with zeros as weights."""
    header = header_of(tensors, dtype)
    write_with_header(file, header, max(entry["data_offsets"][1] for entry in list(header.values())[1:]))


def write_with_header(file: Path, header: Any, size_of_weights: int) -> None:
    """Write any header, true or not, and as many zero bytes after it; the zeros take no room on the disk."""
    text = json.dumps(header).encode()
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as opened:
        opened.write(len(text).to_bytes(8, "little") + text)
        opened.truncate(8 + len(text) + size_of_weights)


def write_hub_entry(hub: Path, identity: str = "stabilityai/sdxl-turbo", revision: str = REVISION, **how: Any) -> Path:
    """Write a model as the hub cache keeps it: files in blobs, links in a snapshot; return the snapshot."""
    entry = hub / f"models--{identity.replace('/', '--')}"
    snapshot = entry / "snapshots" / revision
    write_model(snapshot, **how)
    (entry / "blobs").mkdir(exist_ok=True)
    for file in [path for path in snapshot.rglob("*") if path.is_file()]:
        blob = entry / "blobs" / hashlib.sha256(str(file).encode() + file.read_bytes()).hexdigest()
        file.rename(blob)
        file.symlink_to(os.path.relpath(blob, file.parent))
    (entry / "refs").mkdir(exist_ok=True)
    (entry / "refs" / "main").write_text(revision, encoding="utf-8")
    return snapshot


def cut(file: Path) -> None:
    """Take the last byte away."""
    os.truncate(file, file.stat().st_size - 1)


def empty(file: Path) -> None:
    """Leave nothing of a file but its name."""
    file.write_bytes(b"")
