"""One lab an output folder."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sdxl_tui.core.folder_lock import NAME, FolderLock
from sdxl_tui.core.lock_file import LabIsOpen

HOLD = (
    "import sys; from pathlib import Path; from sdxl_tui.core.folder_lock import FolderLock\n"
    "lock = FolderLock(Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
)


@contextmanager
def another_lab(folder: Path, **environ: str) -> Iterator[subprocess.Popen[str]]:
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMUX": "", **environ},
    )
    assert other.stdout is not None
    assert other.stdout.readline() == "held\n"
    try:
        yield other
    finally:
        other.kill()
        other.wait()


def test_the_second_lab_is_told_who_has_the_folder_and_a_killed_one_is_in_nobodys_way(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    with another_lab(folder) as other:
        with pytest.raises(LabIsOpen) as refused:
            FolderLock(folder)
        holder = refused.value.holder
        assert (holder.pid, holder.folder, refused.value.gpu) == (other.pid, str(folder), "")
        assert holder.since_words
        assert FolderLock(tmp_path / "elsewhere").problem == ""
    lock = FolderLock(folder)
    assert lock.problem == ""
    assert json.loads((folder / NAME).read_text())["pid"] == os.getpid()
    lock.release()


def test_a_lab_in_a_tmux_that_is_gone_is_told_all_the_same(tmp_path: Path) -> None:
    gone = {"TMUX": f"{tmp_path}/no-socket,1,0", "TMUX_PANE": "%3"}
    with another_lab(tmp_path, **gone), pytest.raises(LabIsOpen):
        FolderLock(tmp_path)


@pytest.mark.parametrize("text", ["", "no json", "[]", '{"pid": "x", "since": 5, "tmux": [], "host": null}'])
def test_what_stands_in_the_file_is_text_only(text: str, tmp_path: Path) -> None:
    with another_lab(tmp_path):
        (tmp_path / NAME).write_text(text)
        with pytest.raises(LabIsOpen):
            FolderLock(tmp_path)


def test_a_folder_that_cannot_be_made_opens_the_lab_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    lock = FolderLock(tmp_path / "file" / "pictures")
    assert "cannot be written" in lock.problem
    lock.release()


def test_a_disk_without_locks_opens_the_lab_with_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    assert "a disk without locks" in FolderLock(tmp_path).problem


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_lock_file_of_another_user_is_no_trouble(tmp_path: Path) -> None:
    (tmp_path / NAME).touch(0o444)
    lock = FolderLock(tmp_path)
    assert lock.problem == ""
    lock.release()


def test_a_folder_that_is_deleted_and_made_again_is_still_taken(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    with another_lab(folder) as other:
        (folder / NAME).unlink()
        folder.rmdir()
        folder.mkdir()
        with pytest.raises(LabIsOpen) as refused:
            FolderLock(folder)
        assert refused.value.holder.pid == other.pid
