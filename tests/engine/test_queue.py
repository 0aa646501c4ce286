"""The queue that outlives the lab: on disk before a key is answered, paused after a stop, in the order of the user."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sdxl_tui.core import joblog, pictures, variants
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.job import Job, queued
from sdxl_tui.core.lab_db import NAME
from sdxl_tui.core.modes import ANIMATE_STEPS
from sdxl_tui.core.queue_store import RUNNING, QueueStore
from sdxl_tui.core.settings import Settings
from sdxl_tui.engine import (
    Engine,
    JobCancelled,
    JobDone,
    JobFailed,
    JobQueued,
    ModelLoaded,
    Notice,
    PictureSaved,
    QueueOrdered,
    QueuePaused,
    QueueProblem,
    QueueRuns,
    StepDone,
)
from sdxl_tui.engine.burst import Burst
from sdxl_tui.engine.run import Run
from sdxl_tui.engine.saving import Ended
from tests.engine.conftest import Lab, in_folder, request

SMALL = {"width": 64, "height": 64, "steps": 1}
LONG = {"width": 64, "height": 64, "steps": 200}


class LastingLab(Lab):
    """An engine over a store; ``kill`` leaves the store as a lab leaves it that was killed."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        super().__init__(folder)
        self.engine.close(30)
        settings = {"log_dir": folder.parent / "logs", **settings}
        self.settings = Settings(output_dir=folder, device="cpu", **settings)
        self.file = folder.parent / NAME
        self.open()

    def open(self) -> None:
        """Start a new engine; what the one before reported is forgotten."""
        while not self.reports.empty():
            self.reports.get()
        self.store = QueueStore(self.folder, self.file)
        self.engine = Engine(self.settings, self.reports.put, self.store)
        self.engine.start()

    def kill(self) -> None:
        """End the engine, and put the store back to what it was before that."""
        with closing(sqlite3.connect(self.file)) as now, closing(sqlite3.connect(":memory:")) as before:
            now.backup(before)
            log = self.log.read_bytes() if self.log.exists() else b""
            self.engine.close(30)
            before.backup(now)
            self.folder.mkdir(exist_ok=True)
            self.log.write_bytes(log)

    @property
    def log(self) -> Path:
        return self.folder / joblog.NAME

    def on_disk(self) -> list[tuple[str, str]]:
        """Ids and states of the rows, in their order."""
        with closing(sqlite3.connect(self.file)) as connection:
            return connection.execute("SELECT job_id, state FROM queue ORDER BY position").fetchall()

    def logged(self) -> dict[str, dict[str, Any]]:
        return {record["job_id"]: record for record in joblog.read(self.folder)}

    def hold_the_device(self) -> Job:
        """A job that runs until it is cancelled."""
        job = self.engine.submit(request(**LONG))
        while self.until(StepDone).job_id != job.id:
            pass
        return job

    def waiting(self) -> list[Job]:
        return list(self.engine.status.waiting)


@pytest.fixture
def lasting(tmp_path: Path) -> Iterator[LastingLab]:
    lab = LastingLab(tmp_path / "pictures")
    yield lab
    lab.engine.close(30)


def ids(jobs: Any) -> list[str]:
    return [job.id for job in jobs]


def test_a_job_is_on_disk_when_submit_returns_and_leaves_when_it_is_logged(lasting: LastingLab) -> None:
    lasting.engine.pause()
    first, second = (lasting.engine.submit(request(**SMALL, seed=seed)) for seed in (1, 2))
    assert lasting.on_disk() == [(first.id, "waiting"), (second.id, "waiting")]
    lasting.engine.resume()
    assert isinstance(lasting.end(first), JobDone)
    assert first.id not in dict(lasting.on_disk())
    lasting.end(second)
    assert lasting.on_disk() == []


