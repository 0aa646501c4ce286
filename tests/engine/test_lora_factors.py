"""What a LoRA's file says, in every spelling, for the demo and for SDXL at its full size."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import torch

from sdxl_tui.core.cache import DEMO_FOLDER
from sdxl_tui.core.checkpoint_kind import SDXL_CONFIGS
from sdxl_tui.core.errors import UserError
from sdxl_tui.engine.architecture import make_modules, read_configs
from sdxl_tui.engine.arena import Layout
from sdxl_tui.engine.lora_factors import ADAPTER, Change, read_changes
from tests import lora_files

EVERYTHING = (
    f"{lora_files.ATTENTION}|{lora_files.CONVOLUTIONS}|proj_in$|proj_out$|ff\\.net\\.(0\\.proj|2)$|time_emb_proj$"
)


def layout_of(folder: Path) -> Layout:
    return Layout(make_modules(read_configs(folder)), torch.float32)


def read(file: Path, folder: Path = DEMO_FOLDER) -> dict[str, Change]:
    unet = json.loads((folder / "unet" / "config.json").read_text())

    class Config:
        layers_per_block = unet["layers_per_block"]

    changes = read_changes(file, file.stem, "the model", layout_of(folder), Config, torch.device("cpu"))
    return {change.name: change for change in changes}


@pytest.mark.parametrize("spelling", ["kohya", "kohya on diffusers", "peft", "diffusers"])
@pytest.mark.parametrize("size", ["demo", "full"])
def test_every_layer_is_found_by_its_name_in_every_spelling(tmp_path: Path, spelling: str, size: str) -> None:
    folder, per_block = DEMO_FOLDER, 1
    if size == "full":
        folder, per_block = SDXL_CONFIGS, 2
    layers = {
        name.removesuffix(".weight"): place.shape
        for name, place in layout_of(folder).places.items()
        if name.endswith(".weight") and len(place.shape) > 1 and not name.startswith("vae.")
    }
    # As they are published, whichever transformers is installed.
    published = {re.sub(r"^(text_encoder(_2)?)\.encoder", r"\1.text_model.encoder", n): s for n, s in layers.items()}
    pattern = EVERYTHING if spelling == "kohya" else f"{EVERYTHING}|embedding\\.linear_\\d$|^unet\\.conv_(in|out)$"
    made = lora_files.factors(layers=published, rank=1, unet=pattern)
    file = lora_files.write(tmp_path / "x.safetensors", made, spelling, alpha=2, layers=per_block)
    changes = read(file, folder)
    assert len(changes) == len(made) > (1000 if size == "full" else 100)
    for name, (up, down) in made.items():
        [weight] = {f"{name}.weight", f"{name.replace('text_model.', '')}.weight"} & set(changes)
        assert torch.equal(changes[weight].up, up.flatten(1))
        assert torch.equal(changes[weight].down, down.flatten(1))
        assert changes[weight].scale == (2 if spelling.startswith("kohya") else 1)


def test_names_that_kohyas_trainer_gives_to_sdxl(tmp_path: Path) -> None:
    assert {
        lora_files.sgm(layer, 2)
        for layer in (
            "down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_q",
            "down_blocks.0.downsamplers.0.conv",
            "mid_block.attentions.0.proj_in",
            "up_blocks.0.upsamplers.0.conv",
            "up_blocks.1.resnets.2.conv_shortcut",
        )
    } == {
        "input_blocks.4.1.transformer_blocks.0.attn1.to_q",
        "input_blocks.3.0.op",
        "middle_block.1.proj_in",
        "output_blocks.2.2.conv",
        "output_blocks.5.0.skip_connection",
    }


def test_pefts_settings_say_the_alpha(tmp_path: Path) -> None:
    made = lora_files.factors(rank=4)
    settings = {
        "unet.r": 4,
        "unet.lora_alpha": 8,
        "unet.alpha_pattern": {"attn2.to_k": 2},
        "text_encoder.lora_alpha": 1,
    }
    file = lora_files.write(tmp_path / "x.safetensors", made, "peft", metadata={ADAPTER: json.dumps(settings)})
    changes = read(file)
    scales = {name: change.scale for name, change in changes.items()}
    assert {scale for name, scale in scales.items() if name.endswith("attn1.to_q.weight")} == {2}
    assert {scale for name, scale in scales.items() if name.endswith("attn2.to_k.weight")} == {0.5}
    assert {scale for name, scale in scales.items() if name.startswith("text_encoder.")} == {0.25}
    assert {scale for name, scale in scales.items() if name.startswith("text_encoder_2.")} == {1}


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_factors_keep_the_format_they_are_stored_in(tmp_path: Path, dtype: torch.dtype) -> None:
    file = lora_files.write(tmp_path / "x.safetensors", lora_files.factors(), alpha=2, dtype=dtype)
    assert {change.up.dtype for change in read(file).values()} == {dtype}


def test_a_factor_without_its_partner_is_named(tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    file = lora_files.write(tmp_path / "x.safetensors", lora_files.factors(), "peft")
    tensors = load_file(file)
    del tensors["unet.mid_block.attentions.0.transformer_blocks.0.attn1.to_q.lora_B.weight"]
    save_file(tensors, file)
    with pytest.raises(UserError, match=r"The LoRA x lacks a factor for unet\.mid_block.*to_q\.weight"):
        read(file)


def test_another_shape_is_refused_with_both(tmp_path: Path) -> None:
    made = lora_files.factors(text=None)
    name = "unet.mid_block.attentions.0.transformer_blocks.0.attn1.to_q"
    made[name] = (torch.zeros(160, 4), torch.zeros(4, 159))
    file = lora_files.write(tmp_path / "x.safetensors", made, "peft")
    with pytest.raises(UserError, match=r"is not made for the model: its .*to_q\.weight is 160x159, .* 160x160"):
        read(file)


@pytest.mark.parametrize("key", ["lora_unet_nothing_here", "lora_te1_text_model_encoder_layers_99_mlp_fc1", "strange"])
def test_names_that_mean_nothing_are_a_sentence(tmp_path: Path, key: str) -> None:
    from safetensors.torch import save_file

    tensors = {f"{key}.lora_down.weight": torch.zeros(4, 96), f"{key}.lora_up.weight": torch.zeros(96, 4)}
    save_file(tensors, tmp_path / "x.safetensors")
    with pytest.raises(UserError, match="The LoRA x "):
        read(tmp_path / "x.safetensors")
