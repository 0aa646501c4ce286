"""The embedded model's tokenizers: CLIP's byte-pair encoding, learnt from the words that prompts are made of."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

VOCABULARY_SIZE = 1024

WORDS = """
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
"""What the merges are learnt from."""


def write_tokenizer(folder: Path, padding: str) -> None:
    """Write the files that transformers 4 and 5 both read: vocab.json, merges.txt and the two configs.

    ``padding`` is the token that fills a chunk: SDXL's first tokenizer pads with the end token, its second with ``!``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary, merges = _learnt()
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


def _learnt() -> tuple[dict[str, int], list[tuple[str, str]]]:
    """Return the vocabulary in CLIP's order (bytes, bytes that end a word, merges, start, end) and the merges.

    Merges are learnt by counting pairs, as in Sennrich et al. 2016; ties go to the pair that sorts first, so every
    machine learns the same ones.
    """
    alphabet = _byte_alphabet()
    words = [(*word[:-1], word[-1] + "</w>") for word in sorted(set(WORDS.split()))]
    merges: list[tuple[str, str]] = []
    while len(merges) < VOCABULARY_SIZE - 2 * len(alphabet) - 2:
        counts: dict[tuple[str, str], int] = {}
        for word in words:
            for pair in pairwise(word):
                counts[pair] = counts.get(pair, 0) + 1
        best = min(counts, key=lambda pair: (-counts[pair], pair))
        merges.append(best)
        words = [_merged(word, best) for word in words]
    tokens = [*alphabet, *(f"{character}</w>" for character in alphabet), *("".join(pair) for pair in merges)]
    tokens += ["<|startoftext|>", "<|endoftext|>"]
    return {token: index for index, token in enumerate(tokens)}, merges


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
