"""Tokens are counted as the model's own tokenizer counts them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sdxl_tui.core.cache import DEMO_FOLDER
from sdxl_tui.core.tokens import load_counter, load_counters

TEXTS = (
    "",
    " ",
    "a red apple",
    "A  Red\tAPPLE\n in   the\r\nsnow ",
    r"[/] [red]x[/red] [$accent] \[",
    "it's we're I'd they'll 'tis 1girl 1024x768 (masterpiece:1.2), ((best)) {a|b} <lora:x:0.8>",
    "Привет, мир! 東京タワー 🦊👩‍🚀 e\u0301 é ﬁ ﷺ İstanbul ß ΣΑΣ",
    "<|endoftext|> a <|startoftext|>b<|endoftext|>",
    "zero\u200bwidth\u00a0space\u2028line\u3000wide \ufeff \x00 \x1b[2J",
    "word " * 300,
    "x" * 500,
    "!!!...???---___***///\\\\",
)


@pytest.fixture
def model_folder() -> Path:
    """The demo model's folder."""
    return DEMO_FOLDER


@pytest.mark.parametrize("file", ["vocabulary", "whole"])
def test_the_count_is_that_of_transformers(model_folder: Path, tmp_path: Path, file: str) -> None:
    from transformers import CLIPTokenizerFast

    tokenizer = CLIPTokenizerFast.from_pretrained(str(model_folder / "tokenizer"))
    folder = model_folder
    if file == "whole":
        folder = tmp_path
        tokenizer.save_pretrained(str(tmp_path / "tokenizer"))
    counter = load_counter(folder)
    for text in TEXTS:
        wanted = tokenizer(text, add_special_tokens=False, truncation=False, verbose=False).input_ids
        assert counter.tokenizer.encode(text, add_special_tokens=False).ids == wanted, text
        assert counter.count(text) == len(wanted)


def test_counting_brings_in_neither_torch_nor_transformers(model_folder: Path) -> None:
    code = (
        "import pathlib, sys; from sdxl_tui.core.tokens import load_counter\n"
        "assert load_counter(pathlib.Path(sys.argv[1])).count('a red apple') >= 3\n"
        "print([name for name in ('torch', 'transformers', 'diffusers') if name in sys.modules])"
    )
    command = [sys.executable, "-c", code, str(model_folder)]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == "[]"


def test_a_prompt_is_measured_without_its_signs(model_folder: Path) -> None:
    for counter in load_counters(model_folder):
        assert counter.measure("a (red:1.3) apple").tokens == counter.count("a red apple")
        assert counter.measure("a (red:1.3) apple", "plain").tokens == counter.count("a (red:1.3) apple")
        assert counter.measure("").chunks == counter.measure("a red apple").chunks == 1


def test_the_borders_are_told_in_the_text_as_it_was_typed(model_folder: Path) -> None:
    counter = load_counter(model_folder)
    assert counter.count("apple " * 80) == 80
    typed = "(" + "apple " * 80 + "(pear):1.2)  tail"
    (border,) = counter.measure(typed).borders
    assert typed[:border].count("apple") == 75
    assert typed[border:].startswith("apple")
    (border,) = counter.measure("a red apple\nBREAK in snow").borders
    assert "a red apple\nBREAK in snow"[border:] == "in snow"
    assert counter.measure("a red apple BREAK in snow", "plain").chunks == 1
