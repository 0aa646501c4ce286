"""A container's paths as its host has them: for paths that are shown so that a user of the host can copy them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from sdxl_tui.core.errors import UserError

SYNTAX = "a folder of the host such as /srv/lab, or pairs such as /app=/srv/lab, with commas between them"


@dataclass(frozen=True)
class HostPaths:
    """Which folder of the container is which of the host."""

    pairs: Sequence[tuple[PurePosixPath, PurePosixPath]] = ()

    def shown(self, path: Path) -> str:
        """The host's path of an absolute path of the container; the path itself where the host has no such folder."""
        for here, there in sorted(self.pairs, key=lambda pair: len(pair[0].parts), reverse=True):
            if path.is_relative_to(here):
                return str(there / path.relative_to(here))
        return str(path)


def read_host_dir(text: str, current: Path) -> HostPaths:
    """Return what the setting ``host_dir`` says; raise UserError when it is none.

    A folder alone is the host's name for the current one. A folder may have a comma in its name where what follows the
    comma is no path.
    """
    pairs: list[tuple[PurePosixPath, PurePosixPath]] = []
    for part in _parts(text):
        here, is_pair, there = part.partition("=") if part.startswith("/") and "=/" in part else ("", "", part)
        pair = (PurePosixPath(here if is_pair else current.absolute()), PurePosixPath(there))
        if not all(side.is_absolute() for side in pair):
            raise UserError(f"'host_dir' must be {SYNTAX}: '{part}' is no whole path.")
        pairs.append(pair)
    return HostPaths(tuple(pairs))


def _parts(text: str) -> list[str]:
    parts: list[str] = []
    for piece in text.split(","):
        if parts and not piece.strip().startswith("/"):
            parts[-1] += f",{piece}"
        elif piece.strip():
            parts.append(piece.strip())
    return parts
