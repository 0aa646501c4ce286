"""The blocks of SDXL's UNet and VAE in their fast form: NHWC, fused, over the weights of diffusers' live modules."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch.nn import functional

from sdxl_tui.engine.kernels import Feature, add_norm, doubled, group_norm, settled
from sdxl_tui.engine.products import geglu_linear, plain_attention, text_attention

Joined = Callable[[Sequence[Any]], Any]
"""Given modules' parameters that are neighbours in memory, returns them joined along the first dimension, as a view."""


class Resnet:
    """diffusers' ResnetBlock2D without resampling: two convolutions, the time added between them."""

    def __init__(self, module: Any) -> None:
        self.module = module
        self._shortcut = module.conv_shortcut
        self._bias = module.conv2.bias
        if self._shortcut is not None:
            self._columns = self._shortcut.weight.flatten(1)

    def __call__(self, features: Sequence[Feature], time: Any = None) -> Feature:
        """``features``: one feature map, or two that stand for one, joined; ``time``: (n, channels)."""
        module = self.module
        hidden = group_norm(features, module.norm1, silu=True)
        if time is None:
            hidden = settled(conv(hidden, module.conv1.weight), module.conv1.bias)
            hidden = group_norm([hidden], module.norm2, silu=True)
        else:
            hidden = settled(conv(hidden, module.conv1.weight))
            hidden = group_norm([hidden], module.norm2, silu=True, offset=time, extra=module.conv1.bias)
        return settled(conv(hidden, module.conv2.weight), self._bias, self._residual(features))

    def _residual(self, features: Sequence[Feature]) -> Any:
        if self._shortcut is None:
            return features[0].x
        total, place = None, 0
        for feature in features:
            width = feature.x.shape[1]
            columns = self._columns[:, place : place + width]
            tokens = to_tokens(feature.x)
            if total is None:
                total = functional.linear(tokens, columns, self._shortcut.bias)
            else:
                total.flatten(0, 1).addmm_(tokens.flatten(0, 1), columns.t())
            place += width
        return to_picture(total, features[0].x)


class Block:
    """diffusers' BasicTransformerBlock: self-attention, attention to the text, feed-forward; sums join the norms."""

    def __init__(self, module: Any, joined: Joined) -> None:
        self._module = module
        attention = module.attn1
        self._heads = attention.heads
        self._qkv = joined([attention.to_q.weight, attention.to_k.weight, attention.to_v.weight])

    def text(self, states: Any) -> tuple[Any, Any]:
        """Keys and values of the text's states, (n, tokens, text width): (n, tokens, width) each."""
        return self._module.attn2.to_k(states), self._module.attn2.to_v(states)

    def __call__(self, x: Any, added: Any, text: tuple[Any, Any]) -> tuple[Any, Any]:
        """Take and return tokens, (n, tokens, width), and what is still to be added to them."""
        module, heads = self._module, self._heads
        x, normed = add_norm(x, added, module.norm1)
        query, key, value = functional.linear(normed, self._qkv).chunk(3, dim=-1)
        x, normed = add_norm(x, module.attn1.to_out[0](plain_attention(query, key, value, heads)), module.norm2)
        query = module.attn2.to_q(normed)
        x, normed = add_norm(x, module.attn2.to_out[0](text_attention(query, *text, heads)), module.norm3)
        inner = module.ff.net[0].proj
        return x, module.ff.net[2](geglu_linear(normed, inner.weight, inner.bias))


class Transformer:
    """diffusers' Transformer2DModel with linear projections."""

    def __init__(self, module: Any, joined: Joined) -> None:
        self._module = module
        self.blocks = [Block(block, joined) for block in module.transformer_blocks]

    def __call__(self, feature: Feature, texts: Iterator[tuple[Any, Any]]) -> Feature:
        """``texts`` gives the next block's keys and values."""
        module = self._module
        x = module.proj_in(to_tokens(group_norm([feature], module.norm, silu=False)))
        added = None
        for block in self.blocks:
            x, added = block(x, added, next(texts))
        return settled(to_picture(module.proj_out(x + added), feature.x), None, feature.x)


class WideAttention:
    """The VAE's attention: one head as wide as the feature map, too wide for fused attention kernels."""

    SCORES = 2**26
    """Scores that are held at once: 128 MiB in float16."""

    def __init__(self, module: Any, joined: Joined) -> None:
        self._module = module
        parts = (module.to_q, module.to_k, module.to_v)
        self._weight = joined([part.weight for part in parts])
        self._bias = joined([part.bias for part in parts])

    def __call__(self, feature: Feature) -> Feature:
        """Attend from every pixel to every other."""
        module = self._module
        tokens = to_tokens(group_norm([feature], module.group_norm, silu=False))
        query, key, value = functional.linear(tokens, self._weight, self._bias).chunk(3, dim=-1)
        query = query * query.shape[-1] ** -0.5
        key = key.transpose(1, 2)
        rows = max(1, self.SCORES // (query.shape[0] * query.shape[1]))
        seen = [torch.softmax(part @ key, dim=-1) @ value for part in query.split(rows, dim=1)]
        out = module.to_out[0](seen[0] if len(seen) == 1 else torch.cat(seen, dim=1))
        return settled(to_picture(out, feature.x), None, feature.x)


@contextmanager
def best_attention() -> Iterator[None]:
    """Choose the attention kernels: cuDNN's where it has one, 1.6 times as fast as PyTorch's first choice (H100)."""
    try:
        from torch.nn.attention import SDPBackend, sdpa_kernel

        order = [
            SDPBackend.CUDNN_ATTENTION,
            SDPBackend.FLASH_ATTENTION,
            SDPBackend.EFFICIENT_ATTENTION,
            SDPBackend.MATH,
        ]
        chosen = sdpa_kernel(order, set_priority=True)
    except (ImportError, AttributeError, TypeError):  # torch before 2.6 has no order of its own
        yield
        return
    with chosen:
        yield


def conv(x: Any, weight: Any, bias: Any = None, stride: int = 1) -> Any:
    """Convolve (n, channels, height, width) with a kernel of odd size, padded to keep the size."""
    return functional.conv2d(x, weight, bias, stride, weight.shape[-1] // 2)


def upsampled(feature: Feature, module: Any, size: Sequence[int] | None = None) -> Feature:
    """diffusers' Upsample2D: each pixel twice (or to ``size``, height and width), then a convolution."""
    height, width = feature.x.shape[-2:]
    if size is None or tuple(size) == (2 * height, 2 * width):
        x = doubled(feature.x)
    else:
        x = functional.interpolate(feature.x, size=tuple(size), mode="nearest")
    return settled(conv(x, module.conv.weight), module.conv.bias)


def to_tokens(x: Any) -> Any:
    """(n, channels, height, width), channels_last, as (n, height x width, channels): a view."""
    return x.permute(0, 2, 3, 1).flatten(1, 2)


def to_picture(tokens: Any, like: Any) -> Any:
    """(n, height x width, channels) as (n, channels, height, width) of ``like``'s height and width: a view."""
    return tokens.unflatten(1, like.shape[-2:]).permute(0, 3, 1, 2)
