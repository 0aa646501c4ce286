"""The question of a second start, answered on a terminal."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

ASK = """
from datetime import datetime
from sdxl_tui.cli.second_start import decide
from sdxl_tui.core.lock_file import Holder, LabIsOpen
holder = Holder(4711, r"node [/] [red]x", datetime.now().astimezone(), None, r"/srv/[$accent] pictures")
print("answer:", decide(LabIsOpen(holder, gpu={gpu!r})))
"""


def ask(keys: bytes, *, gpu: str = "", term: str = "xterm-256color") -> tuple[str, str]:
    """Return what stands on the terminal, without its colours, and the answer."""
    ours, theirs = pty.openpty()
    environ = {**os.environ, "TERM": term, "COLUMNS": "120"}
    command = [sys.executable, "-c", ASK.format(gpu=gpu)]
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environ, start_new_session=True)
    os.close(theirs)
    said, typed, end = b"", False, time.monotonic() + 60
    try:
        while b"answer: " not in said or not said.endswith(b"\n"):
            assert time.monotonic() < end, said
            if select.select([ours], [], [], 0.2)[0]:
                said += os.read(ours, 4096)
            elif b"quit" in said and not typed:
                os.write(ours, keys)
                typed = True
    finally:
        process.kill()
        process.wait()
        os.close(ours)
    text = re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", said.decode()).replace("\r", "")
    return text, text.rpartition("answer: ")[2].strip()


@pytest.mark.parametrize(
    ("keys", "answer"),
    [(b"q", "q"), (b"Q", "q"), (b"\x1b", "q"), (b"\x04", "q"), (b"r", "r"), (b"\x1b[A\nxr", "r"), (b"azr", "r")],
)
def test_one_key_is_the_answer_and_others_are_not(keys: bytes, answer: str) -> None:
    assert ask(keys)[1] == answer


def test_it_says_who_since_when_and_where_as_it_is_written() -> None:
    said, _ = ask(b"q")
    assert re.search(
        r"▲ A lab runs in this folder since \d\d:\d\d: pid 4711 on node \[/\] \[red\]x, not in tmux\.", said
    )
    assert "a attach" not in said
    assert "r look at its pictures, read-only   q quit" in said


def test_on_the_same_card_it_says_that_another_folder_does_not_help() -> None:
    said, _ = ask(b"q", gpu="NVIDIA [/] H100 GPU-aaaa-1")
    assert "A lab runs on this GPU since" in said
    assert "The card is NVIDIA [/] H100 GPU-aaaa-1; CUDA_VISIBLE_DEVICES names another one" in said
    assert "Its pictures are in /srv/[$accent] pictures; another --output-dir does not free the GPU." in said
    assert "r look at this folder's pictures, read-only" in said


def test_a_dumb_terminal_takes_a_line() -> None:
    assert ask(b"maybe\nr\n", term="dumb")[1] == "r"


def test_a_file_of_another_user_cannot_hurt_the_terminal(tmp_path: Path) -> None:
    """What stands in a lock file is anybody's."""
    from sdxl_tui.core.lock_file import Held, hold
    from tests.core.test_folder_lock import another_lab

    with another_lab(tmp_path):
        (tmp_path / ".sdxl-tui.lock").write_text('{"pid": 1, "host": "\\u001b]0;x\\u0007", "folder": "\\u001b[2J"}')
        with pytest.raises(Held) as held:
            hold(tmp_path / ".sdxl-tui.lock", tmp_path)
    assert "\x1b" not in held.value.holder.host + held.value.holder.folder
