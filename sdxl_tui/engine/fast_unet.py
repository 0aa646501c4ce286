"""SDXL's UNet in its fast form. It computes what diffusers' UNet2DConditionModel does, over the same weights."""

from __future__ import annotations

from itertools import zip_longest
from typing import Any

import torch
from torch.nn import functional

from sdxl_tui.engine.fast_blocks import Joined, Resnet, Transformer, conv, upsampled
from sdxl_tui.engine.kernels import Feature, group_norm, settled

Pair = tuple[Resnet, "Transformer | None"]
TextStates = list[tuple[Any, Any]]
"""Keys and values of a text for each transformer block, in the order the blocks are run."""

EXPECTED: dict[str, Any] = {
    "act_fn": "silu",
    "addition_embed_type": "text_time",
    "class_embed_type": None,
    "dual_cross_attention": False,
    "encoder_hid_dim": None,
    "mid_block_type": "UNetMidBlock2DCrossAttn",
    "norm_type": "layer_norm",
    "only_cross_attention": False,
    "resnet_time_scale_shift": "default",
    "time_embedding_act_fn": None,
    "timestep_post_act": None,
    "upcast_attention": None,
    "use_linear_projection": True,
}
BLOCK_TYPES = {"DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"}


def why_not(unet: Any) -> str:
    """Return what of a UNet is not SDXL's and therefore not known here, in a few words; empty when it can be run."""
    config = unet.config
    for name, wanted in EXPECTED.items():
        found = getattr(config, name, wanted)
        if found != wanted and not (wanted is None and found in (None, False)):
            return f"{name} is {found}"
    if unknown := {*config.down_block_types, *config.up_block_types} - BLOCK_TYPES:
        return f"it has {', '.join(sorted(unknown))}"
    if any(width % 64 for width in config.block_out_channels):
        return f"its widths {tuple(config.block_out_channels)} are no multiples of 64"
    return ""


class FastUNet:
    """Made of a live UNet whose convolutions lie in channels_last order; sees every change of its weights."""

    def __init__(self, unet: Any, joined: Joined) -> None:
        self._unet = unet
        self._down = [_Stage(block, joined) for block in unet.down_blocks]
        self._middle = _Stage(unet.mid_block, joined)
        self._up = [_Stage(block, joined) for block in unet.up_blocks]
        self._stages = [*self._down, self._middle, *self._up]
        resnets = {resnet.module: resnet for stage in self._stages for resnet, _ in stage.pairs}
        self._timed = [resnets[module] for module in unet.modules() if module in resnets]
        projections = [resnet.module.time_emb_proj for resnet in self._timed]
        self._time_weight = joined([projection.weight for projection in projections])
        self._time_bias = joined([projection.bias for projection in projections])
        self._time_widths = [projection.out_features for projection in projections]

    def text(self, states: Any) -> TextStates:
        """Keys and values of the text's states, (n, tokens, text width): once a job is enough."""
        transformers = [transformer for stage in self._stages for _, transformer in stage.pairs if transformer]
        return [block.text(states) for transformer in transformers for block in transformer.blocks]

    def __call__(self, sample: Any, timestep: Any, text: TextStates, pooled: Any, time_ids: Any) -> Any:
        """Return the prediction for ``sample``, both (n, channels, height, width).

        ``timestep``: one number in a tensor; ``pooled``: (n, width); ``time_ids``: (n, 6).
        """
        unet, texts = self._unet, iter(text)
        times = self._times(sample, timestep, pooled, time_ids)

        def passed(pair: Pair, *features: Feature) -> Feature:
            resnet, transformer = pair
            feature = resnet(features, times[resnet])
            return transformer(feature, texts) if transformer else feature

        # 1. Down: every feature map is kept for the way up
        x = sample.contiguous(memory_format=torch.channels_last)
        feature = settled(conv(x, unet.conv_in.weight), unet.conv_in.bias)
        skips = [feature]
        for stage in self._down:
            for pair in stage.pairs:
                feature = passed(pair, feature)
                skips.append(feature)
            if stage.sampler is not None:
                sampler = stage.sampler.conv
                feature = settled(conv(feature.x, sampler.weight, stride=2), sampler.bias)
                skips.append(feature)

        # 2. The middle
        for pair in self._middle.pairs:
            feature = passed(pair, feature)

        # 3. Up
        for stage in self._up:
            for pair in stage.pairs:
                feature = passed(pair, feature, skips.pop())
            if stage.sampler is not None:
                feature = upsampled(feature, stage.sampler, skips[-1].x.shape[-2:])
        hidden = group_norm([feature], unet.conv_norm_out, silu=True)
        return conv(hidden, unet.conv_out.weight, unet.conv_out.bias).contiguous()

    def _times(self, sample: Any, timestep: Any, pooled: Any, time_ids: Any) -> dict[Resnet, Any]:
        """The time's part of each resnet, (n, channels)."""
        unet = self._unet
        embedded = unet.time_embedding(unet.get_time_embed(sample=sample, timestep=timestep))
        conditions = {"text_embeds": pooled, "time_ids": time_ids}
        embedded = embedded + unet.get_aug_embed(emb=embedded, encoder_hidden_states=None, added_cond_kwargs=conditions)
        joined = functional.linear(functional.silu(embedded), self._time_weight, self._time_bias)
        return dict(zip(self._timed, joined.split(self._time_widths, dim=-1), strict=True))


class _Stage:
    """A down, middle or up block: resnets, each with the transformer after it, then a change of size."""

    def __init__(self, block: Any, joined: Joined) -> None:
        transformers = [Transformer(module, joined) for module in getattr(block, "attentions", [])]
        resnets = map(Resnet, block.resnets)
        self.pairs: list[Pair] = list(zip_longest(resnets, transformers))
        samplers = getattr(block, "downsamplers", None) or getattr(block, "upsamplers", None)
        self.sampler = samplers[0] if samplers else None
