"""Jobs in one pass: each is what it would have been alone."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from sdxl_tui.core import joblog
from sdxl_tui.core.job import Job
from sdxl_tui.core.settings import Settings
from sdxl_tui.engine import Engine, JobCancelled, JobDone, JobFailed, JobStarted, PictureSaved, Preview, StepDone
from tests.engine.conftest import Lab, in_folder, request
from tests.engine.test_pictures import TOLERANCE, difference


class JoiningLab(Lab):
    """An engine that joins jobs; what is asked of it waits until a first job has begun."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        super().__init__(folder)
        self.engine.close(30)
        self.engine = Engine(Settings(output_dir=folder, device="cpu", **settings), self.reports.put)
        self.engine.start()

    def submit(self, *asked: Any) -> list[Job]:
        """Queue requests behind a job that holds the device until all of them wait."""
        holding = self.engine.submit(request(steps=200, width=64, height=64))
        while self.until(StepDone).job_id != holding.id:
            pass
        jobs = [self.engine.submit(one) for one in asked]
        self.seen.clear()
        self.engine.cancel(holding.id)
        return jobs

    def ends(self, jobs: list[Job]) -> list[Any]:
        """How jobs ended, which is in the order in which they ran."""
        found = {}
        while len(found) < len(jobs):
            event = self.until(JobDone, JobFailed, JobCancelled)
            if event.job_id in {job.id for job in jobs}:
                found[event.job_id] = event
        return [found[job.id] for job in jobs]


@pytest.fixture
def joining(tmp_path: Path) -> Iterator[JoiningLab]:
    lab = JoiningLab(tmp_path / "pictures", join_jobs="on")
    yield lab
    lab.engine.close(30)


def lines(folder: Path) -> dict[str, dict[str, Any]]:
    text = (folder / joblog.NAME).read_text(encoding="utf-8")
    return {line["job_id"]: line for line in map(json.loads, text.splitlines())}


def opened(done: JobDone) -> list[Image.Image]:
    return [Image.open(path).convert("RGB") for path in done.outputs]


@pytest.mark.parametrize("scheduler", ["euler_a", "dpmpp_2m"])
def test_each_picture_is_the_one_of_its_job_alone(joining: JoiningLab, shared_lab: Lab, scheduler: str) -> None:
    asked = [
        request("a red apple", seed=3, scheduler=scheduler),
        request("a blue bowl on a table", seed=9, negative_prompt="red", batch_size=2, scheduler=scheduler),
        request("a (green) apple", seed=4, scheduler=scheduler, prompt_syntax="plain"),
    ]
    jobs = joining.submit(*asked)
    ends = joining.ends(jobs)
    assert all(isinstance(end, JobDone) for end in ends), ends
    for end, one in zip(ends, asked, strict=True):
        for together, single in zip(opened(end), opened(shared_lab.run(one)), strict=True):
            assert difference(together, single) < TOLERANCE
    ids = [job.id for job in jobs]
    logged = lines(joining.folder)
    for job in jobs:
        line = logged[job.id]
        assert line["joined_with"] == [other for other in ids if other != job.id]
        assert line["seeds"] == job.seeds
        assert line["styled_prompt"] == job.request.styled_prompt
        assert len(line["outputs"]) == job.request.batch_size
    assert logged[ids[0]]["tokens"] != logged[ids[1]]["tokens"]
    started = [event for event in joining.seen if isinstance(event, JobStarted)]
    assert [(event.job_id, len(event.joined)) for event in started] == [(one, 2) for one in ids]
    for job in jobs:
        told = [event.step for event in joining.seen if isinstance(event, StepDone) and event.job_id == job.id]
        assert told == [1, 2, 3, 4]
    saved = [(event.job_id, event.index) for event in joining.seen if isinstance(event, PictureSaved)]
    assert saved == [(ids[0], 0), (ids[1], 0), (ids[1], 1), (ids[2], 0)]


def test_prompts_of_other_lengths_run_on_their_own(joining: JoiningLab) -> None:
    """Filled up with empty chunks they would paint another picture."""
    long, longer = "lantern " * 90, "apple " * 100
    jobs = joining.submit(*(request(prompt, steps=1) for prompt in ("a red apple", long, "a blue bowl", longer)))
    assert all(isinstance(end, JobDone) for end in joining.ends(jobs))
    logged = [lines(joining.folder)[job.id]["joined_with"] for job in jobs]
    assert logged == [[jobs[2].id], [jobs[3].id], [jobs[0].id], [jobs[1].id]]


def test_one_of_them_is_cancelled_and_the_others_go_on(joining: JoiningLab) -> None:
    first, second = jobs = joining.submit(request(steps=60, seed=1), request(steps=60, seed=2))
    while joining.until(StepDone).job_id != second.id:
        pass
    status = joining.engine.status
    assert (status.running, status.joined) == (first, (second,))
    assert joining.engine.cancel(first.id)
    cancelled, done = joining.ends(jobs)
    assert isinstance(cancelled, JobCancelled)
    assert isinstance(done, JobDone)
    assert 0 < cancelled.step < 60
    assert len(list(joining.folder.glob("*.png"))) == 1
    steps = [event.step for event in joining.seen if isinstance(event, StepDone) and event.job_id == second.id]
    assert steps[-1] == 60


def test_all_of_them_are_cancelled_and_the_pass_stops(joining: JoiningLab) -> None:
    jobs = joining.submit(request(steps=200, seed=1), request(steps=200, seed=2))
    while joining.until(StepDone).job_id != jobs[1].id:
        pass
    assert all(joining.engine.cancel(job.id) for job in jobs)
    assert all(isinstance(end, JobCancelled) for end in joining.ends(jobs))
    assert isinstance(joining.run(request(steps=1)), JobDone)
    assert {lines(joining.folder)[job.id]["status"] for job in jobs} == {"cancelled"}


