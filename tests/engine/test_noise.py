"""Points between two seeds' noise, and between embeddings."""

from __future__ import annotations

import pytest
import torch

from sdxl_tui.engine.noise import slerp


@pytest.fixture
def ends() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(3, 4096, generator=generator), torch.randn(3, 4096, generator=generator)


def test_its_ends_are_the_ends_bit_for_bit(ends: tuple[torch.Tensor, torch.Tensor]) -> None:
    assert torch.equal(slerp(*ends, 0.0), ends[0])
    assert torch.equal(slerp(*ends, 1.0), ends[1])


@pytest.mark.parametrize("share", [0.1, 0.5, 0.8])
def test_it_is_as_likely_a_noise_everywhere(ends: tuple[torch.Tensor, torch.Tensor], share: float) -> None:
    between = slerp(*ends, share)
    assert between.std(dim=-1) == pytest.approx([1, 1, 1], abs=0.05)
    assert torch.lerp(*ends, share).std() < between.std()


def test_what_has_one_direction_or_no_length_is_interpolated_linearly() -> None:
    one = torch.tensor([[1.0, 2.0], [0.0, 0.0], [3.0, 1.0]])
    other = torch.tensor([[2.0, 4.0], [4.0, 2.0], [3.0, 1.0]])
    assert torch.allclose(slerp(one, other, 0.25), torch.lerp(one, other, 0.25))


def test_half_precision_stays_half_precision(ends: tuple[torch.Tensor, torch.Tensor]) -> None:
    halves = [end.half() for end in ends]
    assert slerp(*halves, 0.5).dtype == torch.float16
    assert torch.equal(slerp(*halves, 1.0), halves[1])
