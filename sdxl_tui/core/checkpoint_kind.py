"""What a single ``.safetensors`` file is, by the names and shapes in its header."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sdxl_tui.core.cache import DEMO_FOLDER
from sdxl_tui.core.safetensors_header import Stored, read_header
from sdxl_tui.core.words import and_more, named

UNET, VAE, CLIP, OPEN_CLIP = (
    "model.diffusion_model.",
    "first_stage_model.",
    "conditioner.embedders.0.transformer.",
    "conditioner.embedders.1.model.",
)
"""Where the parts of an SDXL checkpoint lie in it."""
MIDDLE = f"{UNET}middle_block.1.transformer_blocks."
"""Where the number of blocks tells SDXL from smaller models that were made from it."""

NEEDED = {
    "its UNet": UNET,
    "the VAE": VAE,
    "the first text encoder (CLIP ViT-L)": CLIP,
    "the second text encoder (OpenCLIP bigG)": OPEN_CLIP,
}
V_PREDICTION, ZERO_SNR = "v_pred", "ztsnr"
"""Names of empty tensors that say how a checkpoint was trained."""

Shapes = Mapping[str, tuple[int, ...]]


SDXL_CONFIGS = Path(__file__).resolve().parents[1] / "sdxl"
"""Configs and tokenizers of SDXL: they come with the package, as a checkpoint has none."""
CONFIGS = (SDXL_CONFIGS, DEMO_FOLDER)
"""The architectures of which a single file may be."""


@dataclass(frozen=True)
class Checkpoint:
    """What is known of a single file without reading its weights."""

    problems: tuple[str, ...] = ()
    """Sentences; empty: it is SDXL, and whole as far as names can say."""
    configs: Path | None = None
    """Folder with the configs and tokenizers that go with it; None: it is nothing that the lab loads."""
    scheduler: Mapping[str, Any] = field(default_factory=dict)
    """Values of the scheduler's config that the file sets."""
    size_bytes: int = 0
    licence: str = ""
    """As its metadata has it."""


def check_checkpoint(file: Path) -> Checkpoint:
    """Check a file by its header; whatever is wrong is told, never raised."""
    header = read_header(file)
    if header.damage:
        return Checkpoint(tuple(f"{named(file.name)} {damage}." for damage in header.damage))
    shapes = {name: stored.shape for name, stored in header.stored.items()}
    if other := _other_kind(shapes):
        return Checkpoint((f"It is {other}; the lab loads SDXL checkpoints.",))
    if lacking := [what for what, prefix in NEEDED.items() if not any(name.startswith(prefix) for name in shapes)]:
        return Checkpoint((_lacking(lacking),))
    fits = [folder for folder in CONFIGS if _fits(shapes, folder)]
    if not fits:
        return Checkpoint((f"Its layers are not those of SDXL: {_told_apart(shapes)}.",))
    licence = header.metadata.get("modelspec.license", "")
    return Checkpoint((), fits[0], _scheduler_of(header.stored), header.size_bytes, licence)


def _other_kind(shapes: Shapes) -> str:
    return next((what for what, is_it in _OTHERS.items() if is_it(shapes)), "")


def _any(*parts: str) -> Callable[[Shapes], bool]:
    return lambda shapes: any(part in name for name in shapes for part in parts)


def _begins(*parts: str) -> Callable[[Shapes], bool]:
    return lambda shapes: any(name.startswith(parts) for name in shapes)


def _all_begin(*parts: str) -> Callable[[Shapes], bool]:
    return lambda shapes: all(name.startswith(parts) for name in shapes)


def _is_refiner(shapes: Shapes) -> bool:
    return _begins("conditioner.embedders.0.model.")(shapes) and _begins(UNET)(shapes)


def _is_inpainting(shapes: Shapes) -> bool:
    """Its UNet is given more channels than it returns: a mask, and what lies under it."""
    conv_in, conv_out = (shapes.get(f"{UNET}{name}.weight", ()) for name in ("input_blocks.0.0", "out.2"))
    return len(conv_in) == len(conv_out) == 4 and conv_in[1] > conv_out[0]