def test_after_a_kill_what_ran_and_what_waited_is_offered_paused(lasting: LastingLab) -> None:
    running = lasting.hold_the_device()
    waiting = lasting.engine.submit_all([request(**SMALL, seed=seed, prompt=f"apple {seed}") for seed in (1, 2)])
    assert dict(lasting.on_disk())[running.id] == RUNNING
    lasting.kill()
    lasting.seen.clear()
    lasting.open()
    paused = lasting.until(QueuePaused)
    assert paused.reason == ("3 jobs wait from before, the first was interrupted.")
    told = [event for event in lasting.seen if isinstance(event, JobQueued) and event.job is not None]
    assert [event.job for event in told] == [running, *waiting]
    assert [event.ahead for event in told] == [0, 1, 2]
    status = lasting.engine.status
    assert status.waiting == (running, *waiting)
    assert status.paused == paused.reason
    assert lasting.engine.cancel(running.id)
    lasting.engine.resume()
    for job in waiting:
        assert lasting.end(job).record["seeds"] == job.seeds
    assert {key: line["status"] for key, line in lasting.logged().items()} == {
        running.id: "cancelled", waiting[0].id: "done", waiting[1].id: "done",
    }  # fmt: skip
    assert lasting.on_disk() == []


def test_what_was_interrupted_runs_again_and_takes_over_its_pictures(lasting: LastingLab) -> None:
    job = lasting.engine.submit(request(**SMALL | {"mode": ANIMATE_STEPS, "frames": 3, "steps": 100}))
    lasting.until(PictureSaved)
    lasting.kill()
    assert list(lasting.folder.glob("*.png"))
    lasting.open()
    lasting.until(QueuePaused)
    lasting.engine.resume()
    done = lasting.end(job)
    assert isinstance(done, JobDone)
    assert sorted(path.name for path in done.outputs) == sorted(path.name for path in lasting.folder.glob("*.png"))


def test_a_job_that_was_logged_before_the_kill_is_not_doubled(lasting: LastingLab) -> None:
    lasting.engine.pause()
    job, other = lasting.engine.submit_all([request(**SMALL), request(**SMALL)])
    lasting.kill()
    joblog.append(lasting.folder, {**job.as_log(), "status": "done"})
    with lasting.log.open("ab") as log:
        log.write(json.dumps({**other.as_log(), "status": "done"}).encode()[:-5])
    lasting.open()
    assert "1 job waits from before" in lasting.until(QueuePaused).reason
    assert ids(lasting.waiting()) == [other.id]
    assert [job_id for job_id, _ in lasting.on_disk()] == [other.id]


def test_closing_keeps_what_waits_and_logs_what_runs(lasting: LastingLab) -> None:
    running = lasting.hold_the_device()
    waiting = lasting.engine.submit_all([request(**SMALL), request(**SMALL)])
    assert lasting.engine.close(30)
    assert {key: line["status"] for key, line in lasting.logged().items()} == {running.id: "cancelled"}
    assert lasting.on_disk() == [(job.id, "waiting") for job in waiting]
    lasting.open()
    assert lasting.until(QueuePaused).reason == "2 jobs wait from before."
    assert lasting.waiting() == waiting


def test_an_empty_queue_is_not_paused(lasting: LastingLab) -> None:
    lasting.run(request(**SMALL))
    assert lasting.engine.close(30)
    lasting.open()
    assert isinstance(lasting.run(request(**SMALL)), JobDone)
    assert not any(isinstance(event, QueuePaused) for event in lasting.seen)


