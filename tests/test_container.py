"""The container: its torch stays, its standard output is the lab's."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TORCH = "2.3.0a0+6ddf5cf85e.nv24.4"
"""Of nvcr.io/nvidia/pytorch:24.04-py3."""
HELD = {"torch": TORCH, "torchvision": "0.18.0a0", "pytorch-triton": "3.0.0+989adb9a2", "numpy": "1.24.4"}
NO_INDEX = ("NewConnectionError", "No matching distribution found for hatchling", "Temporary failure", "ProxyError")

pytestmark = pytest.mark.skipif(not (ROOT / "Dockerfile").is_file(), reason="there is no Dockerfile: not a checkout")


def wheel(folder: Path, name: str, version: str) -> Path:
    """A distribution that is nothing but its name and version."""
    stem = f"{name.replace('-', '_')}-{version}"
    path = folder / f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{stem}.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        archive.writestr(f"{stem}.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{stem}.dist-info/RECORD", "")
    return path


def python310() -> str | None:
    """A Python 3.10 that starts; a version manager may have one beside the path."""
    places = [shutil.which("python3.10"), *sorted(map(str, Path.home().glob(".pyenv/versions/3.10*/bin/python")))]
    for place in places:
        if place and subprocess.run([place, "-c", "import venv"], capture_output=True).returncode == 0:
            return place
    return None


@pytest.mark.timeout(900)
def test_pip_leaves_the_containers_torch_and_takes_what_works_with_it(tmp_path: Path) -> None:
    python = python310()
    if python is None:
        pytest.skip("no Python 3.10 here")
    subprocess.run([python, "-m", "venv", tmp_path / "venv"], check=True)
    pip = [tmp_path / "venv" / "bin" / "python", "-m", "pip", "--disable-pip-version-check"]
    wheels = [wheel(tmp_path, name, version) for name, version in HELD.items()]
    subprocess.run([*pip, "install", "--quiet", "--no-deps", "--no-index", *wheels], check=True)

    held = tmp_path / "held.txt"
    listed = subprocess.run([*pip, "list", "--format=freeze"], check=True, capture_output=True, text=True).stdout
    [pattern] = re.findall(r"grep -E '(\S+)'", (ROOT / "Dockerfile").read_text(encoding="utf-8"))
    held.write_text("".join(line for line in listed.splitlines(keepends=True) if re.match(pattern, line)))
    assert held.read_text().splitlines() == sorted(f"{name}=={version}" for name, version in HELD.items())

    report = tmp_path / "report.json"
    answer = subprocess.run(
        [*pip, "install", "--quiet", "--dry-run", "--report", report, ROOT],
        capture_output=True,
        text=True,
        env={**os.environ, "PIP_CONSTRAINT": str(held)},
    )
    if answer.returncode and any(sign in answer.stderr for sign in NO_INDEX):
        pytest.skip("pip has no index here")
    assert answer.returncode == 0, answer.stderr
    wanted = {item["metadata"]["name"].lower(): item["metadata"]["version"] for item in _installs(report)}
    assert not wanted.keys() & HELD.keys()
    assert not [name for name in wanted if name.startswith(("nvidia-cu", "triton"))], wanted
    assert wanted["diffusers"].startswith("0.35.")
    assert wanted["transformers"].startswith("4.57.")
    assert "sdxl-tui" in wanted


def _installs(report: Path) -> list[dict[str, dict[str, str]]]:
    return json.loads(report.read_text(encoding="utf-8"))["install"]


@pytest.mark.parametrize("greets", [True, False])
def test_standard_output_is_the_labs_alone(tmp_path: Path, greets: bool) -> None:
    """NVIDIA's entrypoint greets there, and runs what it is given."""
    nvidia, lab = tmp_path / "nvidia", tmp_path / "sdxl-tui"
    nvidia.write_text('#!/bin/bash\necho "== PyTorch =="\nexport READY=yes\nexec "$@"\n')
    lab.write_text(f'#!{sys.executable}\nimport os, sys\nprint(sys.argv[1:], os.environ.get("READY"))\nsys.exit(3)\n')
    lab.chmod(0o755)
    nvidia.chmod(0o755 if greets else 0o644)
    answer = subprocess.run(
        [ROOT / ".docker" / "entrypoint", "generate", "--prompt", "two  words $HOME '\""],
        capture_output=True,
        text=True,
        env={"PATH": f"{tmp_path}:/usr/bin:/bin", "NVIDIA_ENTRYPOINT": str(nvidia)},
    )
    assert (
        answer.stdout
        == f"{['generate', '--prompt', 'two  words $HOME ' + chr(39) + chr(34)]} {'yes' if greets else None}\n"
    )
    assert answer.stderr == ("== PyTorch ==\n" if greets else "")
    assert answer.returncode == 3


def test_what_is_copied_into_the_image_is_what_the_lab_is_installed_from() -> None:
    kept = [line[1:] for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line[:1] == "!"]
    assert all((ROOT / name).exists() for name in kept)
    assert {"sdxl_tui", "styles", "pyproject.toml", "README.md", "LICENSE", ".docker"} == set(kept)
