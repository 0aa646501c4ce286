"""The fused operations of the fast mode, each beside its plain torch reference.

Pictures lie in NHWC memory order: (n, channels, height, width) tensors in torch's channels_last format. Sums are
float32; what is read and written keeps its own number format. Where Triton is not (a CPU, another system) the
references run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch
from torch.nn import functional

from sdxl_tui.engine.launching import launch, tl, triton

ROWS = 128
"""Pixels that a program looks at at once."""
BLOCK = 64
"""Channels of a program: one line of 128 bytes in float16."""
PARTS = 256
"""A picture's pixels are summed in at most so many parts."""


@dataclass(frozen=True)
class Feature:
    """A feature map, and what normalising it needs to know of it."""

    x: Any
    """(n, channels, height, width), channels_last."""
    partial: Any = None
    """(n, parts, channels, 2) in float32: mean, and sum of squared deviations, of each channel over a part of the
    pixels; None where the references run."""


def with_triton(x: Any) -> bool:
    """Whether the kernels run on this tensor."""
    return triton is not None and x.is_cuda


def settled(x: Any, bias: Any = None, residual: Any = None) -> Feature:
    """Return ``x + bias + residual`` and its moments; ``bias`` is (channels,), ``residual`` as large as ``x``.

    A convolution's bias and the sum that ends a residual block are added here, where the next norm looks anyway.
    """
    if not with_triton(x):
        total = x if bias is None else x + bias.view(1, -1, 1, 1)
        return Feature(total if residual is None else total + residual)
    x = x.contiguous(memory_format=torch.channels_last)
    count, channels, height, width = x.shape
    pixels = height * width
    chunk, parts = _chunks(pixels)
    adds = bias is not None or residual is not None
    total = torch.empty_like(x) if adds else x
    partial = torch.empty(count, parts, channels, 2, device=x.device)
    if residual is not None:
        residual = residual.contiguous(memory_format=torch.channels_last)
    launch(
        _moments,
        (parts, triton.cdiv(channels, BLOCK), count),
        x,
        x if bias is None else bias,
        x if residual is None else residual,
        total,
        partial,
        pixels,
        channels,
        chunk,
        parts,
        bias is not None,
        residual is not None,
        ROWS,
        BLOCK,
    )
    return Feature(total, partial)


def group_norm(features: Sequence[Feature], norm: Any, silu: bool, offset: Any = None, extra: Any = None) -> Any:
    """Normalise one feature map, or two that are joined along the channels, as the module ``norm`` says; then SiLU.

    ``offset`` (n, channels) and ``extra`` (channels,), given together or not at all, are added before the norm. The
    result is (n, channels of all, height, width), channels_last.
    """
    first = features[0].x
    if not with_triton(first):
        x = first if len(features) == 1 else torch.cat([feature.x for feature in features], dim=1)
        if offset is not None:
            x = x + (offset + extra)[:, :, None, None]
        return plain_group_norm(x, norm, silu)
    count, _, height, width = first.shape
    pixels, channels = height * width, sum(feature.x.shape[1] for feature in features)
    chunk, parts = _chunks(pixels)
    each = channels // norm.num_groups
    scale = torch.empty(2, count, channels, device=first.device)
    shift = scale[1]
    launch(
        _finish,
        (norm.num_groups, count),
        features[0].partial,
        features[-1].partial,
        norm.weight,
        norm.bias,
        norm.weight if offset is None else offset,
        norm.weight if extra is None else extra,
        scale,
        shift,
        pixels,
        chunk,
        parts,
        channels,
        first.shape[1],
        each,
        0 if offset is None else offset.stride(0),
        offset is not None,
        norm.eps,
        32 if each <= 32 else triton.next_power_of_2(each),
        32,
    )
    out = torch.empty(
        count, channels, height, width, dtype=first.dtype, device=first.device, memory_format=torch.channels_last
    )
    place = 0
    for feature in features:
        own = feature.x.shape[1]
        grid = (triton.cdiv(pixels, ROWS), triton.cdiv(own, BLOCK), count)
        launch(_normalise, grid, feature.x, scale, shift, out, pixels, own, channels, place, silu, ROWS, BLOCK)
        place += own
    return out


def plain_group_norm(x: Any, norm: Any, silu: bool) -> Any:
    """The reference: GroupNorm of (n, channels, height, width) as the module ``norm`` says, then SiLU if asked for."""
    normed = functional.group_norm(x, norm.num_groups, norm.weight.to(x.dtype), norm.bias.to(x.dtype), norm.eps)
    return functional.silu(normed) if silu else normed