def test_what_cannot_run_any_more_is_logged_and_reported(lasting: LastingLab, demo_folder: Path) -> None:
    lasting.engine.pause()
    gone = lasting.engine.submit(request(**SMALL, model=in_folder(demo_folder, "test/gone")))
    good, torn = (lasting.engine.submit(request(**SMALL)) for _ in range(2))
    assert lasting.engine.close(30)
    with closing(sqlite3.connect(lasting.file)) as connection, connection:
        connection.execute("UPDATE queue SET job = '{' WHERE job_id = ?", (torn.id,))
    lasting.open()
    reason = lasting.until(QueuePaused).reason
    assert reason.startswith("1 job waits from before. 2 more cannot run any more")
    failed = {event.job_id: event.reason for event in (lasting.until(JobFailed), lasting.until(JobFailed))}
    assert "test/gone is not in the catalogue any more" in failed[gone.id]
    assert "cannot be read here" in failed[torn.id]
    assert {key: line["status"] for key, line in lasting.logged().items()} == {gone.id: "failed", torn.id: "failed"}
    assert [job_id for job_id, _ in lasting.on_disk()] == [good.id]


def test_a_catalogue_that_cannot_be_read_costs_no_job(lasting: LastingLab, own_home: Path) -> None:
    lasting.engine.pause()
    job = lasting.engine.submit(request(**SMALL))
    assert lasting.engine.close(30)
    own_home.mkdir()
    (own_home / "models.toml").write_text("[[model]")
    lasting.open()
    lasting.until(QueuePaused)
    assert lasting.waiting() == [job]


def test_while_paused_loads_go_on_and_jobs_do_not(lasting: LastingLab, demo_folder: Path) -> None:
    lasting.engine.pause()
    assert lasting.until(QueuePaused).reason == ""
    job = lasting.engine.submit(request(**SMALL))
    other = in_folder(demo_folder, "test/other")
    lasting.engine.load(other)
    assert lasting.until(ModelLoaded).model == "test/other"
    assert lasting.waiting() == [job]
    lasting.engine.resume()
    lasting.until(QueueRuns)
    assert isinstance(lasting.end(job), JobDone)
    assert lasting.engine.status.paused is None


def test_jobs_are_moved_put_before_others_and_that_is_on_disk(lasting: LastingLab) -> None:
    engine = lasting.engine
    engine.pause()
    a, b, c = engine.submit_all([request(**SMALL, seed=seed) for seed in (1, 2, 3)])
    assert engine.move(c.id, -1)
    assert ids(lasting.waiting()) == ids([a, c, b])
    assert lasting.until(QueueOrdered).job_ids == (a.id, c.id, b.id)
    assert engine.move(a.id, 99)
    assert ids(lasting.waiting()) == ids([c, b, a])
    assert not engine.move(a.id, 1)
    assert not engine.move("unknown", 1)
    d = engine.submit(request(**SMALL), before=b.id)
    last = engine.submit(request(**SMALL), before="unknown")
    expected = ids([c, d, b, a, last])
    assert ids(lasting.waiting()) == expected
    assert [job_id for job_id, _ in lasting.on_disk()] == expected
    for _ in range(200):
        engine.move(last.id, -1)
        engine.move(last.id, 1)
        engine.move(c.id, 1)
        engine.move(c.id, -1)
    assert [job_id for job_id, _ in lasting.on_disk()] == ids(lasting.waiting())
    assert lasting.engine.close(30)
    lasting.open()
    lasting.until(QueuePaused)
    assert ids(lasting.waiting()) == expected


def test_a_job_that_waits_becomes_another_one_in_its_place(lasting: LastingLab) -> None:
    lasting.engine.pause()
    first, second = lasting.engine.submit_all([request(**SMALL), request(**SMALL)])
    changed = lasting.engine.replace(first.id, request("a blue bowl", **SMALL))
    assert changed is not None
    assert (changed.id, changed.timestamp) == (first.id, first.timestamp)
    assert lasting.waiting() == [changed, second]
    with pytest.raises(UserError):
        lasting.engine.replace(first.id, request("<lora:none:1>", **SMALL))
    assert lasting.waiting() == [changed, second]
    lasting.engine.resume()
    assert lasting.end(first).record["prompt"] == "a blue bowl"
    assert lasting.engine.replace(first.id, request(**SMALL)) is None


