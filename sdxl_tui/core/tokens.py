"""How many tokens a prompt has, by a model's own tokenizer, without torch and without transformers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sdxl_tui.core.prompt_syntax import A1111, chunked, parse

CHUNK = 75
"""Tokens that one pass of a text encoder holds besides start and end."""

_WORDS = r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
_SPECIAL = ("<|startoftext|>", "<|endoftext|>")


@dataclass(frozen=True)
class Measure:
    """How a prompt fits an encoder."""

    tokens: int
    """Without start and end, and without the signs that the prompt syntax takes."""
    borders: tuple[int, ...]
    """Where in the text, as it was typed, each chunk after the first begins."""

    @property
    def chunks(self) -> int:
        """Passes of the text encoder; an empty prompt takes one."""
        return len(self.borders) + 1


@dataclass(frozen=True)
class TokenCounter:
    """Counts as the engine does: no start, no end, however long the text is."""

    tokenizer: Any

    def count(self, text: str) -> int:
        """Tokens of a text in which every sign counts."""
        return len(self.tokenizer.encode(text, add_special_tokens=False).ids)

    def measure(self, prompt: str, syntax: str = A1111) -> Measure:
        """Tokens and chunk borders of a prompt."""
        chunks = chunked(parse(prompt, syntax), self._tokens, CHUNK)
        return Measure(sum(len(chunk.tokens) for chunk in chunks), tuple(chunk.begin for chunk in chunks[1:]))

    def _tokens(self, text: str) -> tuple[list[int], list[int]]:
        encoding = self.tokenizer.encode(text, add_special_tokens=False)
        return encoding.ids, [begin for begin, _ in encoding.offsets]


def load_counters(model_folder: Path) -> tuple[TokenCounter, TokenCounter]:
    """Return the counters of a model's two text encoders; raises as ``load_counter`` does."""
    return load_counter(model_folder), load_counter(model_folder, "tokenizer_2")


def load_counter(model_folder: Path, name: str = "tokenizer") -> TokenCounter:
    """Return the counter of a model in diffusers layout; raises what the library raises when the files are not whole.

    ``tokenizer.json`` is used where it is. The published SDXL repos hold only CLIP's vocabulary and merges: around them
    stands what CLIP's tokenizer does before it looks words up.
    """
    from tokenizers import Tokenizer

    folder = model_folder / name
    whole = folder / "tokenizer.json"
    tokenizer = Tokenizer.from_file(str(whole)) if whole.is_file() else _clip(folder)
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return TokenCounter(tokenizer)


def _clip(folder: Path) -> Any:
    from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers
    from tokenizers.models import BPE

    tokenizer = Tokenizer(
        BPE.from_file(
            str(folder / "vocab.json"),
            str(folder / "merges.txt"),
            continuing_subword_prefix="",
            end_of_word_suffix="</w>",
            fuse_unk=False,
            unk_token=_SPECIAL[1],
        )
    )
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_WORDS), behavior="removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    tokenizer.add_special_tokens(list(_SPECIAL))
    return tokenizer
