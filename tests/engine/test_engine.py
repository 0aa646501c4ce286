"""The queue: jobs end alone, cancel hits its own job, a broken model leaves the one in use."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from sdxl_tui.core import events_log
from sdxl_tui.engine import (
    JobCancelled,
    JobDone,
    JobFailed,
    JobQueued,
    JobStarted,
    ModelFailed,
    ModelLoaded,
    ModelLoading,
    ModelLoadStopped,
    PictureSaved,
    StepDone,
)
from tests.engine.conftest import Lab, in_folder, request


def logged(lab: Lab) -> list[dict]:
    return [json.loads(line) for line in (lab.folder / "jobs.log").read_text(encoding="utf-8").splitlines()]


def test_a_job_is_reported_from_queue_to_file(lab: Lab) -> None:
    job = lab.engine.submit(request(steps=3, batch_size=2))
    done = lab.end(job)
    kinds = [type(event) for event in lab.seen if type(event) is not ModelLoading]
    assert kinds == [
        JobQueued, ModelLoaded, JobStarted, StepDone, StepDone, StepDone, PictureSaved, PictureSaved, JobDone,
    ]  # fmt: skip
    steps = [event for event in lab.seen if isinstance(event, StepDone)]
    assert [(event.step, event.steps) for event in steps] == [(1, 3), (2, 3), (3, 3)]
    assert all(event.rate > 0 for event in steps)
    assert steps[-1].eta == 0
    assert all(path.is_file() for path in done.outputs)


def test_the_log_line_says_all_that_decides_the_picture(lab: Lab) -> None:
    done = lab.run(request("a red [apple]", negative_prompt="blue", scheduler="dpmpp_2m_karras", batch_size=2, seed=9))
    [line] = logged(lab)
    assert line == done.record
    assert line["status"] == "done"
    assert (line["scheduler"], line["scheduler_choice"]) == ("DPM++ 2M Karras", "dpmpp_2m_karras")
    assert (line["seed"], line["seeds"]) == (9, [9, 10])
    assert line["outputs"] == [path.name for path in done.outputs]
    assert len(set(line["pixels_sha256"])) == 2
    assert line["model_revision"]
    assert line["tokens"]["negative_prompt"] == 1
    assert (line["dtype"], line["vae_dtype"]) == ("float32", "float32")
    assert line["versions"]["torch"]
    assert line["load_seconds"] > 0
    assert lab.run(request()).record["load_seconds"] < 0.1


def test_loading_says_what_it_does_and_how_far_it_is(lab: Lab) -> None:
    lab.run(request(steps=1))
    loading = [event for event in lab.seen if isinstance(event, ModelLoading)]
    steps = list(dict.fromkeys(event.step for event in loading))
    assert [step for step in steps if step != "starting torch"] == [
        "checking", "text encoders", "UNet", "VAE", "warm-up",
    ]  # fmt: skip
    shares = [event.share for event in loading]
    assert shares == sorted(shares)
    assert shares[-1] == 1


def test_the_second_load_knows_how_long_the_first_took(lab: Lab, demo_folder: Path) -> None:
    lab.engine.load(in_folder(demo_folder, "timed/model"))
    first = lab.until(ModelLoaded)
    lab.engine.load(in_folder(demo_folder, "other/model"))
    lab.until(ModelLoaded)
    lab.engine.load(in_folder(demo_folder, "timed/model"))
    assert lab.until(ModelLoading).expected == pytest.approx(first.seconds, abs=0.01)


def test_cancel_stops_a_running_job_within_a_step(lab: Lab) -> None:
    job = lab.engine.submit(request(steps=200))
    step = lab.until(StepDone).step
    assert lab.engine.cancel(job.id)
    cancelled = lab.end(job)
    assert isinstance(cancelled, JobCancelled)
    assert cancelled.step <= lab.seen[-2].step + 1
    assert step <= cancelled.step < 200
    [line] = logged(lab)
    assert (line["status"], line["outputs"]) == ("cancelled", [])
    assert not list(lab.folder.glob("*.png"))


def test_cancel_of_a_waiting_job_leaves_the_others_alone(lab: Lab) -> None:
    running, waiting, last = (lab.engine.submit(request(steps=3, seed=seed)) for seed in (1, 2, 3))
    assert lab.engine.cancel(waiting.id)
    assert isinstance(lab.end(running), JobDone)
    assert isinstance(lab.end(last), JobDone)
    assert {line["job_id"]: line["status"] for line in logged(lab)} == {
        running.id: "done", waiting.id: "cancelled", last.id: "done",
    }  # fmt: skip


def test_a_late_cancel_never_hits_the_next_job(lab: Lab) -> None:
    first = lab.engine.submit(request(steps=1))
    second = lab.engine.submit(request(steps=2))
    lab.end(first)
    assert not lab.engine.cancel(first.id)
    assert isinstance(lab.end(second), JobDone)


def test_a_failed_job_fails_alone_with_a_sentence(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The UNet raises in the middle of one job; the next one runs, and the traceback is in the log only."""
    events_log.configure(tmp_path / "logs")
    lab.run(request(steps=1))
    unet = lab.engine._residency.loaded.pipe.unet
    original, calls = unet.forward, iter(range(100))

    def forward(*arguments, **options):
        if next(calls) == 1:
            raise RuntimeError("mat1 and mat2 shapes cannot be multiplied (2x3 and 4x5)\nsecond line")
        return original(*arguments, **options)

    monkeypatch.setattr(unet, "forward", forward)
    bad, good = lab.engine.submit(request(steps=3)), lab.engine.submit(request(steps=3))
    failed = lab.end(bad)
    assert isinstance(failed, JobFailed)
    assert "at step 2 of 3" in failed.reason
    assert "mat1 and mat2" in failed.reason
    assert "\n" not in failed.reason
    assert "Traceback" not in failed.reason
    assert isinstance(lab.end(good), JobDone)
    log = (tmp_path / "logs" / "app_events.log").read_text(encoding="utf-8")
    assert "Traceback" in log
    assert "second line" in log
    assert [line["status"] for line in logged(lab)] == ["done", "failed", "done"]
    assert logged(lab)[1]["error"] == failed.reason