def test_all_that_waits_is_cleared_and_logged(lasting: LastingLab) -> None:
    running = lasting.hold_the_device()
    waiting = lasting.engine.submit_all([request(**SMALL) for _ in range(5)])
    assert lasting.engine.clear_waiting() == 5
    assert lasting.engine.clear_waiting() == 0
    for job in waiting:
        assert isinstance(lasting.end(job), JobCancelled)
    lines = lasting.logged()
    assert ids(waiting) == list(lines)
    assert {line["status"] for line in lines.values()} == {"cancelled"}
    assert lasting.on_disk() == [(running.id, RUNNING)]


def test_one_bad_request_queues_none_of_many(lasting: LastingLab) -> None:
    with pytest.raises(UserError):
        lasting.engine.submit_all([request(**SMALL), request("<lora:none:1>", **SMALL)])
    assert lasting.waiting() == []
    assert lasting.engine.submit_all([]) == []


def test_a_repeated_job_goes_on_with_new_seeds_until_it_is_cancelled(lasting: LastingLab) -> None:
    first = lasting.engine.repeat(request(**SMALL, seed=5))
    queued = lasting.until(JobQueued)
    assert (queued.job_id, queued.repeats) == (first.id, True)
    ran = []
    while len(ran) < 3:
        ran.append(lasting.until(JobDone).record)
    assert ran[0]["seed"] == 5
    assert len({record["seed"] for record in ran}) == 3
    assert len({record["job_id"] for record in ran}) == 3
    lasting.engine.pause()
    while not lasting.waiting():
        time.sleep(0.01)
    [following] = lasting.waiting()
    assert following.id in lasting.engine.status.repeating
    followed = [event for event in lasting.seen if isinstance(event, JobQueued) and event.job is not None]
    assert all(event.repeats and event.job.id == event.job_id for event in followed)
    assert lasting.engine.cancel(following.id)
    assert isinstance(lasting.end(following), JobCancelled)
    assert lasting.waiting() == []
    assert lasting.engine.status.repeating == frozenset()


def test_cancelling_the_one_that_runs_ends_a_repeat_too(lasting: LastingLab) -> None:
    running = lasting.engine.repeat(request(**LONG))
    other = lasting.engine.submit(request(**SMALL))
    while lasting.until(StepDone).job_id != running.id:
        pass
    status = lasting.engine.status
    assert ids(status.waiting)[0] == other.id
    following = status.waiting[1]
    assert status.repeating == {running.id, following.id}
    assert lasting.engine.cancel(running.id)
    assert {lasting.until(JobCancelled).job_id, lasting.until(JobCancelled).job_id} == {running.id, following.id}
    assert isinstance(lasting.end(other), JobDone)


def test_a_repeat_survives_a_kill_as_one_chain(lasting: LastingLab) -> None:
    running = lasting.engine.repeat(request(**LONG))
    while lasting.until(StepDone).job_id != running.id:
        pass
    lasting.kill()
    lasting.open()
    lasting.until(QueuePaused)
    again, following = lasting.waiting()
    assert again == running
    assert lasting.engine.status.repeating == {following.id}


def test_a_repeated_job_that_fails_is_not_repeated_for_ever(lasting: LastingLab, monkeypatch: Any) -> None:
    def broken(*_: Any) -> Any:
        raise RuntimeError("no more")

    monkeypatch.setattr(lasting.engine._passes, "_make_pictures", broken)
    first = lasting.engine.repeat(request(**SMALL))
    assert isinstance(lasting.end(first), JobFailed)
    lasting.until(JobCancelled)
    assert lasting.waiting() == []
    assert len(lasting.logged()) == 2


def test_a_job_that_cannot_be_repeated_any_more_says_why(lasting: LastingLab, monkeypatch: Any) -> None:
    first = lasting.engine.repeat(request(**SMALL | {"steps": 30}))
    lasting.until(StepDone)
    [follower] = lasting.waiting()

    def gone(*_: Any) -> Any:
        raise UserError("The LoRA is gone.")

    monkeypatch.setattr(variants, "again", gone)
    assert isinstance(lasting.end(first), JobDone)
    assert isinstance(lasting.end(follower), JobDone)
    said = [event.text for event in lasting.seen if isinstance(event, Notice)]
    assert said == ["It is not repeated: The LoRA is gone."]
    assert lasting.waiting() == []
    assert lasting.engine.status.repeating == frozenset()


