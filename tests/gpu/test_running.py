"""Many jobs on a GPU: what stands between them, what they leave behind, what a look at them costs."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from sdxl_tui.core.masks import Rectangle, draw_mask
from sdxl_tui.core.models import Model
from sdxl_tui.engine import JobCancelled, JobDone, PictureSaved, Preview, StepDone, making
from tests.engine.test_pictures import difference
from tests.gpu.conftest import GpuLab, big, pictures

pytestmark = [pytest.mark.gpu, pytest.mark.timeout(900)]

TOLERANCE = 2.0
"""Mean difference (of 255) between a picture made alone and in a pass with others."""
JOBS = 20


@pytest.fixture(scope="module")
def joining(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GpuLab]:
    lab = GpuLab(tmp_path_factory.mktemp("joined"), join_jobs="on")
    yield lab
    assert lab.engine.close(timeout=60)


def in_a_row(lab: GpuLab, model: Model, count: int, **changes: Any) -> float:
    """Seconds from the first of many jobs' first step to the last one's picture on disk."""
    jobs = [lab.engine.submit(big(model, seed=seed, **changes)) for seed in range(count)]
    while lab.until(StepDone).job_id != jobs[0].id:
        pass
    began = time.perf_counter()
    for job in jobs:
        assert isinstance(lab.end(job), JobDone)
    return time.perf_counter() - began


@pytest.mark.parametrize("speed", ["fast", "exact"])
def test_a_queue_of_single_jobs_takes_what_denoising_and_decoding_take(
    lab: GpuLab, sdxl: Model, speed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Printed: a queue's time per job over that of denoising and decoding alone; the goal is 1.05."""
    asked = {"steps": 30, "speed": speed}
    for _ in range(2):
        pictures(lab, sdxl, **asked)
    work: list[float] = []
    make = making.MODES["txt2img"]

    def timed(given: Any) -> Iterator[Any]:
        began = time.perf_counter()
        yield from make(given)
        work.append(time.perf_counter() - began)

    monkeypatch.setitem(making.MODES, "txt2img", timed)
    for _ in range(5):
        pictures(lab, sdxl, **asked)
    alone = statistics.median(work)
    total = in_a_row(lab, sdxl, JOBS, **asked)
    each = total / (JOBS - 1 / asked["steps"])
    print(f"{speed}: {JOBS} jobs, {each:.4f} s each; denoise + decode {alone:.4f} s: {each / alone:.3f}")


def test_from_submit_to_disk(lab: GpuLab, sdxl: Model) -> None:
    """Printed: what lies between the last step and the picture on disk."""
    pictures(lab, sdxl, steps=30)
    after, whole = [], []
    for seed in range(5):
        began = time.perf_counter()
        job = lab.engine.submit(big(sdxl, steps=30, seed=seed))
        while (event := lab.until(StepDone)).step != 30:
            pass
        denoised = time.perf_counter()
        lab.until(PictureSaved)
        after.append(time.perf_counter() - denoised)
        assert lab.end(job).job_id == event.job_id
        whole.append(time.perf_counter() - began)
    print(f"submit to log {statistics.median(whole):.3f} s; last step to picture {statistics.median(after):.3f} s")


def test_previews_cost_next_to_nothing(lab: GpuLab, sdxl: Model) -> None:
    """Printed: the time of a job's steps with a preview as often as can be, and at the lab's pace."""

    def denoising(every: float | None) -> tuple[float, int]:
        lab.engine.show_previews(every)
        times, shown = [], 0
        for seed in range(7):
            job = lab.engine.submit(big(sdxl, steps=30, seed=seed))
            lab.seen.clear()
            while (event := lab.until(StepDone)).step != 1 or event.job_id != job.id:
                pass
            began = time.perf_counter()
            while lab.until(StepDone).step != 30:
                pass
            times.append(time.perf_counter() - began)
            lab.end(job)
            shown += sum(isinstance(event, Preview) for event in lab.seen)
        return statistics.median(times), shown

    pictures(lab, sdxl, steps=30)
    without, none = denoising(None)
    for every in (0.0, 0.25):
        with_them, shown = denoising(every)
        cost = 100 * (with_them / without - 1)
        print(f"previews every {every} s: {shown / 7:.1f} a job, {cost:+.2f} % of {without:.3f} s")
        assert shown > 0
    lab.engine.show_previews(None)
    assert none == 0


