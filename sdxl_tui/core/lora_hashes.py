"""The hashes of LoRA files, remembered: a file of some hundred MB is hashed once."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sdxl_tui.core import paths
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.loras import stamp_of
from sdxl_tui.core.words import named

MEMORY = "lora_hashes.json"
"""In the cache folder."""
BLOCK = 2**20

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Hashes:
    """What tells a LoRA from every other one, in hexadecimal."""

    sha256: str
    """Of the whole file."""
    autov3: str
    """SHA-256 of all behind the header, which stays when somebody edits the metadata: what A1111 writes and Civitai
    finds, the first 12 digits of it."""


def hashes_of(path: Path) -> Hashes:
    """Return a file's hashes; raise UserError when it cannot be read."""
    stamp = stamp_of(path)
    memory = _remembered()
    known = memory.get(str(path))
    if stamp is not None and isinstance(known, list) and known[:2] == [stamp[1], stamp[2]] and len(known) == 4:
        return Hashes(str(known[2]), str(known[3]))
    try:
        hashes = _read(path)
    except OSError as error:
        raise UserError(f"The LoRA {named(path.name)} cannot be read: {error.strerror or error}.") from error
    if stamp is not None:
        _remember(memory | {str(path): [stamp[1], stamp[2], hashes.sha256, hashes.autov3]})
    return hashes


def _read(path: Path) -> Hashes:
    whole, behind = hashlib.sha256(), hashlib.sha256()
    with path.open("rb") as file:
        prefix = file.read(8)
        header = file.read(min(int.from_bytes(prefix, "little"), path.stat().st_size))
        whole.update(prefix + header)
        while block := file.read(BLOCK):
            whole.update(block)
            behind.update(block)
    return Hashes(whole.hexdigest(), behind.hexdigest())


def _remembered() -> dict[str, Any]:
    try:
        memory = json.loads((paths.cache_dir() / MEMORY).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return memory if isinstance(memory, dict) else {}


def _remember(memory: dict[str, Any]) -> None:
    file = paths.cache_dir() / MEMORY
    scratch = file.with_name(f".{MEMORY}.{os.getpid()}.{threading.get_ident()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        scratch.write_text(json.dumps(memory), encoding="utf-8")
        scratch.replace(file)
    except OSError as error:
        log.info("hashes of LoRAs are not remembered: %s", error)
        scratch.unlink(missing_ok=True)