def test_of_a_thousand_jobs_one_row_is_written_for_one_key(lasting: LastingLab) -> None:
    engine = lasting.engine
    engine.pause()
    jobs = engine.submit_all([request(**SMALL, seed=seed) for seed in range(1000)])

    def rows_written(work: Any) -> int:
        assert lasting.store._connection is not None
        before = lasting.store._connection.total_changes
        assert work()
        return lasting.store._connection.total_changes - before

    assert rows_written(lambda: engine.move(jobs[500].id, -1)) == 1
    assert rows_written(lambda: engine.move(jobs[800].id, -9999)) == 1
    assert rows_written(lambda: engine.submit(request(**SMALL), before=jobs[300].id)) == 1
    assert rows_written(lambda: engine.replace(jobs[10].id, request(**SMALL))) == 1
    assert engine.clear_waiting() == 1001
    lasting.end(jobs[999])
    assert len(lasting.logged()) == 1001
    assert lasting.on_disk() == []


def test_a_repeated_template_is_filled_anew(lasting: LastingLab) -> None:
    asked = request("apple 1", **SMALL, prompt_template="apple {1|2|3|4|5|6|7|8|9}")
    lasting.engine.repeat(asked)
    prompts = {lasting.until(JobDone).record["prompt"] for _ in range(9)}
    assert len(prompts) > 1


def test_a_sequence_stops_after_the_frame_in_hand_and_the_queue_pauses(lasting: LastingLab) -> None:
    assert not lasting.engine.stop_after_picture()
    job = lasting.engine.submit(request(**SMALL | {"mode": ANIMATE_STEPS, "frames": 200, "steps": 3}))
    after = lasting.engine.submit(request(**SMALL))
    lasting.until(PictureSaved)
    assert lasting.engine.stop_after_picture()
    end = lasting.end(job)
    assert isinstance(end, JobCancelled)
    assert end.record["status"] == "partial"
    assert 1 <= len(end.record["outputs"]) < 200
    assert lasting.engine.status.paused == ""
    assert lasting.waiting() == [after]
    lasting.engine.resume()
    assert isinstance(lasting.end(after), JobDone)


def test_a_batch_in_one_pass_is_done_when_that_is_all(lasting: LastingLab) -> None:
    job = lasting.engine.submit(request(**LONG | {"steps": 60}, batch_size=2))
    lasting.until(StepDone)
    assert lasting.engine.stop_after_picture()
    done = lasting.end(job)
    assert isinstance(done, JobDone)
    assert len(done.outputs) == 2


def test_one_that_was_to_stop_goes_on_if_the_queue_runs_again(lasting: LastingLab) -> None:
    job = lasting.engine.submit(request(**SMALL | {"mode": ANIMATE_STEPS, "frames": 2, "steps": 60}))
    lasting.until(StepDone)
    lasting.engine.stop_after_picture()
    lasting.engine.resume()
    assert isinstance(lasting.end(job), JobDone)


@contextmanager
def out_of_memory(lab: LastingLab) -> Iterator[None]:
    """Every job fails for want of memory."""

    def full(*_: Any) -> Any:
        raise MemoryError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lab.engine._passes, "_make_pictures", full)
        yield


def two_jobs(lab: LastingLab) -> tuple[Job, Job]:
    lab.engine.pause()
    first, second = lab.engine.submit_all([request(**SMALL), request(**SMALL)])
    lab.engine.resume()
    return first, second


