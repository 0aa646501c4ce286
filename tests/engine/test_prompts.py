"""Prompts of any length, as SDXL takes them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from sdxl_tui.engine.prompts import encode, token_ids
from tests.engine.conftest import checked, loaded_from


@pytest.fixture(scope="module")
def pipe(demo_folder: Path) -> Iterator[Any]:
    with torch.no_grad():
        yield loaded_from(checked(demo_folder)).pipe


def words(count: int) -> str:
    return " ".join(["apple"] * count)


def test_a_short_prompt_is_encoded_as_diffusers_does(pipe: Any) -> None:
    ours = encode(pipe, "a red apple, (shiny)", "text", "plain").arguments
    stock = pipe.encode_prompt(prompt="a red apple, (shiny)", negative_prompt="text", device="cpu")
    names = ("prompt_embeds", "negative_prompt_embeds", "pooled_prompt_embeds", "negative_pooled_prompt_embeds")
    for name, tensor in zip(names, stock, strict=True):
        assert torch.equal(ours[name], tensor), name


def test_an_empty_negative_is_encoded_not_zero(pipe: Any) -> None:
    negative = encode(pipe, "a red apple", "").arguments["negative_prompt_embeds"]
    assert negative.abs().min() > 0 or negative.abs().mean() > 0.01


@pytest.mark.parametrize(("count", "chunks"), [(1, 1), (75, 1), (76, 2), (150, 2), (151, 3), (400, 6)])
def test_long_prompts_take_chunks_of_75_tokens(pipe: Any, count: int, chunks: int) -> None:
    assert len(token_ids(pipe.tokenizer, words(count))) == count
    encoded = encode(pipe, words(count), "apple")
    assert encoded.tokens == {"prompt": count, "negative_prompt": 1}
    for name in ("prompt_embeds", "negative_prompt_embeds"):
        assert encoded.arguments[name].shape == (1, 77 * chunks, 224)


def test_the_first_chunk_of_a_long_prompt_is_the_prompt_cut_there(pipe: Any) -> None:
    long, cut = encode(pipe, words(75) + " wolf", "").arguments, encode(pipe, words(75), "").arguments
    assert torch.allclose(long["prompt_embeds"][:, :77], cut["prompt_embeds"], atol=1e-5)
    assert torch.allclose(long["pooled_prompt_embeds"], cut["pooled_prompt_embeds"], atol=1e-5)


def test_a_long_negative_makes_both_long(pipe: Any) -> None:
    arguments = encode(pipe, "apple", words(80)).arguments
    assert arguments["prompt_embeds"].shape == arguments["negative_prompt_embeds"].shape == (1, 154, 224)


@pytest.mark.parametrize("text", ["", " ", "🍎", "[/] [red]x[/red] [$accent] \\[", "a\nb\tc", "x" * 2000])
def test_any_text_can_be_encoded(pipe: Any, text: str) -> None:
    assert encode(pipe, text, text).arguments["prompt_embeds"].isfinite().all()


def embeds(pipe: Any, prompt: str, syntax: str = "a1111") -> torch.Tensor:
    """(77 x chunks, width) of a prompt."""
    return encode(pipe, prompt, "", syntax).arguments["prompt_embeds"][0]


def halves(pipe: Any, embedding: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The part of each encoder."""
    width = pipe.text_encoder.config.hidden_size
    return embedding[..., :width], embedding[..., width:]


@pytest.mark.parametrize(
    ("weighted", "plain"),
    [
        ("a (red:1) apple", "a red apple"),
        ("a (red:1.0) app(le:1)", "a red apple"),
        ("[(a red)] apple", "a red apple"),
        (r"a red apple \(shiny\)", "a red apple (shiny)"),
        ("a (red apple", "a (red apple"),
    ],
)
def test_weight_1_changes_nothing_bit_for_bit(pipe: Any, weighted: str, plain: str) -> None:
    ours, stock = encode(pipe, weighted, weighted), encode(pipe, plain, plain, "plain")
    assert ours.tokens == stock.tokens
    for name, tensor in stock.arguments.items():
        assert torch.equal(ours.arguments[name], tensor), name


@pytest.mark.parametrize("weight", [0.5, 1.3, 1.6])
def test_a_weight_scales_its_word_against_the_others_in_both_encoders(pipe: Any, weight: float) -> None:
    red = 1 + len(token_ids(pipe.tokenizer, "a "))
    plain, weighted = embeds(pipe, "a red apple"), embeds(pipe, f"a (red:{weight}) apple")
    for before, after in zip(halves(pipe, plain), halves(pipe, weighted), strict=True):
        growth = after.float().norm(dim=-1) / before.float().norm(dim=-1)
        assert growth[red] / growth[red - 1] == pytest.approx(weight, rel=1e-3)
        assert torch.cosine_similarity(before[red], after[red], dim=0) > 0.999
        others = torch.cat([growth[:red], growth[red + len(token_ids(pipe.tokenizer, "red")) :]])
        assert others.max() / others.min() == pytest.approx(1, rel=1e-3)


def test_a_larger_weight_goes_further_the_same_way(pipe: Any) -> None:
    plain = embeds(pipe, "a red apple").float()
    ways = [embeds(pipe, f"a (red:{weight}) apple").float() - plain for weight in (0.6, 1.2, 1.4, 1.8)]
    lengths = [float(way.norm()) for way in ways]
    assert lengths[1] < lengths[2] < lengths[3]
    more, much_more, less = (ways[index].flatten() for index in (1, 3, 0))
    assert torch.cosine_similarity(more, much_more, dim=0) > 0.9
    assert torch.cosine_similarity(more, less, dim=0) < -0.9


def test_a_weight_keeps_the_pooled_vector_and_the_other_chunks(pipe: Any) -> None:
    plain, weighted = (encode(pipe, prompt, "").arguments for prompt in ("a BREAK red", "a BREAK (red:1.5)"))
    assert torch.equal(plain["pooled_prompt_embeds"], weighted["pooled_prompt_embeds"])
    assert torch.equal(plain["prompt_embeds"][:, :77], weighted["prompt_embeds"][:, :77])
    assert not torch.equal(plain["prompt_embeds"][:, 77:], weighted["prompt_embeds"][:, 77:])


def test_break_begins_a_chunk(pipe: Any) -> None:
    both, first, second = (embeds(pipe, prompt) for prompt in ("a red apple BREAK in snow", "a red apple", "in snow"))
    assert both.shape[0] == 154
    assert torch.allclose(both[:77], first, atol=1e-5)
    assert torch.allclose(both[77:], second, atol=1e-5)
    assert embeds(pipe, "a red apple BREAK in snow", "plain").shape[0] == 77


@pytest.mark.parametrize("prompt", ["(a:0)", "(red:-2) [apple]", "(a:100)" * 30, "((((", "(a:" + "9" * 400 + ")"])
def test_extreme_weights_stay_numbers(pipe: Any, prompt: str) -> None:
    assert embeds(pipe, prompt).isfinite().all()
