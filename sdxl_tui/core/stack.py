"""What an older torch or Triton costs: the lab runs with it, some of it slower."""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress

from sdxl_tui.core.findings import FINE, Finding

COSTS = {
    "torch": (
        ((2, 6), "fast: attention runs in the order PyTorch chooses; cuDNN's, 1.6 times as fast on an H100, needs 2.6"),
    ),
    "triton": (((3, 3), "fast: GEGLU is a kernel behind its product; both in one, on Hopper, needs 3.3"),),
}
"""By package: the version from which on it costs nothing any more, and what it costs before."""
DISTRIBUTIONS = {"torch": ("torch",), "triton": ("triton", "pytorch-triton")}
"""Package -> the distributions that bring it; NVIDIA's containers have one of their own."""


def installed() -> dict[str, str]:
    """Return the versions of the packages of COSTS that are installed."""
    found: dict[str, str] = {}
    for package, distributions in DISTRIBUTIONS.items():
        for name in distributions:
            with suppress(importlib.metadata.PackageNotFoundError):
                found.setdefault(package, importlib.metadata.version(name))
    return found


def older_stack(versions: Mapping[str, str]) -> Iterator[Finding]:
    """Yield what the versions of these packages cost; nothing where they are new enough."""
    for package, version in versions.items():
        found = re.match(r"(\d+)\.(\d+)", version)
        for since, cost in COSTS.get(package, ()):
            if found and (int(found[1]), int(found[2])) < since:
                cure = "a container's own torch is best left as it is: a newer container brings a newer one"
                yield Finding(FINE, f"{package} {found[0]}", cost, cure if package == "torch" else "")