def test_after_a_job_without_room_the_queue_holds(lasting: LastingLab) -> None:
    with out_of_memory(lasting):
        first, second = two_jobs(lasting)
        failed = lasting.end(first)
        assert isinstance(failed, JobFailed)
        reasons = [event.reason for event in lasting.seen if isinstance(event, QueuePaused) and event.reason]
        assert len(reasons) == 1
        assert reasons[0].startswith("Out of memory")
        assert lasting.waiting() == [second]
    lasting.engine.resume()
    assert isinstance(lasting.end(second), JobDone)


def test_it_does_not_hold_where_nothing_waits_or_the_setting_says_so(lasting: LastingLab) -> None:
    with out_of_memory(lasting):
        lasting.end(lasting.engine.submit(request(**SMALL)))
        assert lasting.engine.status.paused is None
        lasting.engine.use_settings(replace(lasting.settings, hold_when_full="off"))
        first, second = two_jobs(lasting)
        assert isinstance(lasting.end(first), JobFailed)
        assert isinstance(lasting.end(second), JobFailed)
        assert lasting.engine.status.paused is None


def test_a_full_disk_holds_the_queue_until_there_is_room(lasting: LastingLab, monkeypatch: Any) -> None:
    def full(*_: Any) -> Any:
        raise UserError("The pictures are not saved: no space in /srv/lab; free some.")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pictures, "save_picture", full)
        lasting.engine.pause()
        frames = request(**SMALL | {"mode": ANIMATE_STEPS, "frames": 200})
        failing, *waiting = lasting.engine.submit_all([frames, request(**SMALL), request(**SMALL)])
        lasting.engine.resume()
        assert isinstance(lasting.end(failing), JobFailed)
        reasons = [event.reason for event in lasting.seen if isinstance(event, QueuePaused) and event.reason]
        assert reasons == ["The pictures are not saved: no space in /srv/lab; free some."]
        assert lasting.waiting() == waiting
    lasting.engine.resume()
    assert all(isinstance(lasting.end(job), JobDone) for job in waiting)


def test_without_a_store_nothing_holds_and_closing_logs_all(lab: Lab) -> None:
    def full(*_: Any) -> Any:
        raise MemoryError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lab.engine._passes, "_make_pictures", full)
        jobs = lab.engine.submit_all([request(**SMALL), request(**SMALL)])
        assert all(isinstance(lab.end(job), JobFailed) for job in jobs)
    assert lab.engine.status.paused is None


def until_there(path: Path) -> str:
    while not (path.exists() and path.read_text().endswith("\n")):
        time.sleep(0.01)
    return path.read_text()


COMMAND = 'echo "$SDXL_TUI_DONE $SDXL_TUI_FAILED $SDXL_TUI_CANCELLED" >> {}'


def test_a_command_runs_once_when_the_queue_is_empty(lasting: LastingLab, tmp_path: Path) -> None:
    told = tmp_path / "told"
    lasting.engine.use_settings(replace(lasting.settings, queue_done_command=COMMAND.format(told)))
    lasting.engine.pause()
    jobs = lasting.engine.submit_all([request(**SMALL) for _ in range(3)])
    lasting.engine.cancel(jobs[1].id)
    lasting.end(jobs[1])
    assert not told.exists()
    lasting.engine.resume()
    lasting.end(jobs[2])
    assert until_there(told) == "2 0 1\n"
    lasting.run(request(**SMALL))
    while told.read_text() != "2 0 1\n1 0 0\n":
        time.sleep(0.01)


def test_a_command_that_fails_is_a_notice(lasting: LastingLab, tmp_path: Path) -> None:
    lasting.engine.use_settings(replace(lasting.settings, queue_done_command="exit 3"))
    lasting.run(request(**SMALL))
    assert lasting.until(Notice).text.startswith("The command for the empty queue ended with 3")


