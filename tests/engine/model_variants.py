"""Models to switch between: the demo model with other weights, other settings beside them, or another shape."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from sdxl_tui.core.cache import DEMO_FOLDER

Tensors = dict[str, torch.Tensor]

PARTS = {
    "unet": "diffusion_pytorch_model",
    "vae": "diffusion_pytorch_model",
    "text_encoder": "model",
    "text_encoder_2": "model",
}
"""Component -> stem of its weight file."""


def copied(folder: Path) -> Path:
    """Copy the demo model to ``folder``."""
    shutil.copytree(DEMO_FOLDER, folder)
    return folder


def rewrite(folder: Path, part: str, change: Callable[[Tensors], Tensors]) -> None:
    """Write a component's weights anew."""
    file = folder / part / f"{PARTS[part]}.safetensors"
    save_file(change(load_file(file)), str(file))


def configure(folder: Path, file: str, **changes: Any) -> None:
    """Change values of a JSON file."""
    path = folder / file
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def other_weights(folder: Path, factor: float = 0.9) -> Path:
    """A model of the demo's architecture in ``folder`` with each component's weights scaled a little."""
    copied(folder)
    for part in PARTS:
        rewrite(folder, part, lambda tensors: {name: tensor * factor for name, tensor in tensors.items()})
    return folder


def other_shape(folder: Path) -> Path:
    """A model in ``folder`` with a VAE of another shape: the UNet's architecture, with another one beside it."""
    copied(folder)
    width = 64
    configure(folder, "text_encoder/config.json", intermediate_size=width)

    def narrow(tensors: Tensors) -> Tensors:
        return {
            name: tensor[:width].clone() if ".fc1." in name
            else tensor[:, :width].clone() if name.endswith(".fc2.weight") else tensor
            for name, tensor in tensors.items()
        }  # fmt: skip

    rewrite(folder, "text_encoder", narrow)
    return folder


def sharded(folder: Path, part: str = "unet") -> None:
    """Spread a component's weights over two files, every other tensor in each."""
    file = folder / part / f"{PARTS[part]}.safetensors"
    tensors = load_file(file)
    names = sorted(tensors)
    weight_map: dict[str, str] = {}
    for number, half in enumerate((names[::2], names[1::2]), start=1):
        shard = f"{PARTS[part]}-{number:05}-of-00002.safetensors"
        save_file({name: tensors[name] for name in half}, str(file.with_name(shard)))
        weight_map |= dict.fromkeys(half, shard)
    file.unlink()
    index = {"metadata": {"total_size": 1}, "weight_map": weight_map}
    file.with_name(f"{file.name}.index.json").write_text(json.dumps(index))


def misaligned(folder: Path, part: str) -> None:
    """Move a component's weights by one byte: a header may have any length."""
    file = folder / part / f"{PARTS[part]}.safetensors"
    data = file.read_bytes()
    length = int.from_bytes(data[:8], "little")
    header = data[8 : 8 + length].rstrip(b" ")
    header += b" " * ((len(header) + 1) % 2 + 0)
    header += b"" if len(header) % 2 else b" "
    file.write_bytes(len(header).to_bytes(8, "little") + header + data[8 + length :])
    assert (8 + len(header)) % 2 == 1
