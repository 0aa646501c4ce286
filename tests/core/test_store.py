"""Kept marks in lab.db."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from sdxl_tui.core.lab_db import NAME, STEPS
from sdxl_tui.core.store import Marks


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state" / NAME


def test_a_mark_outlives_the_lab(file: Path, tmp_path: Path) -> None:
    picture = tmp_path / "a fox's [red]x[red] ü.png"
    Marks(file).keep(picture, True)
    assert Marks(file).is_kept(picture)
    assert Marks(file).kept_in(tmp_path) == {picture.name}
    Marks(file).keep(picture, False)
    assert not Marks(file).is_kept(picture)


def test_marks_belong_to_their_folder_however_it_is_named(file: Path, tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "one")
    marks = Marks(file)
    marks.keep(tmp_path / "link" / "a.png", True)
    assert marks.kept_in(tmp_path / "one") == {"a.png"}
    assert marks.kept_in(tmp_path / "two") == set()


def test_a_name_that_is_no_utf8_is_no_trouble(file: Path, tmp_path: Path) -> None:
    marks = Marks(file)
    marks.keep(tmp_path / os.fsdecode(b"caf\xe9.png"), True)
    assert len(marks.kept_in(tmp_path)) == 1
    assert marks.is_kept(tmp_path / os.fsdecode(b"caf\xe9.png"))
    assert marks.problem == ""


def test_threads_and_processes_mark_at_once(file: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from sdxl_tui.core.store import Marks\n"
        "marks = Marks(Path(sys.argv[1]))\n"
        "for n in range(40): marks.keep(Path(sys.argv[2]) / f'{sys.argv[3]}-{n}.png', True)\n"
        "print(marks.problem)"
    )
    others = [
        subprocess.Popen([sys.executable, "-c", code, file, tmp_path, name], stdout=subprocess.PIPE, text=True)
        for name in ("p", "q")
    ]
    marks = Marks(file)

    def mark(name: str) -> None:
        for number in range(20):
            marks.keep(tmp_path / f"{name}-{number}.png", True)

    threads = [threading.Thread(target=mark, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [other.communicate()[0].strip() for other in others] == ["", ""]
    assert len(marks.kept_in(tmp_path)) == 120


def test_a_damaged_file_is_put_aside_and_said(file: Path, tmp_path: Path) -> None:
    file.parent.mkdir()
    file.write_bytes(b"this was a database once" * 100)
    marks = Marks(file)
    marks.keep(tmp_path / "a.png", True)
    assert marks.kept_in(tmp_path) == {"a.png"}
    aside = [other.name for other in file.parent.iterdir() if "damaged" in other.name]
    assert len(aside) == 1
    assert marks.problem == f"lab.db was damaged: it is now {aside[0]}, and marks begin anew."
    assert Marks(file).kept_in(tmp_path) == {"a.png"}


def test_a_file_torn_in_its_middle_is_put_aside(file: Path, tmp_path: Path) -> None:
    marks = Marks(file)
    for number in range(300):
        marks.keep(tmp_path / f"{number:04}-{'x' * 60}.png", True)
    whole = file.read_bytes()
    file.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    again = Marks(file)
    again.keep(tmp_path / "new.png", True)
    assert again.is_kept(tmp_path / "new.png")
    assert "was damaged" in again.problem


def test_a_place_that_cannot_be_written_keeps_marks_in_memory(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    marks = Marks(tmp_path / "file" / NAME)
    marks.keep(tmp_path / "a.png", True)
    assert marks.is_kept(tmp_path / "a.png")
    assert marks.problem.endswith("marks are kept until you leave.")
    marks.keep(tmp_path / "a.png", False)
    assert not marks.is_kept(tmp_path / "a.png")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_keeps_marks_in_memory(file: Path, tmp_path: Path) -> None:
    file.parent.mkdir()
    file.parent.chmod(0o500)
    marks = Marks(file)
    marks.keep(tmp_path / "a.png", True)
    assert marks.is_kept(tmp_path / "a.png")
    assert marks.problem


def test_a_read_only_file_still_tells_its_marks(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Marks(file).keep(tmp_path / "old.png", True)
    connect = sqlite3.connect
    monkeypatch.setattr(
        sqlite3, "connect", lambda path, **options: connect(f"file:{path}?mode=ro", uri=True, **options)
    )
    marks = Marks(file)
    marks.keep(tmp_path / "new.png", True)
    assert marks.kept_in(tmp_path) == {"old.png", "new.png"}
    assert marks.problem


def test_a_newer_labs_file_is_left_alone(file: Path, tmp_path: Path) -> None:
    Marks(file).keep(tmp_path / "a.png", True)
    connection = sqlite3.connect(file)
    connection.execute(f"PRAGMA user_version = {len(STEPS) + 1}")
    connection.close()
    marks = Marks(file)
    marks.keep(tmp_path / "b.png", True)
    assert marks.kept_in(tmp_path) == {"b.png"}
    assert "a newer lab wrote it" in marks.problem


def test_without_write_ahead_logging_it_works_all_the_same(file: Path, tmp_path: Path) -> None:
    file.parent.mkdir()
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.close()
    marks = Marks(file)
    marks.keep(tmp_path / "a.png", True)
    assert marks.is_kept(tmp_path / "a.png")
