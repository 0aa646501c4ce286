"""Whether this runs in a container, and in whose."""

from __future__ import annotations

from pathlib import Path

MARKS = {"docker": ".dockerenv", "podman": "run/.containerenv"}
"""What each puts at the root of a container."""


def container_kind(root: Path = Path("/")) -> str:
    """Whose container this is; empty outside of one."""
    return next((kind for kind, mark in MARKS.items() if (root / mark).exists()), "")