def test_what_breaks_ends_all_of_them_and_no_other(joining: JoiningLab, monkeypatch: pytest.MonkeyPatch) -> None:
    joining.run(request(steps=1))

    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("no more")

    vae = joining.engine._residency.loaded.pipe.vae
    jobs = joining.submit(request(steps=2, seed=1), request(steps=2, seed=2), request(steps=3, seed=3))
    decode, calls = vae.decode, iter(range(100))
    monkeypatch.setattr(vae, "decode", lambda *a, **k: broken() if next(calls) == 0 else decode(*a, **k))
    first, second, third = joining.ends(jobs)
    assert isinstance(first, JobFailed)
    assert isinstance(second, JobFailed)
    assert "while decoding picture 1 (RuntimeError: no more)" in first.reason
    assert isinstance(third, JobDone)


def test_where_there_is_no_room_for_all_each_runs_alone(joining: JoiningLab, monkeypatch: pytest.MonkeyPatch) -> None:
    joining.run(request(steps=1))
    unet = joining.engine._residency.loaded.pipe.unet
    forward = unet.forward

    def small(sample: Any, *arguments: Any, **options: Any) -> Any:
        if len(sample) > 2:
            raise MemoryError
        return forward(sample, *arguments, **options)

    monkeypatch.setattr(unet, "forward", small)
    jobs = joining.submit(*(request(steps=2, seed=seed) for seed in (1, 2, 3)))
    assert all(isinstance(end, JobDone) for end in joining.ends(jobs))
    logged = lines(joining.folder)
    assert all(len(logged[job.id]["outputs"]) == 1 for job in jobs)
    assert not any("joined_with" in logged[job.id] for job in jobs)


def test_previews_are_of_each(joining: JoiningLab) -> None:
    joining.engine.show_previews(0)
    jobs = joining.submit(request(steps=12, seed=1, batch_size=2), request("a blue bowl", steps=12, seed=2))
    ends = joining.ends(jobs)
    for job, end in zip(jobs, ends, strict=True):
        last = [event for event in joining.seen if isinstance(event, Preview) and event.job_id == job.id][-1]
        assert difference(last.image, opened(end)[0].resize(last.image.size, Image.Resampling.BOX)) < 40


def test_jobs_of_the_model_in_use_run_first_and_the_log_says_so(tmp_path: Path, demo_folder: Path) -> None:
    lab = JoiningLab(tmp_path / "pictures", fewest_switches="on")
    other = in_folder(demo_folder, "test/other")
    jobs = lab.submit(request(steps=1, model=other), request(steps=1), request(steps=1, model=other, seed=2))
    assert [job.id for job in lab.engine.status.waiting] in (
        [jobs[number].id for number in (1, 0, 2)], [jobs[number].id for number in (0, 2)],
    )  # fmt: skip
    lab.ends(jobs)
    ran = [event.job_id for event in lab.seen if isinstance(event, JobStarted)]
    assert ran == [jobs[1].id, jobs[0].id, jobs[2].id]
    logged = lines(lab.folder)
    assert logged[jobs[1].id]["ran_before"] == [jobs[0].id]
    assert "ran_before" not in logged[jobs[0].id]
    assert lab.engine.close(30)


def test_other_settings_count_for_what_waits_and_the_folder_stays(tmp_path: Path, demo_folder: Path) -> None:
    lab = JoiningLab(tmp_path / "pictures")
    other = in_folder(demo_folder, "test/other")
    elsewhere = Settings(output_dir=tmp_path / "elsewhere", device="cuda", fewest_switches="on")
    lab.engine.use_settings(elsewhere)
    jobs = lab.submit(request(steps=1, model=other), request(steps=1))
    ends = lab.ends(jobs)
    assert [event.job_id for event in lab.seen if isinstance(event, JobStarted)] == [jobs[1].id, jobs[0].id]
    assert all(isinstance(end, JobDone) and end.outputs[0].parent == tmp_path / "pictures" for end in ends)
    lab.engine.use_settings(Settings())
    jobs = lab.submit(request(steps=1), request(steps=1, model=other), request(steps=1))
    lab.ends(jobs)
    assert [event.job_id for event in lab.seen if isinstance(event, JobStarted)] == [job.id for job in jobs]
    assert lab.engine.close(30)


def test_without_the_settings_nothing_joins(lab: Lab) -> None:
    jobs = [lab.engine.submit(request(steps=1, seed=seed)) for seed in (1, 2, 3)]
    for job in jobs:
        assert "joined_with" not in lab.end(job).record


def test_what_is_put_back_while_the_engine_closes_is_logged_too(
    joining: JoiningLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lengths of the prompts are looked at while somebody leaves."""
    encoded, closing = joining.engine._passes._prompts.encoded, []

    def leaving(loaded: Any, asked: Any) -> Any:
        if asked.prompt.startswith("lantern") and not closing:
            closing.append(threading.Thread(target=joining.engine.close, args=(30,)))
            closing[0].start()
            while not joining.engine._closing:
                time.sleep(0.001)
        return encoded(loaded, asked)

    joining.run(request(steps=1))
    monkeypatch.setattr(joining.engine._passes._prompts, "encoded", leaving)
    jobs = joining.submit(request(steps=1), request("lantern " * 90, steps=1))
    assert all(isinstance(end, JobCancelled) for end in joining.ends(jobs))
    closing[0].join(60)
    assert {lines(joining.folder)[job.id]["status"] for job in jobs} == {"cancelled"}
