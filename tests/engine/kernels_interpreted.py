"""Each kernel beside a float64 reference, on shapes with rests in every direction. Also run on a GPU, compiled."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional

from sdxl_tui.engine import kernels, products

CHANNELS_LAST = torch.channels_last
BOUNDS = {torch.float32: 2e-6, torch.float16: 8e-4}


def check(device: str = "cpu") -> None:
    """Compare all; without a GPU, Triton must have been imported with TRITON_INTERPRET=1."""
    if device == "cpu":
        kernels.with_triton = products.with_triton = lambda _: True
    torch.manual_seed(0)
    with torch.no_grad():
        for dtype in (torch.float32, torch.float16):
            for count, channels, other, height, width in ((2, 64, 0, 9, 13), (3, 128, 64, 7, 5), (1, 320, 0, 24, 24)):
                _norms(device, dtype, (count, height, width), [channels, other] if other else [channels])
            _rows(device, dtype)
        _texts(device)
    print("9 kernels")


def near(found: Any, wanted: Any, dtype: Any) -> None:
    error = float((found.double() - wanted).norm() / wanted.norm())
    assert error < BOUNDS[dtype], error


def _norms(device: str, dtype: Any, size: tuple[int, int, int], widths: list[int]) -> None:
    count, height, width = size
    channels = sum(widths)

    def drawn(*shape: int) -> Any:
        return torch.randn(*shape, device=device).to(dtype)

    norm = torch.nn.GroupNorm(32, channels, eps=1e-5).to(device, dtype).requires_grad_(False)
    norm.weight.add_(drawn(channels), alpha=0.3)
    norm.bias.add_(drawn(channels))
    xs = [(drawn(count, own, height, width) * 2 + 5).contiguous(memory_format=CHANNELS_LAST) for own in widths]
    biases, residuals = [drawn(own) for own in widths], [drawn(*x.shape) for x in xs]
    features = [kernels.settled(*parts) for parts in zip(xs, biases, residuals, strict=True)]
    terms = zip(xs, biases, residuals, strict=True)
    sums = [x.double() + bias.double().view(1, -1, 1, 1) + more.double() for x, bias, more in terms]
    wanted = torch.cat(sums, dim=1)
    near(torch.cat([feature.x for feature in features], dim=1), wanted, dtype)
    near(kernels.settled(xs[0], None, residuals[0]).x, xs[0].double() + residuals[0].double(), dtype)
    near(kernels.settled(xs[0], biases[0]).x, xs[0].double() + biases[0].double().view(1, -1, 1, 1), dtype)

    def reference(x: Any) -> Any:
        return functional.group_norm(x, 32, norm.weight.double(), norm.bias.double(), 1e-5)

    near(kernels.group_norm(features, norm, silu=False), reference(wanted), dtype)
    near(kernels.group_norm(features, norm, silu=True), functional.silu(reference(wanted)), dtype)
    offset, extra = drawn(count, channels + 7)[:, 3 : 3 + channels], drawn(channels)
    moved = wanted + (offset.double() + extra.double())[:, :, None, None]
    near(kernels.group_norm(features, norm, False, offset, extra), reference(moved), dtype)
    assert torch.equal(kernels.doubled(xs[0]), functional.interpolate(xs[0], scale_factor=2.0, mode="nearest"))


def _rows(device: str, dtype: Any) -> None:
    norm = torch.nn.LayerNorm(192).to(device, dtype).requires_grad_(False)
    norm.weight.normal_(1, 0.3)
    norm.bias.normal_()
    x, added = torch.randn(2, 5, 192, device=device).to(dtype), torch.randn(2, 5, 192, device=device).to(dtype)

    def reference(values: Any) -> Any:
        return functional.layer_norm(values, (192,), norm.weight.double(), norm.bias.double())

    total, normed = kernels.add_norm(x, added, norm)
    near(total, x.double() + added.double(), dtype)
    near(normed, reference(x.double() + added.double()), dtype)
    near(kernels.add_norm(x, None, norm)[1], reference(x.double()), dtype)
    for width in (96, 256):
        weight = torch.randn(2 * width, 128, device=device).to(dtype)
        bias, x = torch.randn(2 * width, device=device).to(dtype), torch.randn(3, 47, 128, device=device).to(dtype)
        wanted = products.plain_geglu(functional.linear(x.double(), weight.double(), bias.double()))
        near(products.geglu_linear(x, weight, bias), wanted, dtype)


def _texts(device: str) -> None:
    for heads, head, queries, tokens in ((2, 64, 70, 77), (1, 32, 33, 154), (2, 64, 65, 231)):
        query, key, value = (
            torch.randn(2, length, heads * head, device=device).half() for length in (queries, tokens, tokens)
        )
        wanted = products.plain_attention(query.double(), key.double(), value.double(), heads)
        near(products.text_attention(query, key, value, heads), wanted, torch.float16)
