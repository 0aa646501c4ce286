"""Check the files of one component: weights by their headers, configs and vocabularies by reading them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import Any

from sdxl_tui.core.safetensors_header import AGAIN, DamageError, Header, read_header, regular_size, unreadable
from sdxl_tui.core.words import and_more, named


@dataclass(frozen=True)
class Part:
    """What was found in one component's folder."""

    problems: tuple[str, ...] = ()
    files: tuple[Path, ...] = ()
    size_bytes: int = 0


def check_scheduler(place: Path) -> Part:
    """Check a scheduler's config."""
    file = place / "scheduler_config.json"
    try:
        class_name = read_object(file).get("_class_name")
    except DamageError as damage:
        return Part((_sentence(file, str(damage)),))
    if isinstance(class_name, str) and fnmatchcase(class_name, "?*Scheduler"):
        return Part()
    return Part((_sentence(file, "names no scheduler as its _class_name"),))


VOCABULARY, MERGES, ALL_IN_ONE = "vocab.json", "merges.txt", "tokenizer.json"


def check_tokenizer(place: Path) -> Part:
    """Libraries read whichever file is there, so each one that is there has to be whole."""
    readers: dict[str, Callable[[Path], Any]] = {
        VOCABULARY: read_object,
        MERGES: read_text,
        ALL_IN_ONE: read_object,
        "tokenizer_config.json": read_object,
        "special_tokens_map.json": partial(read_object, may_be_empty=True),
    }
    there = [name for name in readers if os.path.lexists(place / name)]
    problems = [problem for name in there for problem in _problems_of(place / name, readers[name])]
    if ALL_IN_ONE not in there:
        needs = f"is missing: a tokenizer needs {VOCABULARY} and {MERGES}, or {ALL_IN_ONE}"
        problems += [_sentence(place / name, needs) for name in (VOCABULARY, MERGES) if name not in there]
    return Part(tuple(problems))


def check_module(stem: str, place: Path) -> Part:
    """Check the config of a model component, and its weights, whose files begin with ``stem``."""
    weights = _check_weights(stem, place)
    problems = (*_problems_of(place / "config.json", read_object), *weights.problems)
    return Part(problems, weights.files, weights.size_bytes)


# Weights: one file or shards with an index, in fp16 or plain.

WEIGHTS = (
    "{}.fp16.safetensors",
    "{}.fp16.safetensors.index.json",
    "{}.safetensors.index.fp16.json",
    "{}.safetensors",
    "{}.safetensors.index.json",
)
"""The best first; the first that is whole is taken."""
PICKLES = {".bin", ".ckpt", ".pt", ".pth"}
PICKLE_RISK = ", which can run code when loaded; the lab reads safetensors only"


def _check_weights(stem: str, place: Path) -> Part:
    problems: list[str] = []
    for file in (place / name.format(stem) for name in WEIGHTS):
        if not os.path.lexists(file):
            continue
        part = _check_shards(file) if file.suffix == ".json" else _check_files({file: read_header(file)})
        if not part.problems:
            return part
        problems += part.problems
    return Part(tuple(dict.fromkeys(problems)) or (_no_weights(stem, place),))


def _no_weights(stem: str, place: Path) -> str:
    try:
        names = os.listdir(place)
    except OSError as error:
        return f"{place.name} {unreadable(place, error)}."
    suffixes = {Path(name).suffix for name in names}
    if ".safetensors" in suffixes and any("-of-" in name for name in names):
        return f"{place.name} has shards, but {stem}.safetensors.index.json, which lists them, is missing: {AGAIN}."
    if pickles := sorted(PICKLES & suffixes):
        return f"{place.name} has only {' and '.join(pickles)} files{PICKLE_RISK}."
    return f"{place.name} has no weights: {stem}.fp16.safetensors or {stem}.safetensors is missing."


def _check_shards(index: Path) -> Part:
    try:
        shard_of = read_object(index).get("weight_map")
    except DamageError as damage:
        return Part((_sentence(index, str(damage)),))
    if not isinstance(shard_of, dict) or not shard_of or not all(isinstance(name, str) for name in shard_of.values()):
        return Part((_sentence(index, f"lists no shards: {AGAIN}"),))
    names = sorted(set(shard_of.values()))
    if strange := [name for name in names if not _is_shard(name)]:
        return Part((_sentence(index, f"names {and_more(strange)}, which is no safetensors file beside it"),))
    headers = {index.with_name(name): read_header(index.with_name(name)) for name in names}
    part = _check_files(headers)
    problems = list(part.problems)
    for shard, header in headers.items():
        lacking = [tensor for tensor, name in shard_of.items() if name == shard.name and tensor not in header.tensors]
        if header.tensors and lacking:
            problems.append(_sentence(shard, f"lacks tensor {and_more(lacking)}, which {index.name} names: {AGAIN}"))
    return Part(tuple(problems), part.files, part.size_bytes)


def _is_shard(name: str) -> bool:
    return name.endswith(".safetensors") and name.isprintable() and not set(name) & set("/\\")


def _check_files(headers: Mapping[Path, Header]) -> Part:
    problems = [_sentence(file, damage) for file, header in headers.items() for damage in header.damage]
    return Part(tuple(problems), tuple(headers), sum(header.size_bytes for header in headers.values()))


# Small files.


def read_object(file: Path, *, may_be_empty: bool = False) -> dict[str, Any]:
    """Return the JSON object that a file holds; raise DamageError when it holds none."""
    text = read_text(file)
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise DamageError(f"is not valid JSON, line {error.lineno}: {AGAIN}") from error
    except (ValueError, RecursionError) as error:
        raise DamageError(f"is not valid JSON: {AGAIN}") from error
    if not isinstance(value, dict) or not (value or may_be_empty):
        raise DamageError(f"holds {'nothing' if value in ({}, [], None) else 'no JSON object'}: {AGAIN}")
    return value


def read_text(file: Path) -> str:
    """Return the text of a file; raise DamageError when there is none."""
    regular_size(file)
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise unreadable(file, error) from error
    except UnicodeDecodeError as error:
        raise DamageError(f"is not text in UTF-8: {AGAIN}") from error
    if not text.strip():
        raise DamageError(f"is blank: {AGAIN}")
    return text


def _problems_of(file: Path, read: Callable[[Path], Any]) -> list[str]:
    try:
        read(file)
    except DamageError as damage:
        return [_sentence(file, str(damage))]
    return []


def _sentence(file: Path, damage: str) -> str:
    return f"{file.parent.name}/{named(file.name)} {damage}."
