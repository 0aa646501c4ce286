"""SDXL base 1.0 at its full size, with random weights: the same files, shapes, bytes and FLOPs as the published one."""

from __future__ import annotations

import hashlib
import json
import math
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sdxl_tui.core.checkpoint_kind import SDXL_CONFIGS
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.folder_check import check_folder
from sdxl_tui.core.models import CATALOGUE, Model
from sdxl_tui.core.words import shown_size
from sdxl_tui.engine.architecture import make_modules, understood, written_configs

NAME = "random-sdxl"
FULL_BYTES = 7 * 2**30
"""A little more than the folder takes."""


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


def write_random_model(
    folder: Path, like: Path = SDXL_CONFIGS, changes: Mapping[str, Mapping[str, Any]] = MappingProxyType({})
) -> None:
    """Write a model into ``folder``, which is there, with the configs of another one and ``changes`` to them.

    Tensors have the names of the published repos, whichever transformers is installed.
    """
    import torch

    shutil.copytree(like, folder, ignore=shutil.ignore_patterns("*.safetensors"), dirs_exist_ok=True)
    written = {part: {**config, **changes.get(part, {})} for part, config in written_configs(like).items()}
    for part, config in written.items():
        (folder / part / "config.json").write_text(json.dumps(config))
    modules = make_modules(understood(written))
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
