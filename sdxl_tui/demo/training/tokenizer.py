"""The embedded model's tokenizers: CLIP's byte-pair encoding, learnt from the words that prompts are made of."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import Path

VOCABULARY_SIZE = 4096
BEGIN, END = VOCABULARY_SIZE - 2, VOCABULARY_SIZE - 1
LENGTH = 77
"""Tokens a chunk, begin and end included."""
PADDING = {"tokenizer": "<|endoftext|>", "tokenizer_2": "!"}
"""SDXL's first tokenizer fills a chunk with the end token, its second with ``!``."""

COMMON = """
a an and the of in on at with from by over under behind beside between into near one two three many small large tiny
huge old young new red green blue yellow orange purple pink brown black white grey gold silver teal bright dark light
warm cold soft sharp deep flat background plain gradient landscape portrait close up wide shot view scene photo
photograph photography painting illustration drawing sketch pencil film still cinematic anime style digital art
artwork concept render detailed highly intricate texture lighting dramatic natural golden hour sunset sunrise night
day morning evening moon sun star stars sky cloud clouds rain snow storm fog mist sea ocean lake river water wave
beach island mountain hill forest tree trees leaf flower flowers rose garden grass field desert road path street city
town village house castle tower bridge door window room table chair book lamp lantern candle fire smoke ice glass
metal wood stone apple banana cherry lemon pear grape strawberry bread cake cup coffee tea cat dog fox wolf bear horse
lion tiger rabbit mouse bird owl eagle fish whale shark octopus jellyfish butterfly bee dragon robot alien monster
ghost skull man woman boy girl child face eyes hair hand hands smile dress hat coat armour sword shield crown car bus
train bicycle boat ship plane rocket umbrella clock key heart ball gift guitar piano camera computer phone pizza
burger egg cheese shallow depth colour color grading grain high contrast low quality blurry lowres text watermark
signature cropped worst bad ugly deformed extra fingers limbs jpeg artifacts cartoon overexposed gothic horror fantasy
epic heroic muscular biomechanical nightmarish ominous grim gritty vibrant saturated monochrome vintage retro analog
rotoscoped outline
"""
"""Words of prompts that no package's names hold."""

_PIECES = re.compile(r"'s|'t|'re|'ve|'m|'ll|'d|[a-z]+|[0-9]|[^\sa-z0-9]+")
"""CLIP's own splitting, for lower-case ASCII."""


class Encoder:
    """Text to token ids, as CLIPTokenizer does it; for captions in lower-case ASCII."""

    def __init__(self, vocabulary: Mapping[str, int], merges: Iterable[tuple[str, str]]) -> None:
        self._vocabulary = vocabulary
        self._ranks = {pair: rank for rank, pair in enumerate(merges)}
        self._known: dict[str, list[int]] = {}

    def __call__(self, text: str) -> list[int]:
        """Ids without begin, end and padding."""
        return [token for piece in _PIECES.findall(text) for token in self._piece(piece)]

    def _piece(self, piece: str) -> list[int]:
        if piece not in self._known:
            parts: tuple[str, ...] = (*piece[:-1], piece[-1] + "</w>")
            while len(parts) > 1:
                pair = min(pairwise(parts), key=lambda pair: self._ranks.get(pair, len(self._ranks)))
                if pair not in self._ranks:
                    break
                parts = _merged(parts, pair)
            self._known[piece] = [self._vocabulary[part] for part in parts]
        return self._known[piece]


def pieces(text: str) -> list[str]:
    """The words of a text in lower-case ASCII."""
    return _PIECES.findall(text)


def learn(counts: Mapping[str, int]) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """Return the vocabulary in CLIP's order (bytes, bytes that end a word, merges, start, end) and the merges.

    ``counts`` says how often each word occurs. Merges are learnt by counting pairs, as in Sennrich et al. 2016; ties
    go to the pair that sorts first, so every machine learns the same ones.
    """
    alphabet = _byte_alphabet()
    words = [((*word[:-1], word[-1] + "</w>"), count) for word, count in sorted(counts.items())]
    totals: dict[tuple[str, str], int] = defaultdict(int)
    places: dict[tuple[str, str], set[int]] = defaultdict(set)
    for index, (parts, count) in enumerate(words):
        for pair in pairwise(parts):
            totals[pair] += count
            places[pair].add(index)
    merges: list[tuple[str, str]] = []
    while len(merges) < VOCABULARY_SIZE - 2 * len(alphabet) - 2:
        best = min(totals, key=lambda pair: (-totals[pair], pair))
        merges.append(best)
        for index in places.pop(best):
            parts, count = words[index]
            merged = _merged(parts, best)
            for pair in pairwise(parts):
                totals[pair] -= count
            for pair in pairwise(merged):
                totals[pair] += count
                places[pair].add(index)
            words[index] = (merged, count)
        del totals[best]
    tokens = [*alphabet, *(f"{character}</w>" for character in alphabet), *("".join(pair) for pair in merges)]
    tokens += ["<|startoftext|>", "<|endoftext|>"]
    return {token: index for index, token in enumerate(tokens)}, merges


def write_tokenizer(
    folder: Path, padding: str, vocabulary: Mapping[str, int], merges: Iterable[tuple[str, str]]
) -> None:
    """Write the files that transformers 4 and 5 both read: vocab.json, merges.txt and the two configs."""
    folder.mkdir(parents=True, exist_ok=True)
    specials = {
        "bos_token": "<|startoftext|>",
        "eos_token": "<|endoftext|>",
        "unk_token": "<|endoftext|>",
        "pad_token": padding,
    }
    config = {"tokenizer_class": "CLIPTokenizer", "model_max_length": 77, "do_lower_case": True, **specials}
    _write(folder / "vocab.json", json.dumps(vocabulary, ensure_ascii=False))
    _write(folder / "merges.txt", "\n".join(["#version: 0.2", *(f"{left} {right}" for left, right in merges)]))
    _write(folder / "tokenizer_config.json", json.dumps(config, indent=2))
    _write(folder / "special_tokens_map.json", json.dumps(specials, indent=2))


def _write(file: Path, text: str) -> None:
    file.write_text(text + "\n", encoding="utf-8")


def _merged(word: tuple[str, ...], pair: tuple[str, str]) -> tuple[str, ...]:
    result: list[str] = []
    index = 0
    while index < len(word):
        if word[index : index + 2] == pair:
            result.append("".join(pair))
            index += 2
        else:
            result.append(word[index])
            index += 1
    return tuple(result)


def _byte_alphabet() -> list[str]:
    """The 256 printable characters that stand for bytes, in the order of GPT-2's and CLIP's vocabularies."""
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = len([byte for byte in range(256) if byte not in printable])
    return [chr(byte) for byte in printable] + [chr(256 + index) for index in range(others)]