def test_a_preview_is_of_the_picture_that_comes(lab: GpuLab, sdxl: Model) -> None:
    lab.engine.show_previews(0)
    lab.seen.clear()
    [plain] = pictures(lab, sdxl, steps=12, seed=5)
    lab.engine.show_previews(None)
    last = [event for event in lab.seen if isinstance(event, Preview)][-1]
    assert last.image.size == (128, 128)
    [without] = pictures(lab, sdxl, steps=12, seed=5)
    assert plain.tobytes() == without.tobytes()


@pytest.mark.parametrize("scheduler", ["euler", "euler_a"])
def test_joined_jobs_are_the_single_ones(joining: GpuLab, sdxl: Model, scheduler: str) -> None:
    holding = joining.engine.submit(big(sdxl, steps=200))
    while joining.until(StepDone).job_id != holding.id:
        pass
    prompts = ("a red apple", "a blue bowl", "a wolf", "a lamp")
    jobs = [joining.engine.submit(big(sdxl, prompt=prompt, seed=7, scheduler=scheduler)) for prompt in prompts]
    joining.engine.cancel(holding.id)
    together = [joining.end(job) for job in jobs]
    for done, prompt in zip(together, prompts, strict=True):
        assert isinstance(done, JobDone)
        assert len(done.record["joined_with"]) == 3
        [alone] = pictures(joining, sdxl, prompt=prompt, seed=7, scheduler=scheduler)
        off = difference(Image.open(done.outputs[0]).convert("RGB"), alone)
        print(f"{scheduler}: joined against alone {off:.3f} of 255")
        assert off < TOLERANCE


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("init")
    picture = Image.new("RGB", (1024, 1024), "navy")
    ImageDraw.Draw(picture).ellipse((200, 200, 800, 800), "orange")
    picture.save(folder / "init.png")
    draw_mask((1024, 1024), [Rectangle(300, 200, 700, 600)]).save(folder / "mask.png")
    return {"init_image": folder / "init.png", "mask_image": folder / "mask.png"}


def test_fifty_mixed_jobs_leave_no_memory_behind(lab: GpuLab, sdxl: Model, files: dict[str, Path]) -> None:
    import torch

    init = {"init_image": files["init_image"]}
    kinds: list[dict[str, Any]] = [
        {},
        {"batch_size": 2, "scheduler": "euler_a"},
        {"width": 832, "height": 1216, "scheduler": "dpmpp_2m_karras"},
        {"guidance_scale": 0.0, "width": 512, "height": 512},
        {"prompt": "lantern " * 90, "scheduler": "unipc"},
        {"mode": "img2img", **init},
        {"mode": "inpaint", **files},
        {"mode": "animate_steps", "frames": 2, "motion": "latent"},
        {"speed": "exact"},
        {"speed": "eager"},
    ]
    lab.engine.show_previews(0)
    for kind in kinds:
        pictures(lab, sdxl, **{"steps": 4, **kind})
    torch.cuda.synchronize()
    used, held = torch.cuda.memory_allocated(), torch.cuda.memory_reserved()
    for number in range(50):
        pictures(lab, sdxl, **{"steps": 4, "seed": number, **kinds[number % len(kinds)]})
    lab.engine.show_previews(None)
    torch.cuda.synchronize()
    grown, kept = torch.cuda.memory_allocated() - used, torch.cuda.memory_reserved()
    print(f"after 50 jobs: {grown / 2**20:+.1f} MiB used, {(kept - held) / 2**20:+.1f} MiB held")
    assert grown < 64 * 2**20
    assert kept <= held * 1.05


@pytest.mark.parametrize("speed", ["fast", "exact", "eager"])
def test_a_job_can_be_stopped_at_every_step(lab: GpuLab, sdxl: Model, speed: str) -> None:
    [before] = pictures(lab, sdxl, steps=12, seed=5, speed=speed)
    for stop in range(1, 12):
        job = lab.engine.submit(big(sdxl, steps=12, speed=speed))
        while (event := lab.until(StepDone, JobDone)).job_id != job.id or getattr(event, "step", 12) < stop:
            pass
        lab.engine.cancel(job.id)
        end = lab.end(job)
        # Two more may be under way, and the last ones may be through before the word comes.
        if isinstance(end, JobCancelled):
            assert stop <= end.step <= stop + 3
            assert end.record["outputs"] == []
        else:
            assert stop >= 9
    [after] = pictures(lab, sdxl, steps=12, seed=5, speed=speed)
    assert before.tobytes() == after.tobytes()
