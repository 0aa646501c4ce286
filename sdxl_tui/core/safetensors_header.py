"""Read the header of a safetensors file and hold it against the file's size; the weights are never read."""

from __future__ import annotations

import json
import math
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeGuard

from sdxl_tui.core.words import and_more, shown_share, shown_size

AGAIN = "download it again"
LENGTH_BYTES = 8
LONGEST_HEADER = 100_000_000
"""The limit of the safetensors library itself."""
LARGEST_OFFSET = 2**63
BYTES_OF = {
    **dict.fromkeys(("BOOL", "U8", "I8", "F8_E4M3", "F8_E5M2", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ"), 1),
    **dict.fromkeys(("I16", "U16", "F16", "BF16"), 2),
    **dict.fromkeys(("I32", "U32", "F32"), 4),
    **dict.fromkeys(("I64", "U64", "F64", "C64"), 8),
}


class DamageError(Exception):
    """What is wrong with one file: the rest of a sentence that begins with its name."""


@dataclass(frozen=True)
class Stored:
    """Where a tensor lies in its file."""

    dtype: str
    """As the header spells it: ``F16``, ``BF16``, ``F32`` and others of BYTES_OF."""
    shape: tuple[int, ...]
    begin: int
    """Its first byte, from the beginning of the file."""


@dataclass(frozen=True)
class Header:
    """What a file's header says, and what is wrong with the file."""

    tensors: frozenset[str] = frozenset()
    stored: Mapping[str, Stored] = field(default_factory=dict)
    """The tensors whose entries make sense."""
    size_bytes: int = 0
    metadata: Mapping[str, str] = field(default_factory=dict)
    """What its maker wrote beside the tensors."""
    damage: tuple[str, ...] = ()
    """Each the rest of a sentence that begins with the file's name; empty: the file is whole."""


def read_header(file: Path) -> Header:
    """Return the header of ``file``; whatever is wrong with it is told, never raised."""
    try:
        size = regular_size(file)
        entries, metadata, start = _entries(file, size)
    except DamageError as damage:
        return Header(damage=(str(damage),))
    stored = {
        name: Stored(entry["dtype"], tuple(entry["shape"]), start + entry["data_offsets"][0])
        for name, entry in entries.items()
        if _span(entry) is not None
    }
    return Header(frozenset(entries), stored, size, metadata, tuple(_damage_of(entries, start, size)))


def regular_size(file: Path) -> int:
    """Return the size of a file that is there and holds something; raise DamageError otherwise."""
    try:
        status = file.stat()
    except OSError as error:
        raise unreadable(file, error) from error
    if not stat.S_ISREG(status.st_mode):
        raise DamageError("is not a file")
    if status.st_size == 0:
        raise DamageError(f"is empty: {AGAIN}")
    return status.st_size


def unreadable(file: Path, error: OSError) -> DamageError:
    """Say why the system gave no access to ``file``."""
    if not isinstance(error, FileNotFoundError):
        return DamageError(f"cannot be read: {(error.strerror or 'unknown error').lower()}")
    if os.path.islink(file):
        return DamageError(f"is a link to a file that is not there, its download never finished: {AGAIN}")
    return DamageError("is missing")


def _entries(file: Path, size: int) -> tuple[dict[str, Any], dict[str, str], int]:
    """The header's entries, its maker's words, and where the weights begin."""
    try:
        with file.open("rb") as opened:
            prefix = opened.read(LENGTH_BYTES)
            length = int.from_bytes(prefix, "little")
            if prefix == b"version ":
                raise DamageError("is a Git LFS pointer, not the weights: run `git lfs pull` where it was cloned")
            if size < LENGTH_BYTES or length > min(size - LENGTH_BYTES, LONGEST_HEADER):
                raise DamageError(f"is no safetensors file, or cut short within its header: {AGAIN}")
            text = opened.read(length)
    except OSError as error:
        raise unreadable(file, error) from error
    try:
        entries = json.loads(text.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise DamageError(f"has a header that is not JSON: {AGAIN}") from error
    metadata = entries.pop("__metadata__", None) if isinstance(entries, dict) else None
    if not isinstance(entries, dict) or not _is_metadata(metadata) or not entries:
        raise DamageError(f"has a header that lists no tensors: {AGAIN}")
    return entries, metadata or {}, LENGTH_BYTES + length


def _is_metadata(value: Any) -> bool:
    return value is None or (isinstance(value, dict) and all(isinstance(text, str) for text in value.values()))


def _damage_of(entries: Mapping[str, Any], start: int, size: int) -> list[str]:
    spans = {name: _span(entry) for name, entry in entries.items()}
    whole = sorted((span, name) for name, span in spans.items() if span is not None)
    overlapping, after_hole, end = [], [], 0
    for (begin, stop), name in whole:
        if begin < end:
            overlapping.append(name)
        elif begin > end:
            after_hole.append(name)
        end = max(end, stop)
    unusable = [name for name, span in spans.items() if span is None]
    kinds = [("whose dtype, shape and offsets do not fit together", unusable)]
    if not unusable:
        kinds += [("that overlaps another one", overlapping), ("with a hole before it", after_hole)]
    damage = [f"has a damaged header, with tensor {and_more(names)} {what}: {AGAIN}" for what, names in kinds if names]
    if start + end > size:
        damage.append(f"has {shown_share(size, start + end)}: {AGAIN}")
    elif start + end < size and not unusable:
        damage.append(f"is {shown_size(size - start - end)} longer than its header says: {AGAIN}")
    return damage


def _span(entry: Any) -> tuple[int, int] | None:
    """First byte and end of a tensor; None when its entry makes no sense."""
    if not isinstance(entry, dict):
        return None
    shape, offsets, width = entry.get("shape"), entry.get("data_offsets"), BYTES_OF.get(str(entry.get("dtype")))
    if width is None or not _are_counts(shape) or not _are_counts(offsets) or len(offsets) != 2:
        return None
    begin, end = offsets
    return (begin, end) if end - begin == math.prod(shape) * width else None


def _are_counts(values: Any) -> TypeGuard[list[int]]:
    return isinstance(values, list) and all(type(value) is int and 0 <= value < LARGEST_OFFSET for value in values)
