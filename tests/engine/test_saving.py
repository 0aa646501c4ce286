"""Saving beside the next job: nothing is lost, nothing comes out of order, and a full disk hits one job."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from sdxl_tui.core import joblog, pictures
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.settings import Settings
from sdxl_tui.engine import Engine, JobCancelled, JobDone, JobFailed, JobStarted, PictureSaved, StepDone, making, saving
from tests.engine.conftest import Lab, request

FULL = "The pictures are not saved: no space in pictures; free some."


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / joblog.NAME).read_text(encoding="utf-8").splitlines()]


class Gate:
    """Holds every picture that is to be written, until it is opened."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.opened, self.reached = threading.Event(), threading.Event()
        save = pictures.save_picture

        def held(*arguments: Any) -> Path:
            self.reached.set()
            assert self.opened.wait(60)
            return save(*arguments)

        monkeypatch.setattr(pictures, "save_picture", held)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    gate = Gate(monkeypatch)
    yield gate
    gate.opened.set()


def test_the_next_job_runs_while_the_last_one_is_saved(lab: Lab, gate: Gate) -> None:
    first, second = (lab.engine.submit(request(steps=1, seed=seed)) for seed in (1, 2))
    while lab.until(JobStarted).job_id != second.id:
        pass
    status = lab.engine.status
    assert (status.saving, status.running, status.waiting) == ((first,), second, ())
    assert not lab.engine.cancel(first.id)
    assert not (lab.folder / joblog.NAME).exists()
    assert not any(isinstance(event, JobDone) for event in lab.seen)
    gate.opened.set()
    assert [lab.until(JobDone).job_id, lab.until(JobDone).job_id] == [first.id, second.id]
    assert [line["job_id"] for line in lines(lab.folder)] == [first.id, second.id]
    assert lab.engine.status.saving == ()


