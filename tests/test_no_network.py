"""From start to picture nothing reaches for a network: no socket, no connect, no name look-up."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

GUARD = """
import os, socket, sys

def refuse(what):
    os.write(2, f"network: {what}".encode())
    os._exit(99)

def guard(event, arguments):
    if event == "socket.__new__" and arguments[1] in (socket.AF_INET, socket.AF_INET6):
        refuse(f"{event} {arguments[1:]}")
    if event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        refuse(f"{event} {arguments}")
    if event in ("socket.connect", "socket.bind", "socket.sendto") and not isinstance(arguments[1], (str, bytes)):
        refuse(f"{event} {arguments[1]}")

sys.addaudithook(guard)
from sdxl_tui.cli import main
sys.exit(main(sys.argv[1:]))
"""

JOB = ["generate", "--model", "demo", "--prompt", "a red apple", "--steps", "1"]


def test_the_guard_sees_a_socket() -> None:
    code = GUARD.replace("from sdxl_tui.cli import main", "socket.socket(socket.AF_INET)")
    assert (
        "network: socket.__new__" in subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stderr
    )


def test_a_picture_is_made_without_touching_a_socket(tmp_path: Path) -> None:
    command = [sys.executable, "-c", GUARD, *JOB]
    answer = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert answer.returncode == 0, answer.stderr
    assert len(list(tmp_path.glob("output_images/*.png"))) == 1


@pytest.mark.parametrize(
    "command", [["models"], ["models", "verify", "demo", "--deep"], ["models", "convert", "demo"]], ids=" ".join
)
def test_only_a_download_of_models_would_touch_a_socket(tmp_path: Path, command: list[str]) -> None:
    answer = subprocess.run([sys.executable, "-c", GUARD, *command], capture_output=True, text=True, cwd=tmp_path)
    assert "network:" not in answer.stderr
    assert answer.returncode in (0, 2)


def test_a_picture_is_made_where_there_is_no_network(tmp_path: Path) -> None:
    alone = ["unshare", "--map-root-user", "--net"]
    if not shutil.which("unshare") or subprocess.run([*alone, "true"], capture_output=True).returncode:
        pytest.skip("needs `unshare --net` (util-linux, and a kernel that allows it)")
    command = [*alone, sys.executable, "-m", "sdxl_tui", *JOB]
    answer = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert answer.returncode == 0, answer.stderr
    assert len(list(tmp_path.glob("output_images/*.png"))) == 1
