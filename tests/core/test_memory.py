"""How much memory may be taken: the host's figure, and every limit above this process."""

from __future__ import annotations

from pathlib import Path

import pytest

from sdxl_tui.core.memory import available_ram

GIB = 2**30


def write(file: Path, text: object) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"{text}\n")


@pytest.fixture
def host(tmp_path: Path) -> Path:
    """A machine with 64 GiB available."""
    write(tmp_path / "proc" / "meminfo", f"MemTotal: 99 kB\nMemAvailable:   {64 * 2**20} kB\nSwapFree: {2**30} kB")
    return tmp_path


def left(machine: Path) -> float:
    return available_ram(machine / "proc", machine / "cgroup") / GIB


def test_without_groups_it_is_what_the_host_has(host: Path) -> None:
    assert left(host) == 64
    write(host / "proc/self/cgroup", "0::/user.slice")
    write(host / "cgroup/user.slice/memory.max", "max")
    assert left(host) == 64


def test_a_groups_limit_counts_and_so_does_that_of_a_group_above_it(host: Path) -> None:
    write(host / "proc/self/cgroup", "0::/docker/abc")
    write(host / "cgroup/docker/abc/memory.max", 32 * GIB)
    write(host / "cgroup/docker/abc/memory.current", 20 * GIB)
    assert left(host) == 12
    write(host / "cgroup/docker/abc/memory.stat", f"anon 5\ninactive_file {8 * GIB}\nactive_file 7")
    assert left(host) == 20  # what holds files can be read again
    write(host / "cgroup/docker/memory.max", 40 * GIB)
    write(host / "cgroup/docker/memory.current", 39 * GIB)
    assert left(host) == 1


def test_a_container_sees_its_own_group_at_the_root(host: Path) -> None:
    write(host / "proc/self/cgroup", "0::/docker/name-of-the-host")
    write(host / "cgroup/memory.max", 16 * GIB)
    write(host / "cgroup/memory.current", 10 * GIB)
    assert left(host) == 6


def test_the_first_version_of_groups_is_read_too(host: Path) -> None:
    write(host / "proc/self/cgroup", "11:cpu:/x\n9:memory,hugetlb:/slurm/job_7\n0::/")
    group = host / "cgroup/memory/slurm/job_7"
    write(group / "memory.limit_in_bytes", 24 * GIB)
    write(group / "memory.usage_in_bytes", 8 * GIB)
    write(group / "memory.stat", f"cache 3\ntotal_inactive_file {2 * GIB}")
    write(host / "cgroup/memory/memory.limit_in_bytes", 2**63 - 4096)
    write(host / "cgroup/memory/memory.usage_in_bytes", 8 * GIB)
    assert left(host) == 18


def test_a_group_that_is_full_leaves_nothing(host: Path) -> None:
    write(host / "proc/self/cgroup", "0::/")
    write(host / "cgroup/memory.max", 4 * GIB)
    write(host / "cgroup/memory.current", 5 * GIB)
    assert left(host) == 0


def test_where_nothing_can_be_read_nothing_is_taken(tmp_path: Path) -> None:
    assert left(tmp_path) == 0
    write(tmp_path / "proc/meminfo", "MemAvailable: soon\nnothing")
    write(tmp_path / "proc/self/cgroup", "nonsense\n\n::")
    assert left(tmp_path) == 0