def test_who_makes_more_than_may_wait_waits(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """With room for one picture there is never more than that one and the next one, in the maker's hands."""
    monkeypatch.setattr(lab.engine._saver, "_most_bytes", 128 * 128 * 3)
    made = saved = most = 0
    decode, save = making.decode, pictures.save_picture
    counted = threading.Condition()

    def decoding(*arguments: Any) -> Any:
        nonlocal made, most
        with counted:
            made += 1
            most = max(most, made - saved)
            counted.notify_all()
        return decode(*arguments)

    def saving_slowly(*arguments: Any) -> Path:
        nonlocal saved
        with counted:
            assert counted.wait_for(lambda: made >= min(saved + 2, 5), 60)
            saved += 1
        return save(*arguments)

    monkeypatch.setattr(making, "decode", decoding)
    monkeypatch.setattr(pictures, "save_picture", saving_slowly)
    done = lab.run(request(steps=1, batch_size=5))
    assert isinstance(done, JobDone)
    assert most == 2
    assert [event.index for event in lab.seen if isinstance(event, PictureSaved)] == [0, 1, 2, 3, 4]


def test_a_job_that_waits_for_room_can_be_stopped_and_keeps_what_was_made(
    lab: Lab, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lab.engine._saver, "_most_bytes", 1)
    job = lab.engine.submit(request(steps=1, batch_size=3))
    assert gate.reached.wait(120)
    assert lab.engine.cancel(job.id)
    gate.opened.set()
    end = lab.end(job)
    assert isinstance(end, JobCancelled)
    assert end.record["status"] == "partial"
    assert {path.name for path in lab.folder.glob("*.png")} == set(end.record["outputs"])
    assert 1 <= len(end.record["outputs"]) < 3


def test_what_is_reported_is_on_disk(tmp_path: Path) -> None:
    ended, wrong = threading.Event(), []

    def look(event: object) -> None:
        match event:
            case PictureSaved():
                with Image.open(event.path) as picture:
                    wrong.extend([] if picture.size == (64, 64) else [event])
            case JobDone():
                wrong.extend([] if lines(tmp_path)[-1] == event.record else [event])
                ended.set()
            case JobFailed():
                wrong.append(event)
                ended.set()

    engine = Engine(Settings(output_dir=tmp_path, device="cpu"), look)
    engine.start()
    engine.submit(request(steps=1, batch_size=3, width=64, height=64))
    assert ended.wait(120)
    assert engine.close(30)
    assert not wrong


def test_a_full_disk_fails_its_job_and_no_other(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    save, bad = pictures.save_picture, 7

    def full(encoding: Any, folder: Path, record: dict[str, Any], index: int, *names: str) -> Path:
        if record["seed"] == bad and index == 1:
            raise UserError(FULL)
        return save(encoding, folder, record, index, *names)

    monkeypatch.setattr(pictures, "save_picture", full)
    jobs = [lab.engine.submit(request(steps=1, batch_size=3, seed=seed)) for seed in (1, bad, 20)]
    before, failed, after = (lab.end(job) for job in jobs)
    assert isinstance(before, JobDone)
    assert isinstance(after, JobDone)
    assert isinstance(failed, JobFailed)
    assert failed.reason == FULL
    assert [(line["status"], len(line["outputs"])) for line in lines(lab.folder)] == [
        ("done", 3), ("failed", 1), ("done", 3),
    ]  # fmt: skip


def test_a_sequence_stops_when_its_frames_cannot_be_saved(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> Path:
        raise OSError("the disk is gone")

    monkeypatch.setattr(pictures, "save_picture", full)
    failed = lab.run(request(mode="animate_steps", frames=200, steps=1, width=64, height=64))
    assert isinstance(failed, JobFailed)
    assert failed.reason.startswith("It failed while saving picture 1 (OSError: the disk is gone)")
    assert max(event.step for event in lab.seen if isinstance(event, StepDone)) < 200


def test_closing_saves_what_is_made(lab: Lab, gate: Gate) -> None:
    made, running = lab.engine.submit(request(steps=1)), lab.engine.submit(request(steps=200))
    while lab.until(StepDone).job_id != running.id:
        pass
    closing = threading.Thread(target=lab.engine.close, args=(30,))
    closing.start()
    gate.opened.set()
    closing.join(60)
    assert [(line["job_id"], line["status"]) for line in lines(lab.folder)] == [
        (made.id, "done"), (running.id, "cancelled"),
    ]  # fmt: skip
    assert len(list(lab.folder.glob("*.png"))) == 1


def test_closing_at_once_logs_also_what_is_not_saved_in_time(lab: Lab, gate: Gate) -> None:
    job, waiting = lab.engine.submit(request(steps=1)), lab.engine.submit(request(steps=200))
    while lab.until(JobStarted).job_id != waiting.id:
        pass
    assert gate.reached.wait(60)
    assert not lab.engine.close(0)
    assert {line["job_id"]: line["status"] for line in lines(lab.folder)} == {
        job.id: "cancelled", waiting.id: "cancelled",
    }  # fmt: skip
    gate.opened.set()
    assert lab.engine.close(30)
    assert len(lines(lab.folder)) == 2


def test_a_screen_that_breaks_loses_nothing(tmp_path: Path) -> None:
    two_are_logged = threading.Event()

    def broken(event: object) -> None:
        if isinstance(event, JobDone) and len(lines(tmp_path)) == 2:
            two_are_logged.set()
        raise RuntimeError("the screen is gone")

    engine = Engine(Settings(output_dir=tmp_path, device="cpu"), broken)
    engine.start()
    for seed in (1, 2):
        engine.submit(request(steps=1, seed=seed))
    assert two_are_logged.wait(120)
    assert engine.close(30)
    assert [line["status"] for line in lines(tmp_path)] == ["done", "done"]
    assert len(list(tmp_path.glob("*.png"))) == 2


def test_no_thread_is_left_behind(lab: Lab) -> None:
    lab.run(request(steps=1))
    assert lab.engine.close(30)
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith(("engine", "saving", "png"))]
    assert saving.MOST_BYTES >= 4096 * 4096 * 3
