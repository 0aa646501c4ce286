"""Disks that fill up, refuse or go away in the middle of a job: a sentence each, and nothing that was there is lost."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from sdxl_tui.cli import main
from sdxl_tui.core import disk, job, joblog
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.queue_store import QueueStore
from sdxl_tui.engine import JobCancelled, JobDone, JobFailed, Notice, PictureSaved, QueuePaused
from tests.engine.conftest import Lab, request
from tests.faults.disks import fill, read_only, small_disk

SMALL = {"width": 64, "height": 64, "steps": 1}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A lab whose model is loaded once for all tests of this file."""
    lab = Lab(tmp_path_factory.mktemp("lab") / "pictures")
    lab.run(request(**SMALL))
    yield lab
    lab.engine.close(timeout=30)


@pytest.fixture
def lab(shared: Lab) -> Lab:
    """The lab with an empty folder."""
    shutil.rmtree(shared.folder, ignore_errors=True)
    shared.folder.mkdir()
    shared.seen.clear()
    return shared


def after_it(lab: Lab, seed: int) -> JobDone | JobFailed | JobCancelled:
    """One more job, once what made the last one fail is mended."""
    if any(isinstance(event, QueuePaused) for event in lab.seen):
        lab.engine.resume()
    return lab.run(request(**SMALL, seed=seed))


def lines(folder: Path) -> list[dict[str, Any]]:
    """The log; every line of it is whole."""
    log = folder / joblog.NAME
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()] if log.exists() else []


def pictures(folder: Path) -> set[str]:
    """The names of the pictures in a folder; every one is whole, and nothing half written lies beside them."""
    names = {path.name for path in folder.iterdir() if path.name not in (joblog.NAME, ".filler")}
    for name in names:
        with Image.open(folder / name) as picture:
            picture.load()
    return names


def test_a_disk_that_is_full_in_the_middle_fails_the_job_and_it_goes_on_when_there_is_room(lab: Lab) -> None:
    with small_disk(lab.folder, "2m") as folder:
        before = lab.run(request(**SMALL))
        filler = fill(folder, but=48 * 1024)
        failed = lab.run(request(**SMALL, seed=5, batch_size=16))
        assert isinstance(failed, JobFailed)
        assert failed.disk_refused
        assert failed.reason.startswith(f"The pictures are not saved: no space in {folder}; free some.")
        assert "Traceback" not in failed.reason
        saved = set(failed.record["outputs"])
        assert 0 < len(saved) < 16
        assert pictures(folder) == saved | {path.name for path in before.outputs}
        filler.unlink()
        after = after_it(lab, seed=40)
        assert isinstance(after, JobDone)
        assert lines(folder)[0] == before.record
        assert lines(folder)[-1] == after.record


def test_the_queue_of_a_lab_holds_at_a_full_disk_and_goes_on_when_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One picture at a time is on its way to the disk, so that no job has begun when the one before it fails."""
    with small_disk(tmp_path / "pictures", "2m") as folder:
        lab = Lab(folder, QueueStore(folder, tmp_path / "lab.db"))
        monkeypatch.setattr(lab.engine._saver, "_most_bytes", 1)
        try:
            before = lab.run(request(**SMALL))
            filler = fill(folder, but=48 * 1024)
            full, *waiting = (lab.engine.submit(request(**SMALL, seed=seed, batch_size=16)) for seed in (20, 40, 60))
            failed = lab.end(full)
            assert isinstance(failed, JobFailed)
            [held] = [event for event in lab.seen if isinstance(event, QueuePaused)]
            assert f"no space in {folder}; free some." in held.reason
            assert lab.engine.status.waiting == tuple(waiting)
            filler.unlink()
            lab.engine.resume()
            ended = [lab.end(job) for job in waiting]
            assert all(isinstance(end, JobDone) for end in ended)
            assert lines(folder)[0] == before.record
            assert [line["job_id"] for line in lines(folder)][-2:] == [job.id for job in waiting]
            assert {name for end in ended for name in end.record["outputs"]} <= pictures(folder)
        finally:
            lab.engine.close(timeout=30)


def test_a_log_line_without_room_leaves_nothing_torn(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "64k") as folder:
        joblog.append(folder, {"job_id": "first"})
        filler = fill(folder, but=0)
        with pytest.raises(UserError, match="The job is not logged: no space in"):
            joblog.append(folder, {"job_id": "second", "prompt": "x" * 9000})
        assert (folder / joblog.NAME).read_bytes() == b'{"job_id": "first"}\n'
        filler.unlink()
        joblog.append(folder, {"job_id": "third"})
        assert [line["job_id"] for line in lines(folder)] == ["first", "third"]


def test_a_log_line_that_is_cut_on_the_way_leaves_nothing_torn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a disk that fills up, for whoever may not mount one."""
    joblog.append(tmp_path, {"job_id": "first"})
    write = os.write

    def full(descriptor: int, data: Any) -> int:
        if len(data) < 20:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(descriptor, data[:20])

    with monkeypatch.context() as patch:
        patch.setattr(disk.os, "write", full)
        with pytest.raises(UserError, match="The job is not logged: no space in"):
            joblog.append(tmp_path, {"job_id": "second", "prompt": "x" * 100})
    joblog.append(tmp_path, {"job_id": "third"})
    assert [line["job_id"] for line in lines(tmp_path)] == ["first", "third"]