def test_a_job_that_fails_while_decoding_says_so(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    lab.run(request(steps=1))

    def decode(*arguments, **options):
        raise RuntimeError("no room")

    monkeypatch.setattr(lab.engine._residency.loaded.pipe.vae, "decode", decode)
    failed = lab.run(request(steps=2))
    assert isinstance(failed, JobFailed)
    assert failed.reason.startswith("It failed while decoding picture 1 (RuntimeError: no room)")


def test_app_events_log_has_the_jobs_entry(lab: Lab, tmp_path: Path) -> None:
    events_log.configure(tmp_path / "logs")
    done = lab.run(request("a red apple", negative_prompt="text", steps=2))
    log = (tmp_path / "logs" / "app_events.log").read_text(encoding="utf-8").splitlines()
    start = next(number for number, line in enumerate(log) if "MODEL=demo" in line)
    assert log[start].endswith("] MODEL=demo, STEPS=2, SCHEDULER=Euler, 128x128, BATCH=1, STYLE=None / Raw")
    assert log[start + 1 : start + 4] == ["PROMPT: a red apple", "NEG: text", "SAVED FILES:"]
    assert log[start + 4] == f"- {done.outputs[0]}"


def test_a_broken_model_fails_with_its_file_and_the_one_in_use_stays(
    lab: Lab, demo_folder: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(demo_folder, broken)
    file = broken / "unet" / "diffusion_pytorch_model.safetensors"
    with file.open("r+b") as opened:
        opened.truncate(file.stat().st_size // 2)
    lab.run(request(steps=1))
    lab.engine.load(in_folder(broken, "test/broken"))
    failed = lab.until(ModelFailed)
    assert "unet/diffusion_pytorch_model.safetensors" in failed.reason
    assert failed.still_in_use == "Demo"
    job = lab.run(request(model=in_folder(broken, "test/broken")))
    assert isinstance(job, JobFailed)
    assert "unet/diffusion_pytorch_model.safetensors" in job.reason
    again = lab.run(request(steps=1))
    assert isinstance(again, JobDone)
    assert again.record["load_seconds"] < 0.1


def test_another_model_is_loaded_for_the_job_that_names_it(lab: Lab, demo_folder: Path) -> None:
    lab.run(request(steps=1))
    done = lab.run(request(steps=1, model=in_folder(demo_folder, "test/other")))
    assert done.record["model"] == "test/other"
    assert lab.engine.status.model.id == "test/other"


def test_a_cancelled_load_leaves_the_model_in_use(lab: Lab, demo_folder: Path) -> None:
    lab.run(request(steps=1))
    job = lab.engine.submit(request(model=in_folder(demo_folder, "test/other")))
    lab.until(ModelLoading)
    lab.engine.cancel(job.id)
    assert isinstance(lab.end(job), JobCancelled)
    assert lab.engine.status.model.id == "demo"


def test_a_load_is_stopped_and_the_model_in_use_stays(lab: Lab, demo_folder: Path) -> None:
    assert not lab.engine.stop_loading()
    lab.run(request(steps=1))
    lab.engine.load(in_folder(demo_folder, "test/other"))
    lab.engine.load(in_folder(demo_folder, "test/third"))
    lab.until(ModelLoading)
    assert lab.engine.stop_loading()
    stopped = lab.until(ModelLoadStopped), lab.until(ModelLoadStopped)
    assert {event.model for event in stopped} == {"test/other", "test/third"}
    assert all(event.still_in_use == "Demo" for event in stopped)
    assert lab.engine.status.model.id == "demo"
    lab.engine.load(in_folder(demo_folder, "test/other"))
    assert lab.until(ModelLoaded).model == "test/other"


def test_stopping_loads_leaves_the_job_that_loads_alone(lab: Lab) -> None:
    job = lab.engine.submit(request(steps=1))
    lab.until(ModelLoading)
    assert not lab.engine.stop_loading()
    assert isinstance(lab.end(job), JobDone)


def test_closing_logs_what_ran_and_what_waited(lab: Lab) -> None:
    running, waiting = lab.engine.submit(request(steps=200)), lab.engine.submit(request())
    lab.until(StepDone)
    status = lab.engine.status
    assert (status.running, status.waiting) == (running, (waiting,))
    assert lab.engine.close(timeout=30)
    assert {line["job_id"]: line["status"] for line in logged(lab)} == {
        running.id: "cancelled", waiting.id: "cancelled",
    }  # fmt: skip


def test_a_job_that_cannot_be_stopped_in_time_is_logged_once(lab: Lab) -> None:
    job = lab.engine.submit(request(steps=200))
    lab.until(StepDone)
    lab.engine.close(timeout=0)
    lab.engine.close(timeout=30)
    assert [line["job_id"] for line in logged(lab)] == [job.id]


def test_an_output_folder_that_cannot_be_written_fails_the_job_not_the_lab(lab: Lab) -> None:
    lab.folder.parent.mkdir(exist_ok=True)
    lab.folder.write_text("a file where the folder should be")
    failed = lab.run(request(steps=1))
    assert isinstance(failed, JobFailed)
    assert str(lab.folder) in failed.reason or lab.folder.name in failed.reason
    assert "Traceback" not in failed.reason
    lab.folder.unlink()
    assert isinstance(lab.run(request(steps=1)), JobDone)