def doubled(x: Any) -> Any:
    """Return (n, channels, height, width) with each pixel twice in both directions."""
    if not with_triton(x):
        return functional.interpolate(x, scale_factor=2.0, mode="nearest")
    x = x.contiguous(memory_format=torch.channels_last)
    count, channels, height, width = x.shape
    size = (count, channels, 2 * height, 2 * width)
    out = torch.empty(size, dtype=x.dtype, device=x.device, memory_format=torch.channels_last)
    grid = (triton.cdiv(height * width, ROWS), triton.cdiv(channels, BLOCK), count)
    launch(_doubled, grid, x, out, height, width, channels, ROWS, BLOCK)
    return out


def add_norm(x: Any, added: Any, norm: Any) -> tuple[Any, Any]:
    """Return ``x + added`` and its LayerNorm as the module ``norm`` says; both (..., width); ``added`` may be None."""
    if not with_triton(x):
        total = x if added is None else x + added
        return total, functional.layer_norm(total, norm.normalized_shape, norm.weight, norm.bias, norm.eps)
    width = x.shape[-1]
    total = x if added is None else torch.empty_like(x)
    normed = torch.empty_like(x)
    launch(
        _add_norm,
        (x.numel() // width,),
        x,
        x if added is None else added,
        total,
        normed,
        norm.weight,
        norm.bias,
        width,
        norm.eps,
        added is not None,
        triton.next_power_of_2(width),
    )
    return total, normed


@lru_cache(maxsize=256)
def _chunks(pixels: int) -> tuple[int, int]:
    """Pixels of a part, a multiple of ROWS, and the number of parts."""
    chunk = -(-pixels // (PARTS * ROWS)) * ROWS
    return chunk, -(-pixels // chunk)


if triton is not None:

    @triton.jit(do_not_specialize=["pixels", "chunk", "parts"])
    def _moments(
        x, bias, residual, total, partial, pixels, channels, chunk, parts,
        has_bias: tl.constexpr, has_residual: tl.constexpr, rows: tl.constexpr, block: tl.constexpr,
    ):  # fmt: skip
        """One program a part, a block of channels and a picture: sums of the distances from the part's first pixel."""
        part = tl.program_id(0)
        number = tl.program_id(2).to(tl.int64)
        place = tl.program_id(1) * block + tl.arange(0, block)
        inside = place < channels
        base = number * pixels * channels
        start = part * chunk
        end = tl.minimum(start + chunk, pixels)
        adds = tl.zeros([block], tl.float32)
        if has_bias:
            adds += tl.load(bias + place, mask=inside, other=0.0).to(tl.float32)
        top_left = base + start.to(tl.int64) * channels + place
        pivot = tl.load(x + top_left, mask=inside, other=0.0).to(tl.float32) + adds
        if has_residual:
            pivot += tl.load(residual + top_left, mask=inside, other=0.0).to(tl.float32)
        summed = tl.zeros([block], tl.float32)
        squared = tl.zeros([block], tl.float32)
        for top in range(start, end, rows):
            row = top + tl.arange(0, rows)
            at = base + row.to(tl.int64)[:, None] * channels + place[None, :]
            here = (row < end)[:, None] & inside[None, :]
            value = tl.load(x + at, mask=here, other=0.0).to(tl.float32)
            if has_bias:
                value += adds[None, :]
            if has_residual:
                value += tl.load(residual + at, mask=here, other=0.0).to(tl.float32)
            if has_bias or has_residual:
                kept = value.to(total.dtype.element_ty)
                tl.store(total + at, kept, mask=here)
                value = kept.to(tl.float32)
            away = tl.where(here, value - pivot[None, :], 0.0)
            summed += tl.sum(away, 0)
            squared += tl.sum(away * away, 0)
        size = (end - start).to(tl.float32)
        to = partial + ((number * parts + part) * channels + place) * 2
        tl.store(to, pivot + summed / size, mask=inside)
        tl.store(to + 1, squared - summed * summed / size, mask=inside)

    @triton.jit(do_not_specialize=["pixels", "chunk", "parts", "split", "each", "offset_stride", "has_offset", "eps"])
    def _finish(
        first, second, weight, bias, offset, extra, scale, shift,
        pixels, chunk, parts, channels, split, each, offset_stride, has_offset, eps,
        block: tl.constexpr, rows: tl.constexpr,
    ):  # fmt: skip
        """One program a group and a picture: the parts' moments put together (Chan et al. 1979), about a pivot."""
        number = tl.program_id(1).to(tl.int64)
        inner = tl.arange(0, block)
        place = tl.program_id(0) * each + inner
        inside = inner < each
        begins = inside & (place < split)
        follows = inside & (place >= split)
        adds = tl.zeros([block], tl.float32)
        if has_offset:
            adds += tl.load(offset + number * offset_stride + place, mask=inside, other=0.0).to(tl.float32)
            adds += tl.load(extra + place, mask=inside, other=0.0).to(tl.float32)
        summed = tl.zeros([block], tl.float32)
        squared = tl.zeros([block], tl.float32)
        pivot = tl.zeros([block], tl.float32)
        for top in range(0, parts, rows):
            part = top + tl.arange(0, rows)
            known = (part < parts)[:, None]
            row = number * parts + part
            at = (row[:, None] * split + place[None, :]) * 2
            mean = tl.load(first + at, mask=known & begins[None, :], other=0.0)
            spread = tl.load(first + at + 1, mask=known & begins[None, :], other=0.0)
            if split < channels:
                behind = (row[:, None] * (channels - split) + place[None, :] - split) * 2
                mean += tl.load(second + behind, mask=known & follows[None, :], other=0.0)
                spread += tl.load(second + behind + 1, mask=known & follows[None, :], other=0.0)
            mean += adds[None, :]
            if top == 0:
                pivot += tl.sum(tl.where((part == 0)[:, None] & (inner == 0)[None, :], mean, 0.0))
            size = tl.minimum(chunk, pixels - part * chunk).to(tl.float32)
            away = tl.where(known & inside[None, :], mean - pivot[None, :], 0.0)
            summed += tl.sum(away * size[:, None], 0)
            squared += tl.sum(away * away * size[:, None] + spread, 0)
        count = pixels * each.to(tl.float32)
        distance = tl.sum(summed) / count
        variance = tl.sum(squared) / count - distance * distance
        gain = tl.load(weight + place, mask=inside, other=0.0).to(tl.float32)
        gain = gain / tl.sqrt(tl.maximum(variance, 0.0) + eps)
        to = number * channels + place
        tl.store(scale + to, gain, mask=inside)
        base = tl.load(bias + place, mask=inside, other=0.0).to(tl.float32)
        tl.store(shift + to, base + (adds - pivot - distance) * gain, mask=inside)

    @triton.jit(do_not_specialize=["pixels", "first"])
    def _normalise(
        x, scale, shift, out, pixels, channels, all_channels, first,
        silu: tl.constexpr, rows: tl.constexpr, block: tl.constexpr,
    ):  # fmt: skip
        """One program a block of pixels, a block of channels and a picture."""
        number = tl.program_id(2).to(tl.int64)
        row = tl.program_id(0) * rows + tl.arange(0, rows)
        place = tl.program_id(1) * block + tl.arange(0, block)
        inside = place < channels
        here = (row < pixels)[:, None] & inside[None, :]
        gain = tl.load(scale + number * all_channels + first + place, mask=inside, other=0.0)
        offset = tl.load(shift + number * all_channels + first + place, mask=inside, other=0.0)
        pixel = (number * pixels + row.to(tl.int64))[:, None]
        value = tl.load(x + pixel * channels + place[None, :], mask=here, other=0.0).to(tl.float32)
        value = value * gain[None, :] + offset[None, :]
        if silu:
            value = value * tl.sigmoid(value)
        to = out + pixel * all_channels + tl.multiple_of(first, 16) + place[None, :]
        tl.store(to, value.to(out.dtype.element_ty), mask=here)

    @triton.jit(do_not_specialize=["height", "width"])
    def _doubled(x, out, height, width, channels, rows: tl.constexpr, block: tl.constexpr):
        """One program a block of pixels, a block of channels and a picture."""
        number = tl.program_id(2).to(tl.int64)
        pixel = tl.program_id(0) * rows + tl.arange(0, rows)
        place = tl.program_id(1) * block + tl.arange(0, block)
        here = (pixel < height * width)[:, None] & (place < channels)[None, :]
        at = (number * height * width + pixel)[:, None] * channels + place[None, :]
        value = tl.load(x + at, mask=here, other=0.0)
        corner = number * height * width * 4 + (pixel // width).to(tl.int64) * 4 * width + pixel % width * 2
        for down in tl.static_range(2):
            for right in tl.static_range(2):
                to = (corner + down * 2 * width + right)[:, None] * channels + place[None, :]
                tl.store(out + to, value, mask=here)

    @triton.jit(do_not_specialize=["eps"])
    def _add_norm(
        x, added, total, normed, weight, bias, width, eps, has_added: tl.constexpr, block: tl.constexpr
    ):  # fmt: skip
        """One program a row."""
        place = tl.arange(0, block)
        inside = place < width
        at = tl.program_id(0).to(tl.int64) * width + place
        value = tl.load(x + at, mask=inside, other=0.0).to(tl.float32)
        if has_added:
            kept = (value + tl.load(added + at, mask=inside, other=0.0).to(tl.float32)).to(total.dtype.element_ty)
            tl.store(total + at, kept, mask=inside)
            value = kept.to(tl.float32)
        away = tl.where(inside, value - tl.sum(value) / width, 0.0)
        away = away / tl.sqrt(tl.sum(away * away) / width + eps)
        gain = tl.load(weight + place, mask=inside, other=0.0).to(tl.float32)
        offset = tl.load(bias + place, mask=inside, other=0.0).to(tl.float32)
        tl.store(normed + at, (away * gain + offset).to(normed.dtype.element_ty), mask=inside)
