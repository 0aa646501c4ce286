"""The queue on disk: it outlives the lab, and no trouble with its file reaches who queues a job."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from sdxl_tui.core import queue_store
from sdxl_tui.core.lab_db import NAME, LabDb
from sdxl_tui.core.queue_store import RUNNING, WAITING, QueueStore, Row
from sdxl_tui.core.store import Marks


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state" / NAME


def row(name: str, position: float = 0.0, state: str = WAITING) -> Row:
    return Row(name, position, state, False, f'{{"id": "{name}"}}')


def ids(folder: Path, file: Path) -> list[str]:
    with closing(QueueStore(folder, file)) as store:
        return [one.job_id for one in store.read()]


def test_what_waits_outlives_the_store_and_what_ran_comes_first(file: Path, tmp_path: Path) -> None:
    store = QueueStore(tmp_path, file)
    store.save([row("a", 1), row("b", 2), row("c", 3)])
    store.save(changes={"c": {"state": RUNNING}, "a": {"position": 2.5}, "unknown": {"position": 9.0}})
    assert store.problem == ""
    # Not closed: a lab that was killed does not close it either.
    assert ids(tmp_path, file) == ["c", "b", "a"]
    store.forget(["c", "unknown"])
    assert ids(tmp_path, file) == ["b", "a"]


def test_each_folder_has_its_own_queue_however_it_is_named(file: Path, tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "one")
    QueueStore(tmp_path / "link", file).save([row("a")])
    assert ids(tmp_path / "one", file) == ["a"]
    assert ids(tmp_path / "two", file) == []


def test_rows_are_read_as_they_were_written(file: Path, tmp_path: Path) -> None:
    written = [Row("a", 1.25, WAITING, True, "{}"), Row("b", -3.0, WAITING, False, '["ü"]')]
    QueueStore(tmp_path, file).save(written)
    assert sorted(QueueStore(tmp_path, file).read(), key=lambda one: one.job_id) == written


def test_a_file_of_the_lab_before_gets_its_queue(file: Path, tmp_path: Path) -> None:
    Marks(file).keep(tmp_path / "a.png", True)
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("DROP TABLE queue")
        connection.execute("PRAGMA user_version = 1")
    QueueStore(tmp_path, file).save([row("a")])
    assert ids(tmp_path, file) == ["a"]
    assert Marks(file).is_kept(tmp_path / "a.png")


def test_a_locked_file_delays_nobody_for_long_and_is_written_later(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_store, "PATIENCE", 0.01)
    store = QueueStore(tmp_path, file)
    store.save([row("a", 1)])
    with closing(LabDb(file).connect()) as other:
        other.execute("BEGIN IMMEDIATE")
        store.save([row("b", 2)])
        assert store.problem.startswith("The queue is not saved: ")
        assert "locked" in store.problem
        store.forget(["a"])
        other.rollback()
    assert ids(tmp_path, file) == ["a"]
    store.save([row("c", 3)])
    assert store.problem == ""
    assert ids(tmp_path, file) == ["b", "c"]


def test_what_could_not_be_written_is_written_at_the_end(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_store, "PATIENCE", 0.01)
    store = QueueStore(tmp_path, file)
    with closing(LabDb(file).connect()) as other:
        other.execute("BEGIN IMMEDIATE")
        store.save([row("a", 1)])
        other.rollback()
    store.close()
    assert ids(tmp_path, file) == ["a"]


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    store = QueueStore(tmp_path, tmp_path / "file" / NAME)
    assert store.read() == []
    store.save([row("a")])
    assert store.problem.startswith("The queue is not saved: ")
    store.close()


def test_a_damaged_file_is_put_aside_and_the_queue_written_anew(file: Path, tmp_path: Path) -> None:
    store = QueueStore(tmp_path, file)
    store.save([row("a", 1), row("b", 2)])
    store.close()
    file.write_bytes(b"this was a database once" * 100)
    store.save([row("c", 3)])
    assert (store.problem, "was damaged" in store.remark) == ("", True)
    assert ids(tmp_path, file) == ["a", "b", "c"]
    assert len(list(file.parent.glob("*damaged*"))) == 1


def test_what_can_be_read_of_a_torn_file_is_rescued(file: Path, tmp_path: Path) -> None:
    """Somebody else, who looks for marks, finds the damage."""
    with closing(QueueStore(tmp_path, file)) as store:
        store.save([Row(f"{number:03}", number, WAITING, False, "x" * 900) for number in range(40)])
    for number in range(200):
        Marks(file).keep(tmp_path / f"{number:03}-{'y' * 80}.png", True)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        [page] = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'kept'").fetchone()
        [size] = connection.execute("PRAGMA page_size").fetchone()
    with file.open("r+b") as opened:
        opened.seek((page - 1) * size)
        opened.write(b"\xff" * size)
    marks = Marks(file)
    marks.keep(tmp_path / "new.png", True)
    assert "40 queued jobs too" in marks.problem
    assert ids(tmp_path, file) == [f"{number:03}" for number in range(40)]


def test_a_file_that_another_process_replaced_gets_all_rows(file: Path, tmp_path: Path) -> None:
    store = QueueStore(tmp_path, file)
    store.save([row("a", 1), row("b", 2)])
    for old in list(file.parent.glob(f"{NAME}*")):
        old.rename(old.with_name(f"aside-{old.name}"))
    store.save([row("c", 3)])
    store.forget(["a"])
    assert ids(tmp_path, file) == ["b", "c"]


def test_threads_write_at_once(file: Path, tmp_path: Path) -> None:
    store = QueueStore(tmp_path, file)

    def write(name: str) -> None:
        for number in range(30):
            store.save([row(f"{name}{number}", number)])
            if number % 3:
                store.forget([f"{name}{number}"])

    threads = [threading.Thread(target=write, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.problem == ""
    assert len(ids(tmp_path, file)) == 30


def test_commits_are_synced(file: Path, tmp_path: Path) -> None:
    store = QueueStore(tmp_path, file)
    store.save([row("a")])
    assert store._connection is not None
    assert store._connection.execute("PRAGMA synchronous").fetchone() == (2,)
