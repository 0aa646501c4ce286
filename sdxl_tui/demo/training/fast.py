"""What makes a training step quick: GroupNorm with SiLU in one pass each way, in channels-last order and bfloat16.

Under autocast PyTorch normalises in float32 and in channels-first order; here the sums are float32, and what is read
and written stays bfloat16. ``plain`` is the same in PyTorch's own words, for CPUs and to compare with.
"""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional

try:
    import triton
    import triton.language as tl
except ImportError:
    triton = None

TILE = 8192
"""Values that a program reads at once."""


def plain(x: Any, weight: Any, bias: Any, groups: int, eps: float, silu: bool) -> Any:
    """The reference."""
    normed = functional.group_norm(x.float(), groups, weight.float(), bias.float(), eps).to(x.dtype)
    return functional.silu(normed) if silu else normed


def group_norm(x: Any, norm: Any, silu: bool) -> Any:
    """Normalise (n, channels, height, width) as the module ``norm`` says, then SiLU if asked for."""
    if triton is None or not x.is_cuda:
        return plain(x, norm.weight, norm.bias, norm.num_groups, norm.eps, silu)
    return _GroupNorm.apply(x, norm.weight, norm.bias, norm.num_groups, norm.eps, silu)


class _GroupNorm(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Any, weight: Any, bias: Any, groups: int, eps: float, silu: bool) -> Any:
        x = x.contiguous(memory_format=torch.channels_last)
        count, channels, height, width = x.shape
        out = torch.empty_like(x)
        stats = torch.empty(count, 2, channels, device=x.device)
        block = triton.next_power_of_2(channels)
        sizes = (channels, height * width, channels // groups)
        _forward[(count,)](x, weight, bias, out, stats, eps, *sizes, silu, block, max(1, TILE // block), num_warps=8)
        ctx.save_for_backward(x, weight, bias, stats)
        ctx.sizes, ctx.silu, ctx.block = sizes, silu, block
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        x, weight, bias, stats = ctx.saved_tensors
        grad = grad.contiguous(memory_format=torch.channels_last)
        count, channels = x.shape[:2]
        dx = torch.empty_like(x)
        sums = torch.empty(count, 2, channels, device=x.device)
        _backward[(count,)](
            x,
            grad,
            weight,
            bias,
            stats,
            dx,
            sums,
            *ctx.sizes,
            ctx.silu,
            ctx.block,
            max(1, TILE // ctx.block),
            num_warps=8,
        )
        total = sums.sum(0)
        return dx, total[1].to(weight.dtype), total[0].to(bias.dtype), None, None, None


if triton is not None:

    @triton.jit
    def _over_group(values, scratch, place, inside, each: tl.constexpr):
        """Sum per-channel ``values`` over the group of each channel, through ``scratch``."""
        tl.debug_barrier()
        tl.store(scratch + place, values, mask=inside)
        tl.debug_barrier()
        first = place // each * each
        total = tl.zeros_like(values)
        for step in tl.static_range(each):
            total += tl.load(scratch + first + step, mask=inside, other=0.0)
        tl.debug_barrier()
        return total

    @triton.jit
    def _forward(
        x, weight, bias, out, stats, eps,
        channels, pixels, each: tl.constexpr, silu: tl.constexpr, block: tl.constexpr, rows: tl.constexpr,
    ):  # fmt: skip
        """One program a picture: sums over its pixels, then each pixel normalised."""
        number = tl.program_id(0).to(tl.int64)
        place = tl.arange(0, block)
        inside = place < channels
        row = tl.arange(0, rows)
        base = number * pixels * channels
        total = tl.zeros([block], tl.float32)
        square = tl.zeros([block], tl.float32)
        for start in range(0, pixels, rows):
            at = base + (start + row)[:, None] * channels + place[None, :]
            value = tl.load(x + at, mask=inside[None, :] & (start + row < pixels)[:, None], other=0.0).to(tl.float32)
            total += tl.sum(value, 0)
            square += tl.sum(value * value, 0)
        means = stats + number * 2 * channels
        spreads = means + channels
        size = pixels * each
        mean = _over_group(total, means, place, inside, each) / size
        spread = _over_group(square, spreads, place, inside, each) / size - mean * mean
        spread = 1.0 / tl.sqrt(tl.maximum(spread, 0.0) + eps)
        tl.store(means + place, mean, mask=inside)
        tl.store(spreads + place, spread, mask=inside)
        gain = tl.load(weight + place, mask=inside, other=0.0).to(tl.float32) * spread
        offset = tl.load(bias + place, mask=inside, other=0.0).to(tl.float32) - mean * gain
        for start in range(0, pixels, rows):
            at = base + (start + row)[:, None] * channels + place[None, :]
            here = inside[None, :] & (start + row < pixels)[:, None]
            value = tl.load(x + at, mask=here, other=0.0).to(tl.float32)
            value = value * gain[None, :] + offset[None, :]
            if silu:
                value = value * tl.sigmoid(value)
            tl.store(out + at, value.to(out.dtype.element_ty), mask=here)

    @triton.jit
    def _backward(
        x, grad, weight, bias, stats, dx, sums,
        channels, pixels, each: tl.constexpr, silu: tl.constexpr, block: tl.constexpr, rows: tl.constexpr,
    ):  # fmt: skip
        """One program a picture: the sums that its gradient needs, then the gradient of each pixel."""
        number = tl.program_id(0).to(tl.int64)
        place = tl.arange(0, block)
        inside = place < channels
        row = tl.arange(0, rows)
        base = number * pixels * channels
        means = stats + number * 2 * channels
        mean = tl.load(means + place, mask=inside, other=0.0)
        spread = tl.load(means + channels + place, mask=inside, other=0.0)
        gain = tl.load(weight + place, mask=inside, other=0.0).to(tl.float32)
        offset = tl.load(bias + place, mask=inside, other=0.0).to(tl.float32)
        plain_sum = tl.zeros([block], tl.float32)
        normed_sum = tl.zeros([block], tl.float32)
        for start in range(0, pixels, rows):
            at = base + (start + row)[:, None] * channels + place[None, :]
            here = inside[None, :] & (start + row < pixels)[:, None]
            normed = (tl.load(x + at, mask=here, other=0.0).to(tl.float32) - mean[None, :]) * spread[None, :]
            back = tl.load(grad + at, mask=here, other=0.0).to(tl.float32)
            if silu:
                value = normed * gain[None, :] + offset[None, :]
                open_ = tl.sigmoid(value)
                back = back * open_ * (1 + value * (1 - open_))
            plain_sum += tl.sum(tl.where(here, back, 0.0), 0)
            normed_sum += tl.sum(tl.where(here, back * normed, 0.0), 0)
        first = sums + number * 2 * channels
        size = pixels * each
        group_plain = _over_group(plain_sum * gain, first, place, inside, each) / size
        group_normed = _over_group(normed_sum * gain, first + channels, place, inside, each) / size
        tl.store(first + place, plain_sum, mask=inside)
        tl.store(first + channels + place, normed_sum, mask=inside)
        for start in range(0, pixels, rows):
            at = base + (start + row)[:, None] * channels + place[None, :]
            here = inside[None, :] & (start + row < pixels)[:, None]
            normed = (tl.load(x + at, mask=here, other=0.0).to(tl.float32) - mean[None, :]) * spread[None, :]
            back = tl.load(grad + at, mask=here, other=0.0).to(tl.float32)
            if silu:
                value = normed * gain[None, :] + offset[None, :]
                open_ = tl.sigmoid(value)
                back = back * open_ * (1 + value * (1 - open_))
            result = (back * gain[None, :] - group_plain[None, :] - normed * group_normed[None, :]) * spread[None, :]
            tl.store(dx + at, result.to(dx.dtype.element_ty), mask=here)


def fuse(module: Any) -> None:
    """Make a UNet or VAE quicker to train; what it computes, and the names of its weights, stay.

    GroupNorm and SiLU are done by ``group_norm``, LayerNorm in bfloat16, and transformers leave their output in
    channels-last order.
    """
    from diffusers.models.resnet import ResnetBlock2D
    from diffusers.models.transformers.transformer_2d import Transformer2DModel

    for part in module.modules():
        if isinstance(part, ResnetBlock2D):
            part.forward = _resnet.__get__(part)
        elif isinstance(part, Transformer2DModel):
            part.norm.forward = _norm_only.__get__(part.norm)
            part._get_output_for_continuous_inputs = _transformer_output.__get__(part)
        elif isinstance(part, torch.nn.LayerNorm):
            part.forward = _layer_norm.__get__(part)
        elif hasattr(part, "conv_norm_out") and hasattr(part, "conv_act"):
            part.conv_norm_out.forward = _norm_silu.__get__(part.conv_norm_out)
            part.conv_act = torch.nn.Identity()


def without_biases(module: Any) -> None:
    """Zero and freeze the biases that the norms after them make up for: their gradients cost a tenth of a step."""
    kept = ("conv_in", "conv_out", "quant_conv", "post_quant_conv")
    for name, part in module.named_modules():
        if isinstance(part, torch.nn.Conv2d) and name.rsplit(".", 1)[-1] in kept:
            continue
        inner = isinstance(part, torch.nn.Conv2d) or ".attn" in name or ".ff." in name or "proj_" in name
        if inner and getattr(part, "bias", None) is not None and "norm" not in name:
            torch.nn.init.zeros_(part.bias)
            part.bias.requires_grad_(False)


def _norm_only(self: Any, x: Any) -> Any:
    return group_norm(x, self, silu=False)


def _norm_silu(self: Any, x: Any) -> Any:
    return group_norm(x, self, silu=True)


def _layer_norm(self: Any, x: Any) -> Any:
    with torch.autocast(x.device.type, enabled=False):
        return functional.layer_norm(x, self.normalized_shape, self.weight.to(x.dtype), self.bias.to(x.dtype), self.eps)


def _transformer_output(
    self: Any, hidden_states: Any, residual: Any, batch_size: int, height: int, width: int, inner_dim: int
) -> Any:
    flat = self.proj_out(hidden_states)
    return flat.reshape(batch_size, height, width, inner_dim).permute(0, 3, 1, 2) + residual


def _resnet(self: Any, x: Any, temb: Any = None, *_: Any, **__: Any) -> Any:
    """ResnetBlock2D's way, for what SDXL uses of it: no resampling, the time added between the convolutions."""
    hidden = self.conv1(group_norm(x, self.norm1, silu=True))
    if temb is not None:
        hidden = hidden + self.time_emb_proj(functional.silu(temb))[:, :, None, None].to(hidden.dtype)
    hidden = self.conv2(group_norm(hidden, self.norm2, silu=True))
    return (x if self.conv_shortcut is None else self.conv_shortcut(x)) + hidden
