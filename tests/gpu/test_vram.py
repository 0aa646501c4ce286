"""A card that others fill: jobs are fitted, or fail with a sentence, and the next one is as good as the first."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sdxl_tui.core.models import Model
from sdxl_tui.core.plans import Plan
from sdxl_tui.core.queue_store import QueueStore
from sdxl_tui.core.settings import Settings
from sdxl_tui.core.vram import outlook
from sdxl_tui.engine import Engine, JobDone, JobFailed, Notice
from tests.engine.test_pictures import difference
from tests.gpu.conftest import GpuLab, big, pictures

pytestmark = [pytest.mark.gpu, pytest.mark.timeout(900)]

TOLERANCE = 2.0
"""Mean difference (of 255) between pictures that differ by rounding in their batch."""
GIB = 2**30

FILLER = """
import sys, torch
held = []
def free():
    return torch.cuda.mem_get_info()[0] / 2**30
for line in sys.stdin:
    leave = float(line)
    while free() - leave > 0.3:
        held.append(torch.empty(int(min(4, free() - leave) * 2**30), dtype=torch.uint8, device="cuda"))
    print(f"{free():.2f}", flush=True)
"""


@contextmanager
def filled(leave: float) -> Iterator[float]:
    """Let another process take the card but for so many GiB; what is free then is given."""
    process = subprocess.Popen([sys.executable, "-c", FILLER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        print(leave, file=process.stdin, flush=True)
        yield float(process.stdout.readline())
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GpuLab]:
    lab = GpuLab(tmp_path_factory.mktemp("vram"), tiles="off")
    yield lab
    assert lab.engine.close(timeout=60)


def room(lab: GpuLab) -> Any:
    card = lab.engine._residency.card()
    assert card is not None
    return card


@pytest.mark.parametrize("speed", ["fast", "exact", "eager"])
def test_a_split_batch_makes_the_pictures_of_the_whole_one(lab: GpuLab, sdxl: Model, speed: str) -> None:
    whole = pictures(lab, sdxl, batch_size=4, speed=speed)
    split = pictures(lab, sdxl, batch_size=4, speed=speed, plan=Plan(lean=True, pass_pictures=2))
    assert [difference(*pair) < TOLERANCE for pair in zip(whole, split, strict=True)] == [True] * 4


def test_a_batch_that_has_no_room_runs_in_smaller_passes(lab: GpuLab, sdxl: Model) -> None:
    asked = {"batch_size": 8, "width": 1536, "height": 1536, "steps": 2}
    whole = pictures(lab, sdxl, **asked)
    lab.engine._residency.make_room_for_job()
    needs = outlook(big(sdxl, **asked), room(lab)).asked.needs / GIB
    lab.seen.clear()
    with filled(needs / 2) as free:
        done = lab.run(big(sdxl, **asked))
        print(f"needs {needs:.1f} GiB, free {free:.1f}: {done.record.get('plan')}")
        assert isinstance(done, JobDone), done
    assert len(done.record["plan"]["splits"]) > 1
    assert any(isinstance(event, Notice) and "Out of memory" in event.text for event in lab.seen)
    from PIL import Image

    split = [Image.open(path).convert("RGB") for path in done.outputs]
    assert all(difference(*pair) < TOLERANCE for pair in zip(whole, split, strict=True))
    assert "splits" not in lab.run(big(sdxl, **asked)).record.get("plan", {}), "the card is free again"


def test_memory_that_runs_out_fifty_times_leaves_the_lab_as_it_was(sdxl: Model, tmp_path: Path) -> None:
    lab = GpuLab(tmp_path / "failing", tiles="off", when_full="fail")
    try:
        first = pictures(lab, sdxl)
        lab.engine._residency.make_room_for_job()
        before = room(lab)
        with filled(2.0):
            for number in range(50):
                # What is captured of the log would keep what hangs on each error.
                logging.disable()
                failed = lab.run(big(sdxl, batch_size=8, width=1536, height=1536, steps=2, seed=number))
                assert isinstance(failed, JobFailed), failed
                assert failed.reason.startswith("Out of memory"), failed.reason
            logging.disable(logging.NOTSET)
            print(failed.reason)
        after = room(lab)
        assert abs((after.ours - after.spare) - (before.ours - before.spare)) < 64 * 2**20
        assert difference(first[0], pictures(lab, sdxl)[0]) == 0
    finally:
        assert lab.engine.close(timeout=60)


def test_the_queue_of_a_lab_holds_and_goes_on_when_there_is_room(sdxl: Model, tmp_path: Path) -> None:
    lab = GpuLab(tmp_path / "first")
    lab.engine.close(timeout=60)
    settings = Settings(
        output_dir=tmp_path / "held", log_dir=tmp_path, keep_vram="0", keep_ram="0", tiles="off", when_full="fail"
    )
    lab.engine = Engine(settings, lab.reports.put, QueueStore(settings.output_dir, tmp_path / "lab.db"))
    lab.engine.start()
    try:
        assert isinstance(lab.run(big(sdxl)), JobDone)
        with filled(1.0):
            large = lab.engine.submit(big(sdxl, batch_size=8, width=2048, height=2048, steps=2))
            small = lab.engine.submit(big(sdxl, seed=7))
            assert isinstance(lab.end(large), JobFailed)
            paused = lab.engine.status.paused
            print(paused)
            assert paused is not None
            assert paused.startswith("Out of memory")
            assert [job.id for job in lab.engine.status.waiting] == [small.id]
        lab.engine.resume()
        assert isinstance(lab.end(small), JobDone)
    finally:
        assert lab.engine.close(timeout=60)


def test_what_is_estimated_is_what_a_job_takes(lab: GpuLab, sdxl: Model) -> None:
    """Printed: for shapes that no fit has seen."""
    for speed in ("fast", "exact", "eager"):
        for width, height, batch in ((896, 1152, 1), (1216, 832, 3), (1408, 1408, 2), (1792, 1024, 5)):
            asked = big(sdxl, width=width, height=height, batch_size=batch, steps=2, speed=speed)
            known = lab.run(replace(asked, plan=Plan(lean=True))).record["vram"]
            print(
                speed,
                width,
                height,
                batch,
                known["estimate"],
                known["took"],
                f"{known['estimate'] / known['took']:.3f}",
            )
            assert 0.8 < known["estimate"] / known["took"] < 1.25


def test_the_threaded_batch_makes_the_same_pictures_as_single_jobs(lab: GpuLab, sdxl: Model) -> None:
    """Printed: seconds of the threaded batch, the plain one, and the same pictures one after the other."""
    import time

    def timed(**changes: Any) -> tuple[float, list[Any]]:
        began = time.perf_counter()
        made = pictures(lab, sdxl, steps=30, **changes)
        return time.perf_counter() - began, made

    pictures(lab, sdxl, batch_size=4, threaded=True, steps=2)
    threads, made = timed(batch_size=4, threaded=True)
    eager, _ = timed(batch_size=4, speed="eager")
    pictures(lab, sdxl, batch_size=4, steps=2)
    plain, _ = timed(batch_size=4)
    print(f"4 pictures, 30 steps: threaded {threads:.2f} s, eager batch {eager:.2f} s, fast batch {plain:.2f} s")
    alone = [pictures(lab, sdxl, steps=30, speed="eager", seed=1 + number)[0] for number in range(2)]
    assert [difference(*pair) for pair in zip(made, alone, strict=False)] == [0, 0]
