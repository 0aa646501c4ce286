"""Prompts of any length, as SDXL takes them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from sdxl_tui.engine.device import Device
from sdxl_tui.engine.loader import load_model
from sdxl_tui.engine.prompts import encode, token_ids
from tests.engine.conftest import checked


@pytest.fixture(scope="module")
def pipe(demo_folder: Path) -> Iterator[Any]:
    with torch.no_grad():
        yield load_model(checked(demo_folder), Device("cpu", "CPU"), lambda *_: None, lambda _: None).pipe


def words(count: int) -> str:
    return " ".join(["apple"] * count)


def test_a_short_prompt_is_encoded_as_diffusers_does(pipe: Any) -> None:
    ours = encode(pipe, "a red apple, (shiny)", "text").arguments
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
