"""Single-file checkpoints of the demo model, and headers of the other kinds of files that lie beside such."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sdxl_tui.core.cache import DEMO_FOLDER
from sdxl_tui.core.check import PARTS
from sdxl_tui.core.checkpoint_kind import CLIP, OPEN_CLIP, UNET, VAE
from sdxl_tui.core.folder_check import check_folder
from tests.core.model_folders import write_safetensors

Tensors = dict[str, Any]


def checkpoint_tensors(folder: Path = DEMO_FOLDER) -> Tensors:
    """The weights of a folder under the names of a single file, joined and turned as those are."""
    import torch
    from safetensors.torch import load_file

    from sdxl_tui.engine.checkpoint_names import spots_of

    tensors: Tensors = {}
    for part, files in check_folder(folder).weights.items():
        weights = {name: tensor for file in files for name, tensor in load_file(file).items()}
        thirds: dict[str, dict[int, Any]] = {}
        for name, spot in spots_of(part, weights).items():
            tensor = weights[name]
            if spot.third is not None:
                thirds.setdefault(spot.key, {})[spot.third] = tensor
            elif part == "vae" and ".mid.attn_1." in spot.key and tensor.dim() == 2:
                tensors[spot.key] = tensor[:, :, None, None]
            else:
                tensors[spot.key] = tensor.t().contiguous() if spot.transposed else tensor
        tensors |= {key: torch.cat([parts[0], parts[1], parts[2]]) for key, parts in thirds.items()}
    assert set(PARTS) == set(check_folder(folder).weights)
    return tensors


def write_checkpoint(file: Path, tensors: Tensors | None = None, metadata: dict[str, str] | None = None) -> Path:
    """Write a single file; without tensors it is the demo model."""
    from safetensors.torch import save_file

    file.parent.mkdir(parents=True, exist_ok=True)
    save_file(checkpoint_tensors() if tensors is None else tensors, str(file), {"format": "pt"} | (metadata or {}))
    return file


SDXL_SHAPES: dict[str, tuple[int, ...]] = {
    f"{UNET}input_blocks.0.0.weight": (320, 4, 3, 3),
    f"{UNET}label_emb.0.0.weight": (1280, 2816),
    **{f"{UNET}middle_block.1.transformer_blocks.{n}.attn2.to_k.weight": (1280, 2048) for n in range(10)},
    f"{UNET}out.2.weight": (4, 320, 3, 3),
    f"{VAE}decoder.conv_in.weight": (512, 4, 3, 3),
    f"{CLIP}text_model.embeddings.token_embedding.weight": (49408, 768),
    f"{OPEN_CLIP}token_embedding.weight": (49408, 1280),
}
"""The tensors of SDXL by which it is known."""


def write_header(file: Path, shapes: dict[str, tuple[int, ...]]) -> Path:
    """Write a file with these tensors; its weights take no room on the disk."""
    write_safetensors(file, shapes)
    return file
