"""The shortcuts of the training compute what the libraries compute."""

from __future__ import annotations

from pathlib import Path

import torch

from sdxl_tui.core.cache import DEMO_FOLDER
from sdxl_tui.demo.training import fast
from sdxl_tui.demo.training.architecture import make_modules
from sdxl_tui.demo.training.export import fetch, write_modules
from sdxl_tui.demo.training.painter import encode_tokens
from sdxl_tui.demo.training.tokenizer import BEGIN, END


def test_words_are_encoded_as_transformers_does() -> None:
    modules = make_modules()
    tokens = torch.full((1, 77), END)
    tokens[0, :4] = torch.tensor([BEGIN, 600, 700, 800])
    padded = tokens.clone()
    padded[0, 5:] = 0
    with torch.no_grad():
        words, pooled = encode_tokens(modules, tokens)
        first = modules["text_encoder"](tokens, output_hidden_states=True)
        second = modules["text_encoder_2"](padded, output_hidden_states=True)
    theirs = torch.cat([first.hidden_states[-2], second.hidden_states[-2]], -1)
    assert torch.allclose(words, theirs, atol=1e-5)
    assert torch.allclose(pooled, second.text_embeds, atol=1e-5)


def test_the_quick_modules_give_what_the_plain_ones_give() -> None:
    modules = make_modules()
    latents, words = torch.randn(1, 8, 16, 16), torch.randn(1, 77, 224)
    added = {"text_embeds": torch.randn(1, 128), "time_ids": torch.randn(1, 6)}
    for name, arguments in {"unet": (latents, 500, words), "vae": (torch.randn(1, 3, 32, 32),)}.items():
        extra = {"added_cond_kwargs": added} if name == "unet" else {}
        with torch.no_grad():
            plain = modules[name](*arguments, **extra).sample
            fast.fuse(modules[name])
            assert torch.allclose(modules[name](*arguments, **extra).sample, plain, atol=1e-4)


def test_the_weights_go_out_and_in_unchanged(tmp_path: Path) -> None:
    fetch(DEMO_FOLDER, tmp_path / "work")
    write_modules(make_modules(), tmp_path / "model", tmp_path / "work")
    for file in DEMO_FOLDER.rglob("*.safetensors"):
        assert (tmp_path / "model" / file.relative_to(DEMO_FOLDER)).read_bytes() == file.read_bytes()
