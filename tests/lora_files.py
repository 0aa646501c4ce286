"""LoRA files for a model in diffusers layout, in the spellings that are about: kohya's, peft's, diffusers' own."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save_file

from sdxl_tui.core.cache import DEMO_FOLDER
from sdxl_tui.core.safetensors_header import read_header

ATTENTION = r"attn\d\.to_(q|k|v|out\.0)$"
CONVOLUTIONS = r"resnets\.\d\.(conv1|conv2|conv_shortcut)$|samplers\.0\.conv$"
TEXT = r"self_attn\.(q|k|v|out)_proj$|mlp\.fc\d$"

Factors = dict[str, tuple[torch.Tensor, torch.Tensor]]
"""Component and layer -> up (out, rank, …) and down (rank, in, …)."""


def shapes(folder: Path, part: str) -> dict[str, tuple[int, ...]]:
    """The weights of a component, as they are published: layer -> shape."""
    found: dict[str, tuple[int, ...]] = {}
    for file in sorted((folder / part).glob("*.safetensors")):
        stored = read_header(file).stored
        found |= {name.removesuffix(".weight"): s.shape for name, s in stored.items() if name.endswith(".weight")}
    return found


def layers_of(folder: Path) -> dict[str, tuple[int, ...]]:
    """The weights of UNet and text encoders: component and layer -> shape."""
    parts = ("unet", "text_encoder", "text_encoder_2")
    return {f"{part}.{layer}": shape for part in parts for layer, shape in shapes(folder, part).items()}


def factors(
    folder: Path = DEMO_FOLDER,
    layers: Mapping[str, tuple[int, ...]] | None = None,
    *,
    seed: int = 1,
    rank: int = 4,
    unet: str = ATTENTION,
    text: str | None = TEXT,
    size: float = 0.15,
) -> Factors:
    """Random factors for the layers whose names match, of a model's folder unless ``layers`` are given.

    Their product changes a weight by about ``size`` of what its numbers usually are.
    """
    draw = torch.Generator().manual_seed(seed)
    made: Factors = {}
    for name, shape in (layers_of(folder) if layers is None else layers).items():
        pattern = unet if name.startswith("unet.") else text
        if pattern is not None and re.search(pattern, name):
            out, into, *kernel = shape
            fan = into * math.prod(kernel)
            up = torch.randn(out, rank, *(1 for _ in kernel), generator=draw)
            down = torch.randn(rank, into, *kernel, generator=draw) * (size / (rank * fan) ** 0.5)
            made[name] = (up, down)
    return made


def write(path: Path, made: Factors, spelling: str = "kohya", *, alpha: float | None = None, layers: int = 1,
          metadata: Mapping[str, str] | None = None, dtype: torch.dtype = torch.float32) -> Path:  # fmt: skip
    """Write a file; ``layers`` is the UNet's ``layers_per_block``, for kohya's names of SDXL's blocks."""
    tensors: dict[str, torch.Tensor] = {}
    for name, (up, down) in made.items():
        part, _, layer = name.partition(".")
        if spelling.startswith("kohya"):
            prefix = {"unet": "lora_unet_", "text_encoder": "lora_te1_", "text_encoder_2": "lora_te2_"}[part]
            layer = sgm(layer, layers) if spelling == "kohya" and part == "unet" else layer
            key = prefix + layer.replace(".", "_")
            tensors |= {f"{key}.lora_down.weight": down, f"{key}.lora_up.weight": up}
            if alpha is not None:
                tensors[f"{key}.alpha"] = torch.tensor(alpha)
        elif spelling == "peft":
            tensors |= {f"{name}.lora_A.weight": down, f"{name}.lora_B.weight": up}
        else:
            tensors |= {f"{name}.lora.down.weight": down, f"{name}.lora.up.weight": up}
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: tensor.to(dtype).contiguous() for name, tensor in tensors.items()}, path, dict(metadata or {}))
    return path


def sgm(layer: str, layers: int) -> str:
    """A layer of a UNet as Stability's own code calls it, which is how kohya's trainer does."""
    inner = {"resnets": 0, "attentions": 1}
    if found := re.match(r"down_blocks\.(\d+)\.(resnets|attentions|downsamplers)\.(\d+)\.(.*)", layer):
        block, kind, number, rest = int(found[1]), found[2], int(found[3]), found[4]
        place = 1 + block * (layers + 1) + (layers if kind == "downsamplers" else number)
        return (
            f"input_blocks.{place}.0.op"
            if kind == "downsamplers"
            else f"input_blocks.{place}.{inner[kind]}.{_in(rest)}"
        )
    if found := re.match(r"mid_block\.(resnets|attentions)\.(\d+)\.(.*)", layer):
        place = 1 if found[1] == "attentions" else 2 * int(found[2])
        return f"middle_block.{place}.{_in(found[3])}"
    if found := re.match(r"up_blocks\.(\d+)\.(resnets|attentions|upsamplers)\.(\d+)\.(.*)", layer):
        block, kind, number, rest = int(found[1]), found[2], int(found[3]), found[4]
        if kind == "upsamplers":
            # After the attention, where the block has one: the tests' models have it wherever they enlarge.
            return f"output_blocks.{block * (layers + 1) + layers}.2.conv"
        return f"output_blocks.{block * (layers + 1) + number}.{inner[kind]}.{_in(rest)}"
    return layer


def _in(rest: str) -> str:
    theirs = {
        "conv1": "in_layers.2",
        "conv2": "out_layers.3",
        "time_emb_proj": "emb_layers.1",
        "conv_shortcut": "skip_connection",
    }
    return theirs.get(rest, rest)
