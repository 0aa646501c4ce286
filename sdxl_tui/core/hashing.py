"""Hashes of large files, with progress."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from sdxl_tui.core import state
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.words import named

CHUNK_BYTES = 8 * 1024**2


def sha256_of(file: Path, tell: Callable[[int], None]) -> str:
    """Return a file's SHA-256; ``tell`` is given the bytes of each chunk and may raise to give up. Raises OSError."""
    return _hashed(file, hashlib.sha256(), tell)


def git_sha1_of(file: Path, tell: Callable[[int], None]) -> str:
    """Return the name that git gives to what a file holds, by which the hub knows small files."""
    return _hashed(file, hashlib.sha1(b"blob %d\0" % file.stat().st_size, usedforsecurity=False), tell)


def known_sha256(file: Path, tell: Callable[[float], None] = lambda _share: None) -> str:
    """Return a file's SHA-256, read only where it has changed since it was last hashed.

    ``tell`` is given the share done. Raises UserError when the file cannot be read, or changes meanwhile.
    """
    if digest := state.file_hash(file):
        return digest
    try:
        before = file.stat()
        done = 0

        def count(size: int) -> None:
            nonlocal done
            done += size
            tell(min(1.0, done / max(1, before.st_size)))

        digest = sha256_of(file, count)
        after = file.stat()
    except OSError as error:
        raise UserError(f"{named(file.name)} cannot be read: {(error.strerror or 'unknown error').lower()}.") from error
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise UserError(f"{named(file.name)} was changed while it was read; load the model again.")
    state.remember_file_hash(file, after.st_size, after.st_mtime_ns, digest)
    return digest


def _hashed(file: Path, digest: hashlib._Hash, tell: Callable[[int], None]) -> str:
    with file.open("rb", buffering=0) as opened:
        while chunk := opened.read(CHUNK_BYTES):
            digest.update(chunk)
            tell(len(chunk))
    return digest.hexdigest()
