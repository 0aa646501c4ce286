"""What is different in a container: what is lost with it, whose its files are, what its paths are called outside."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from sdxl_tui.core.container_kind import container_kind
from sdxl_tui.core.findings import FINE, RISKY, Finding
from sdxl_tui.core.machine import existing
from sdxl_tui.core.settings import Settings


def container(
    settings: Settings, environ: Mapping[str, str], root: Path = Path("/"), user: int | None = None
) -> Iterator[Finding]:
    """Yield what to mind in a container; nothing outside of one. ``user``: who runs this, None: asked."""
    kind = container_kind(root)
    if not kind:
        return
    release = environ.get("NVIDIA_PYTORCH_VERSION", "")
    yield Finding(FINE, "container", f"{kind}{f', of NVIDIA PyTorch {release}' if release else ''}")
    if not environ.get("SDXL_TUI_HOME"):
        cure = "with docker: `-e SDXL_TUI_HOME=/app/.sdxl-tui`, a folder that is mounted"
        yield Finding(RISKY, "kept", "settings, marks and compiled kernels are lost with the container", cure)
    if settings.host_dir:
        yield Finding(FINE, "host_dir", f"paths to copy are the host's: {settings.host_dir}")
    else:
        cure = 'with docker: `-e SDXL_TUI_HOST_DIR="$PWD"` (the setting host_dir)'
        yield Finding(RISKY, "host_dir", "paths that are copied are the container's, not the host's", cure)
    yield from _owner(settings.output_dir, os.geteuid() if user is None else user)


def _owner(folder: Path, user: int) -> Iterator[Finding]:
    """Files that root writes into a folder of a user of the host are not that user's to delete."""
    there = existing(folder)
    try:
        owner = there.stat().st_uid
    except OSError:
        return
    if user == 0 and owner != 0:
        cure = f"on the host: `sudo chown -R {owner} {there.name or '.'}`, now and then; or `docker run --user {owner}`"
        yield Finding(RISKY, "owner", f"pictures will be root's, in a folder of user {owner}", cure)