def test_a_file_of_jobs_stops_at_a_full_disk_and_goes_on_when_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("night.txt").write_text("".join(f"a fox {number}\n" for number in range(30)))
    command = ["generate", "--jobs", "night.txt", "--model", "demo", "--size", "64x64", "--steps", "1"]
    with small_disk(tmp_path / "output_images", "1m") as folder:
        filler = fill(folder, but=100 * 1024)
        assert main(command) == 1
        err = capfd.readouterr().err
        assert f"no space in {folder}; free some." in err.replace("in output_images", f"in {folder}")
        assert "jobs are left; run the same command again to go on." in err
        assert "Traceback" not in err
        assert len(err.splitlines()) <= 6
        ended = [line for line in lines(folder) if line["status"] == "done"]
        assert 0 < len(ended) < 25
        filler.unlink()
        assert main(command) == 0
        assert f"{len(ended)} of 30 are done already." in capfd.readouterr().err
        done = [line["prompt"] for line in lines(folder) if line["status"] == "done"]
        assert sorted(done) == sorted(f"a fox {number}" for number in range(30))
        assert pictures(folder) == {name for line in lines(folder) for name in line["outputs"]}


def test_a_read_only_folder_is_a_sentence_and_the_lab_goes_on(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    first = lab.run(request(**SMALL))
    with read_only(lab.folder):
        failed = lab.run(request(**SMALL))
        assert isinstance(failed, JobFailed)
        assert failed.reason.startswith(
            f"The pictures are not saved: {lab.folder} is read-only; choose another folder."
        )
        monkeypatch.chdir(tmp_path)
        Path("night.txt").write_text("a fox\n")
        assert main(["generate", "--jobs", "night.txt", "--model", "demo", "--output-dir", str(lab.folder)]) == 2
        [said] = capfd.readouterr().err.splitlines()
        assert said == f"sdxl-tui: The pictures could not be saved: {lab.folder} is read-only; choose another folder."
    again = after_it(lab, seed=2)
    assert [line["job_id"] for line in lines(lab.folder)] == [first.job_id, again.job_id]


def test_a_folder_that_is_taken_away_is_made_again_and_that_is_said(lab: Lab, tmp_path: Path) -> None:
    sequence = lab.engine.submit(request(**SMALL, mode="animate_steps", frames=20))
    gone = lab.until(PictureSaved).path
    lab.folder.rename(tmp_path / "away")
    done = lab.end(sequence)
    [notice] = [event for event in lab.seen if isinstance(event, Notice)]
    assert notice.text.startswith(f"{lab.folder} was taken away: it is made again")
    assert isinstance(done, JobDone)
    assert lines(lab.folder) == [done.record]
    assert gone.name not in pictures(lab.folder)
    assert pictures(lab.folder) <= set(done.record["outputs"])


def test_a_log_that_is_a_folder_is_a_sentence_and_the_pictures_stay(
    lab: Lab, capfd: pytest.CaptureFixture[str]
) -> None:
    (lab.folder / joblog.NAME).mkdir()
    failed = lab.run(request(**SMALL))
    assert isinstance(failed, JobFailed)
    assert failed.disk_refused
    assert failed.reason == f"The job is not logged: {lab.folder / joblog.NAME} is a folder; move it away."
    assert pictures(lab.folder) == set(failed.record["outputs"])
    assert main(["jobs", "--output-dir", str(lab.folder)]) == 2
    assert "Traceback" not in capfd.readouterr().err
    (lab.folder / joblog.NAME).rmdir()
    assert isinstance(after_it(lab, seed=2), JobDone)


def test_a_log_that_may_not_be_written_is_a_sentence_and_stays_as_it_is(lab: Lab) -> None:
    first = lab.run(request(**SMALL))
    with read_only(lab.folder / joblog.NAME):
        failed = lab.run(request(**SMALL, seed=2))
    assert isinstance(failed, JobFailed)
    assert failed.reason == f"The job is not logged: {lab.folder} is read-only; choose another folder."
    assert lines(lab.folder) == [first.record]
    assert len(pictures(lab.folder)) == 2


def test_a_clock_that_is_set_back_takes_no_name_and_no_id_twice(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three times the same job in the same second, then one of an hour before: no picture is written over."""
    noon = datetime(2026, 11, 25, 12).astimezone()
    times = iter([noon, noon, noon, noon - timedelta(hours=1)])

    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return next(times)

    monkeypatch.setattr(job, "datetime", Clock)
    ended = [lab.run(request(**SMALL, seed=9)) for _ in range(4)]
    assert len({end.job_id for end in ended}) == 4
    assert [line["job_id"] for line in lines(lab.folder)] == [end.job_id for end in ended]
    names = [end.record["outputs"][0] for end in ended]
    assert len(set(names)) == 4
    assert names[3].startswith("20261125-110000_")
    assert pictures(lab.folder) == set(names)
