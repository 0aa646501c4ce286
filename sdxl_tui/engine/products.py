"""Matrix products of the fast mode with what follows them, each beside its plain torch reference."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional

from sdxl_tui.engine.kernels import with_triton
from sdxl_tui.engine.launching import TensorDescriptor, launch, tl, triton

TILE = (128, 128, 64)
"""Rows, columns of each half, and depth of a product's tile."""
QUERIES = 64
"""Queries of a program of attention to a text."""
MOST_TOKENS = 256
"""A text of more tokens is attended to by PyTorch's kernels."""


def geglu_linear(x: Any, weight: Any, bias: Any) -> Any:
    """Return the first half of ``x @ weight.T + bias`` times GELU of the second (Shazeer 2020).

    (..., depth) and (2 width, depth) to (..., width). Both halves of a tile are summed side by side and multiplied
    before they leave the chip: the product is never written.
    """
    depth, width = x.shape[-1], weight.shape[0] // 2
    rows, columns, steps = TILE
    if not with_triton(x):
        return plain_geglu(functional.linear(x, weight, bias))
    if TensorDescriptor is None or _before_hopper(x) or x.dtype != torch.float16 or width % columns or depth % steps:
        return _geglu_alone(functional.linear(x, weight, bias))
    flat = x.flatten(0, -2)
    out = torch.empty(flat.shape[0], width, dtype=x.dtype, device=x.device)
    launch(
        _geglu_linear,
        (triton.cdiv(flat.shape[0], rows) * (width // columns),),
        TensorDescriptor.from_tensor(flat, [rows, steps]),
        TensorDescriptor.from_tensor(weight, [columns, steps]),
        TensorDescriptor.from_tensor(out, [rows, columns]),
        bias,
        flat.shape[0],
        width,
        depth,
        rows,
        columns,
        steps,
        8,
        num_warps=8,
        num_stages=4,
    )
    return out.unflatten(0, x.shape[:-1])


def plain_geglu(x: Any) -> Any:
    """The reference: (..., 2 width) to (..., width)."""
    value, gate = x.chunk(2, dim=-1)
    return value * functional.gelu(gate)


def text_attention(query: Any, key: Any, value: Any, heads: int) -> Any:
    """Attend from (n, queries, width) to (n, tokens, width), the keys and values of a text, in ``heads`` heads.

    A text is short: all its keys are held at once, which general kernels are not made for.
    """
    count, queries, width = query.shape
    tokens, head = key.shape[1], width // heads
    if not with_triton(query) or tokens > MOST_TOKENS or head not in (32, 64, 128) or query.dtype != torch.float16:
        return plain_attention(query, key, value, heads)
    out = torch.empty_like(query)
    launch(
        _text_attention,
        (triton.cdiv(queries, QUERIES), heads, count),
        query,
        key,
        value,
        out,
        queries,
        tokens,
        width,
        head**-0.5,
        head,
        QUERIES,
        max(64, triton.next_power_of_2(tokens)),
    )
    return out


def plain_attention(query: Any, key: Any, value: Any, heads: int) -> Any:
    """The reference: scaled dot-product attention of (n, tokens, width), ``heads`` of them side by side."""
    query, key, value = (part.unflatten(-1, (heads, -1)).transpose(1, 2) for part in (query, key, value))
    return functional.scaled_dot_product_attention(query, key, value).transpose(1, 2).flatten(2)


def _geglu_alone(x: Any) -> Any:
    width = x.shape[-1] // 2
    out = torch.empty(*x.shape[:-1], width, dtype=x.dtype, device=x.device)
    launch(_geglu, (out.numel() // width, triton.cdiv(width, 1024)), x, out, width, 1024)
    return out


def _before_hopper(x: Any) -> bool:
    return bool(x.is_cuda) and torch.cuda.get_device_capability(x.device)[0] < 9


if triton is not None:

    @triton.jit
    def _gelu(x):
        return 0.5 * x * (1.0 + tl.math.erf(x * 0.7071067811865476))

    @triton.jit
    def _geglu(x, out, width, block: tl.constexpr):
        """One program a row and a block of columns."""
        row = tl.program_id(0).to(tl.int64)
        place = tl.program_id(1) * block + tl.arange(0, block)
        inside = place < width
        value = tl.load(x + row * 2 * width + place, mask=inside, other=0.0).to(tl.float32)
        gate = tl.load(x + row * 2 * width + width + place, mask=inside, other=0.0).to(tl.float32)
        tl.store(out + row * width + place, (value * _gelu(gate)).to(out.dtype.element_ty), mask=inside)

    @triton.jit(do_not_specialize=["height"])
    def _geglu_linear(
        x, weight, out, bias, height, width, depth,
        rows: tl.constexpr, columns: tl.constexpr, steps: tl.constexpr, band: tl.constexpr,
    ):  # fmt: skip
        """One program a tile; tiles go in bands of ``band`` rows of tiles, so that neighbours share what they read."""
        high, wide = tl.cdiv(height, rows), tl.cdiv(width, columns)
        number = tl.program_id(0)
        first = number // (band * wide) * band
        size = tl.minimum(high - first, band)
        top = (first + number % (band * wide) % size) * rows
        left = number % (band * wide) // size * columns
        value = tl.zeros([rows, columns], tl.float32)
        gate = tl.zeros([rows, columns], tl.float32)
        for at in tl.range(0, depth, steps):
            tile = x.load([top, at])
            value = tl.dot(tile, weight.load([left, at]).T, value)
            gate = tl.dot(tile, weight.load([width + left, at]).T, gate)
        place = left + tl.arange(0, columns)
        value += tl.load(bias + place)[None, :].to(tl.float32)
        gate += tl.load(bias + width + place)[None, :].to(tl.float32)
        out.store([top, left], (value * _gelu(gate)).to(tl.float16))

    @triton.jit(do_not_specialize=["queries", "tokens", "scale"])
    def _text_attention(
        query, key, value, out, queries, tokens, width, scale,
        head: tl.constexpr, rows: tl.constexpr, columns: tl.constexpr,
    ):  # fmt: skip
        """One program a block of queries, a head and a picture."""
        number = tl.program_id(2).to(tl.int64)
        inner = tl.program_id(1) * head + tl.arange(0, head)
        row = tl.program_id(0) * rows + tl.arange(0, rows)
        token = tl.arange(0, columns)
        asked = (row < queries)[:, None]
        known = (token < tokens)[:, None]
        at = (number * queries + row)[:, None] * width + inner[None, :]
        text = (number * tokens + token)[:, None] * width + inner[None, :]
        keys = tl.trans(tl.load(key + text, mask=known, other=0.0))
        scores = tl.dot(tl.load(query + at, mask=asked, other=0.0), keys)
        scores = tl.where((token < tokens)[None, :], scores * (scale * 1.4426950408889634), float("-inf"))
        weights = tl.math.exp2(scores - tl.max(scores, 1)[:, None])
        total = tl.sum(weights, 1)
        seen = tl.dot(weights.to(tl.float16), tl.load(value + text, mask=known, other=0.0)) / total[:, None]
        tl.store(out + at, seen.to(tl.float16), mask=asked)
