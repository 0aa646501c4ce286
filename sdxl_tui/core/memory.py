"""How much memory this process may still take: the host's own figure, and the limits of its control groups."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

PROC = Path("/proc")
CGROUPS = Path("/sys/fs/cgroup")


def available_ram(proc: Path = PROC, cgroups: Path = CGROUPS) -> int:
    """Return the bytes that can be taken without swapping: what is free, or holds files that can be read again.

    The least of the host's MemAvailable and of what every control group above this process leaves (version 1 and 2 of
    the kernel's interface). 0 where neither can be read.
    """
    found = [*_host(proc), *_groups(proc, cgroups)]
    return max(0, min(found, default=0))


def _host(proc: Path) -> Iterator[int]:
    for line in _text(proc / "meminfo").splitlines():
        name, _, value = line.partition(":")
        if name == "MemAvailable" and (number := value.split()[:1]) and number[0].isdecimal():
            yield int(number[0]) * 1024


def _groups(proc: Path, cgroups: Path) -> Iterator[int]:
    """What each group leaves; a container may see its own group at the root of the tree, under another name."""
    for line in _text(proc / "self" / "cgroup").splitlines():
        _, controllers, path = [*line.split(":", 2), "", ""][:3]
        if controllers == "":
            yield from _left(cgroups, path, "memory.max", "memory.current", "inactive_file")
        elif "memory" in controllers.split(","):
            names = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
            yield from _left(cgroups / "memory", path, *names)


def _left(root: Path, path: str, limit: str, usage: str, reclaimable: str) -> Iterator[int]:
    group = root / path.strip("/")
    while True:
        most, used = _text(group / limit).strip(), _text(group / usage).strip()
        if most.isdecimal() and used.isdecimal():
            yield int(most) - int(used) + _statistic(group / "memory.stat", reclaimable)
        if group == root or root not in group.parents:
            return
        group = group.parent


def _statistic(file: Path, name: str) -> int:
    for line in _text(file).splitlines():
        key, _, value = line.partition(" ")
        if key == name and value.strip().isdecimal():
            return int(value)
    return 0


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
