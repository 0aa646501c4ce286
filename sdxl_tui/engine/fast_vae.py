"""The VAE's decoder in its fast form. It computes what diffusers' AutoencoderKL does, over the same weights."""

from __future__ import annotations

from typing import Any

import torch

from sdxl_tui.engine.fast_blocks import Joined, Resnet, WideAttention, conv, upsampled
from sdxl_tui.engine.kernels import group_norm, settled


def why_not(vae: Any) -> str:
    """Return what of a VAE is not SDXL's and therefore not known here, in a few words; empty when it can be run."""
    config = vae.config
    if unknown := {*config.up_block_types} - {"UpDecoderBlock2D"}:
        return f"its VAE has {', '.join(sorted(unknown))}"
    if config.act_fn != "silu" or not getattr(config, "mid_block_add_attention", True):
        return "its VAE is built otherwise"
    if any(width % 64 for width in config.block_out_channels):
        return f"its VAE's widths {tuple(config.block_out_channels)} are no multiples of 64"
    return ""


class FastDecoder:
    """Made of a live VAE whose convolutions lie in channels_last order; sees every change of its weights."""

    def __init__(self, vae: Any, joined: Joined) -> None:
        self._before, decoder = vae.post_quant_conv, vae.decoder
        self._decoder = decoder
        first, second = (Resnet(module) for module in decoder.mid_block.resnets)
        [attention] = decoder.mid_block.attentions
        self._middle = (first, WideAttention(attention, joined), second)
        self._up = [([Resnet(module) for module in block.resnets], block.upsamplers) for block in decoder.up_blocks]

    def __call__(self, latents: Any) -> Any:
        """Return the picture of unscaled latents: (n, 4, height / 8, width / 8) to (n, 3, height, width) in -1..1."""
        x = latents.contiguous(memory_format=torch.channels_last)
        if self._before is not None:
            x = conv(x, self._before.weight, self._before.bias)
        feature = settled(conv(x, self._decoder.conv_in.weight), self._decoder.conv_in.bias)
        first, attention, second = self._middle
        feature = second([attention(first([feature]))])
        for resnets, samplers in self._up:
            for resnet in resnets:
                feature = resnet([feature])
            if samplers:
                feature = upsampled(feature, samplers[0])
        hidden = group_norm([feature], self._decoder.conv_norm_out, silu=True)
        return conv(hidden, self._decoder.conv_out.weight, self._decoder.conv_out.bias)
