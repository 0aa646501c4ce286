"""What reaches the terminal outside of tmux: the path that was copied, and the news of a finished job."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import uuid
from pathlib import Path

import pytest

from tests.e2e.deaf import deaf_terminal, read_until
from tests.e2e.terminal import LAB

ROOT = Path(__file__).parents[2]


def test_a_copied_path_and_the_news_of_a_job_pass_through_tmux(
    tmp_path: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not shutil.which("tmux"):
        pytest.skip("needs tmux")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("SDXL_TUI_NOTIFY", "osc9")
    tmux = ["tmux", "-L", f"sdxl-tui-test-{uuid.uuid4().hex[:8]}", "-f", str(tmp_path / "tmux.conf")]
    (tmp_path / "tmux.conf").write_text("set -g allow-passthrough on\nset -g focus-events on\n")
    try:
        with deaf_terminal(tmp_path, [*tmux, "new-session", "-s", "lab", f"{LAB} demo"]) as (_, terminal):
            read_until(terminal, b"loaded in")
            os.write(terminal, b"\r")
            read_until(terminal, b"s left")
            os.write(terminal, b"\x1b[I\x1b[O")
            read_until(terminal, rb"\x1b\]9;Done: [^\x07]*: 1 picture in [^\x07]*\x07")
            os.write(terminal, b"\x1b[I\ty")
            encoded = read_until(terminal, rb"\x1b\]52;[^;]*;([^\x07]*)\x07")[1]
    finally:
        subprocess.run([*tmux, "kill-server"], capture_output=True)
    [picture] = (tmp_path / "output_images").glob("*.png")
    assert base64.b64decode(encoded).decode() == str(picture)