_OTHERS: dict[str, Callable[[Shapes], bool]] = {
    "a LoRA, which is laid over a model": _any(
        "lora_down", "lora_up", "lora_A.", "lora_B.", ".lora.", "lora_unet_", "lora_te", "hada_w1_a", "lokr_w1"
    ),
    "a ControlNet": _any("control_model.", "controlnet_", "input_hint_block", "zero_convs."),
    "an IP-Adapter": _begins("ip_adapter.", "image_proj."),
    "a textual inversion embedding": _all_begin("clip_g", "clip_l", "emb_params", "string_to_param"),
    "a Flux model": _any("double_blocks."),
    "a Stable Diffusion 3 model": _any("joint_blocks."),
    "the SDXL refiner, which only goes over pictures of another model": _is_refiner,
    "a Stable Diffusion 2 checkpoint": _begins("cond_stage_model.model."),
    "a Stable Diffusion 1 checkpoint": _begins("cond_stage_model."),
    "a checkpoint for inpainting only": _is_inpainting,
    "a VAE alone": _all_begin("first_stage_model.", "encoder.", "decoder.", "quant_conv.", "post_quant_conv."),
    "a UNet alone": _all_begin(
        "input_blocks.", "middle_block.", "output_blocks.", "time_embed.", "label_emb.", "out.", "down_blocks.",
        "mid_block.", "up_blocks.", "conv_in.", "conv_out.", "conv_norm_out.", "time_embedding.", "add_embedding.",
    ),
    "a text encoder alone": _all_begin("text_model.", "text_projection.", "logit_scale", "transformer."),
    "an upscaler": lambda shapes: not _begins(UNET)(shapes) and _begins("model.0.", "conv_first.", "body.")(shapes),
}  # fmt: skip
"""What files in such folders are beside SDXL -> how to tell; the first that fits is said."""


def _lacking(lacking: list[str]) -> str:
    if len(lacking) == len(NEEDED):
        return "It is no checkpoint that the lab knows: it has no part of SDXL under the names of such files."
    parts = ", ".join(lacking[:-1]) + (" and " if lacking[:-1] else "") + lacking[-1]
    return f"It lacks {parts}: the lab needs a checkpoint that holds all of SDXL."


def _fits(shapes: Shapes, folder: Path) -> bool:
    """Whether the shapes that tell architectures apart are those of the configs in ``folder``."""
    unet, vae, text, text_2 = (
        json.loads((folder / part / "config.json").read_text(encoding="utf-8"))
        for part in ("unet", "vae", "text_encoder", "text_encoder_2")
    )
    wide = unet["block_out_channels"][0]
    wanted = {
        f"{UNET}input_blocks.0.0.weight": (wide, unet["in_channels"], 3, 3),
        f"{UNET}label_emb.0.0.weight": (4 * wide, unet["projection_class_embeddings_input_dim"]),
        f"{MIDDLE}0.attn2.to_k.weight": (unet["block_out_channels"][-1], unet["cross_attention_dim"]),
        f"{VAE}decoder.conv_in.weight": (vae["block_out_channels"][-1], vae["latent_channels"], 3, 3),
        f"{CLIP}text_model.embeddings.token_embedding.weight": (text["vocab_size"], text["hidden_size"]),
        f"{OPEN_CLIP}token_embedding.weight": (text_2["vocab_size"], text_2["hidden_size"]),
    }
    return _depth(shapes) == unet["transformer_layers_per_block"][-1] and all(
        shapes.get(name) == shape for name, shape in wanted.items()
    )


def _depth(shapes: Shapes) -> int:
    return len({name.removeprefix(MIDDLE).split(".")[0] for name in shapes if name.startswith(MIDDLE)})


def _told_apart(shapes: Shapes) -> str:
    """What a file without a known architecture has, for who knows SDXL."""
    depth = _depth(shapes)
    if depth == 0:
        return f"{and_more([MIDDLE + '0'])} is missing, as in smaller models that were made from it"
    width = next((shape[1] for name, shape in shapes.items() if name.endswith("attn2.to_k.weight")), 0)
    return f"{depth} transformer blocks in its middle, over words of {width} values; SDXL has 10, over 2048"


def _scheduler_of(stored: Mapping[str, Stored]) -> dict[str, Any]:
    """How the file says it was trained, in the words of a scheduler's config."""
    changes: dict[str, Any] = {}
    if V_PREDICTION in stored:
        changes["prediction_type"] = "v_prediction"
    if ZERO_SNR in stored:
        changes |= {"rescale_betas_zero_snr": True, "timestep_spacing": "trailing"}
    return changes
