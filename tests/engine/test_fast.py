"""The fast form computes what diffusers' modules compute; its kernels are looked at through Triton's interpreter."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest
import torch
from diffusers import AutoencoderKL, UNet2DConditionModel

from sdxl_tui.engine import fast_unet, fast_vae
from sdxl_tui.engine.fast_unet import FastUNet
from sdxl_tui.engine.fast_vae import FastDecoder

UNET: dict[str, Any] = {
    "sample_size": 16,
    "in_channels": 4,
    "out_channels": 4,
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
    "block_out_channels": (64, 128, 192),
    "layers_per_block": 2,
    "attention_head_dim": (1, 2, 3),
    "use_linear_projection": True,
    "addition_embed_type": "text_time",
    "addition_time_embed_dim": 32,
    "transformer_layers_per_block": (1, 2, 3),
    "projection_class_embeddings_input_dim": 6 * 32 + 48,
    "cross_attention_dim": 96,
}
VAE: dict[str, Any] = {
    "latent_channels": 4,
    "block_out_channels": (64, 128, 128, 128),
    "down_block_types": ("DownEncoderBlock2D",) * 4,
    "up_block_types": ("UpDecoderBlock2D",) * 4,
    "layers_per_block": 2,
}
"""SDXL's blocks, an eighth as wide."""


def joined(parameters: Any) -> Any:
    return torch.cat(list(parameters))


def relative(found: Any, wanted: Any) -> float:
    return float((found - wanted).norm() / wanted.norm())


@pytest.fixture(scope="module")
def unet() -> UNet2DConditionModel:
    torch.manual_seed(0)
    made = UNet2DConditionModel(**UNET).eval().requires_grad_(False)
    for parameter in made.parameters():
        spread = 0.1 if parameter.ndim == 1 else parameter[0].numel() ** -0.5
        parameter.add_(torch.randn_like(parameter), alpha=spread)
    return made


@pytest.mark.parametrize("size", [(16, 16), (24, 20), (13, 18)])
@torch.no_grad()
def test_the_fast_unet_computes_what_the_stock_one_does(unet: Any, size: tuple[int, int]) -> None:
    assert fast_unet.why_not(unet) == ""
    sample, states, pooled = torch.randn(3, 4, *size), torch.randn(3, 154, 96), torch.randn(3, 48)
    time_ids, timestep = torch.rand(3, 6) * 1000, torch.tensor(501)
    conditions = {"text_embeds": pooled, "time_ids": time_ids}
    [wanted] = unet(sample, timestep, states, added_cond_kwargs=conditions, return_dict=False)
    fast = FastUNet(unet, joined)
    assert relative(fast(sample, timestep, fast.text(states), pooled, time_ids), wanted) < 1e-5


@torch.no_grad()
def test_it_sees_other_weights_that_are_written_into_the_modules(unet: Any) -> None:
    sample, states = torch.randn(1, 4, 16, 16), torch.randn(1, 77, 96)
    conditions = torch.tensor(7.0), torch.randn(1, 48), torch.rand(1, 6)
    fast = FastUNet(unet, joined)
    before = fast(sample, conditions[0], fast.text(states), *conditions[1:])
    unet.conv_out.weight.mul_(2)
    after = fast(sample, conditions[0], fast.text(states), *conditions[1:])
    bias = unet.conv_out.bias.view(1, -1, 1, 1)
    assert relative(after - bias, (before - bias) * 2) < 1e-6


@torch.no_grad()
def test_the_fast_decoder_computes_what_the_stock_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    vae = AutoencoderKL(**VAE).eval()
    assert fast_vae.why_not(vae) == ""
    latents = torch.randn(2, 4, 9, 12)
    wanted = vae.decode(latents, return_dict=False)[0]
    assert relative(FastDecoder(vae, joined)(latents), wanted) < 2e-5
    monkeypatch.setattr("sdxl_tui.engine.fast_blocks.WideAttention.SCORES", 2 * 108 * 10)
    assert relative(FastDecoder(vae, joined)(latents), wanted) < 2e-5


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"resnet_time_scale_shift": "scale_shift"}, "resnet_time_scale_shift is scale_shift"),
        ({"block_out_channels": (32, 64, 96), "attention_head_dim": (1, 2, 3)}, "its widths (32, 64, 96)"),
        ({"use_linear_projection": False}, "use_linear_projection is False"),
    ],
)
def test_what_is_not_built_as_sdxl_is_is_named(changes: dict[str, Any], reason: str) -> None:
    with torch.device("meta"):
        assert reason in fast_unet.why_not(UNet2DConditionModel(**(UNET | changes)))


def test_every_kernel_computes_its_reference() -> None:
    """In a process of its own: Triton's interpreter is chosen before Triton is imported."""
    triton = pytest.importorskip("triton")
    if triton.__version__.startswith("2."):
        pytest.skip("Triton 2's interpreter knows no constants")
    script = "from tests.engine import kernels_interpreted; kernels_interpreted.check()"
    environment = os.environ | {"TRITON_INTERPRET": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, timeout=250)
    assert done.returncode == 0, done.stderr
    assert "9 kernels" in done.stdout