def test_no_command_for_what_was_only_cancelled_or_paused(lasting: LastingLab, tmp_path: Path) -> None:
    told = tmp_path / "told"
    lasting.engine.use_settings(replace(lasting.settings, queue_done_command=COMMAND.format(told)))
    lasting.engine.pause()
    lasting.engine.submit_all([request(**SMALL), request(**SMALL)])
    lasting.engine.clear_waiting()
    lasting.until(JobCancelled)
    lasting.until(JobCancelled)
    lasting.engine.resume()
    job = lasting.engine.submit(request(**SMALL | {"steps": 30}))
    lasting.until(StepDone)
    lasting.engine.stop_after_picture()
    assert isinstance(lasting.end(job), JobDone)
    lasting.engine.resume()
    lasting.hold_the_device()
    assert lasting.engine.close(30)
    assert not told.exists()


def test_a_queue_that_cannot_be_saved_runs_all_the_same_and_says_so(tmp_path: Path) -> None:
    lab = LastingLab(tmp_path / "pictures")
    assert lab.engine.close(30)
    (tmp_path / "blocked").touch()
    lab.file = tmp_path / "blocked" / NAME
    lab.open()
    lab.engine.pause()
    job = lab.engine.submit(request(**SMALL))
    problem = lab.until(QueueProblem)
    assert problem.reason.startswith("The queue is not saved: ")
    assert lab.engine.status.queue_problem == problem.reason
    (tmp_path / "blocked").unlink()
    lab.engine.submit(request(**SMALL))
    assert lab.until(QueueProblem).reason == ""
    assert len(lab.on_disk()) == 2
    lab.engine.resume()
    assert isinstance(lab.end(job), JobDone)
    assert lab.engine.close(30)


def test_a_damaged_file_is_told_and_the_queue_goes_on(lasting: LastingLab) -> None:
    lasting.engine.pause()
    lasting.engine.submit(request(**SMALL))
    assert lasting.engine.close(30)
    lasting.file.write_bytes(b"no database any more" * 400)
    lasting.open()
    assert "was damaged" in lasting.until(Notice).text
    assert lasting.engine.status.queue_problem == ""
    lasting.engine.pause()
    job = lasting.engine.submit(request(**SMALL))
    assert lasting.on_disk() == [(job.id, "waiting")]


def test_a_job_that_cannot_be_logged_is_offered_again(lasting: LastingLab) -> None:
    lasting.folder.mkdir(exist_ok=True)
    lasting.log.mkdir()
    job = lasting.engine.submit(request(**SMALL))
    assert isinstance(lasting.end(job), JobFailed)
    assert lasting.engine.close(30)
    lasting.log.rmdir()
    lasting.open()
    lasting.until(QueuePaused)
    assert lasting.waiting() == [job]
    lasting.engine.resume()
    assert isinstance(lasting.end(job), JobDone)


def test_a_withdrawn_job_was_never_there(lasting: LastingLab) -> None:
    lasting.engine.pause()
    job = lasting.engine.submit(request(**SMALL))
    assert lasting.engine.withdraw(job.id)
    assert not lasting.engine.withdraw(job.id)
    assert lasting.on_disk() == []
    lasting.engine.resume()
    lasting.run(request(**SMALL))
    assert job.id not in lasting.logged()


def test_a_job_that_the_system_ends_is_offered_again(lasting: LastingLab) -> None:
    job = lasting.engine.submit(request(**LONG))
    lasting.until(StepDone)
    assert lasting.engine.close(30, keeps_running=True)
    assert not lasting.log.exists()
    lasting.open()
    assert lasting.until(QueuePaused).reason == "1 job waits from before, and was interrupted."
    assert [waiting.id for waiting in lasting.engine.status.waiting] == [job.id]


def test_jobs_that_an_earlier_start_left_broken_run_no_command() -> None:
    said: list[object] = []
    burst = Burst(said.append)
    old = Run(queued(request(), Path("/srv/lab")), said.append)
    settings = Settings(queue_done_command="exit 3")
    burst.end([Ended(old, {"status": "failed"}, is_logged=True)], settings, is_paused=False)
    assert not [thread for thread in threading.enumerate() if thread.name == "done-command"]
