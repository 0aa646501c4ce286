"""Jobs that are fitted into memory: in smaller passes, in tiles, in threads, and what happens when there is no room."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sdxl_tui.core.animation import LIGHT
from sdxl_tui.core.models import CATALOGUE
from sdxl_tui.core.modes import ANIMATE_STEPS
from sdxl_tui.core.plans import Plan
from sdxl_tui.core.repeat import request_of
from sdxl_tui.core.settings import Settings
from sdxl_tui.engine import JobCancelled, JobDone, JobFailed, JobStarted, Notice, StepDone
from sdxl_tui.engine import making as making_module
from tests.engine.conftest import Lab, request
from tests.engine.test_pictures import difference

TOLERANCE = 1.0
"""Mean difference (of 255): of pictures that differ by rounding in their batch."""


class OutOfMemoryError(RuntimeError):
    """Named as torch's."""


def pictures_of(done: Any) -> list[Any]:
    from PIL import Image

    assert isinstance(done, JobDone), done
    return [Image.open(path).convert("RGB") for path in done.outputs]


def started(lab: Lab) -> list[int]:
    return [event.steps for event in lab.seen if isinstance(event, JobStarted)]


@pytest.fixture
def running_out(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, int], None]:
    """Let memory run out in a pass of so many pictures or more, so many latents into it."""

    def break_it(pictures: int, after: int = 0) -> None:
        make = making_module.MODES["txt2img"]

        def breaking(work: Any) -> Iterator[Any]:
            left = work.job.request.passes_from(work.done)
            for number, latents in enumerate(make(work)):
                if max(left) >= pictures and number >= after:
                    raise OutOfMemoryError("CUDA out of memory.")
                yield latents

        monkeypatch.setitem(making_module.MODES, "txt2img", breaking)

    return break_it


def test_a_split_batch_makes_the_pictures_of_the_whole_one(shared_lab: Lab) -> None:
    whole = pictures_of(shared_lab.run(request(batch_size=3)))
    shared_lab.seen.clear()
    done = shared_lab.run(request(batch_size=3, plan=Plan(pass_pictures=2)))
    assert all(difference(*pair) < TOLERANCE for pair in zip(whole, pictures_of(done), strict=True))
    assert done.record["plan"] == {"splits": [2, 1]}
    assert done.record["seeds"] == [1, 2, 3]
    steps = [event for event in shared_lab.seen if isinstance(event, StepDone)]
    assert [event.step for event in steps] == list(range(1, 9))
    assert {event.steps for event in steps} == {8}
    again = request_of(done.record, CATALOGUE, {})
    assert again.plan.splits(3) == [2, 1]


def test_an_image_to_image_batch_is_split_too(shared_lab: Lab, tmp_path: Path) -> None:
    from PIL import Image

    init = tmp_path / "init.png"
    Image.radial_gradient("L").convert("RGB").resize((128, 128)).save(init)
    asked = request(batch_size=3, mode="img2img", init_image=init, strength=0.8)
    whole = pictures_of(shared_lab.run(asked))
    split = pictures_of(shared_lab.run(replace(asked, plan=Plan(pass_pictures=1))))
    assert all(difference(*pair) < TOLERANCE for pair in zip(whole, split, strict=True))


def test_a_plan_may_have_the_vae_work_in_tiles(shared_lab: Lab) -> None:
    done = shared_lab.run(request(width=192, plan=Plan(tiled=True)))
    assert done.record["plan"]["tiled_vae"] is True
    assert done.record["plan"]["tiled"] == {"decode": "plan"}
    assert request_of(done.record, CATALOGUE, {}).plan == Plan(tiled=True)


def test_a_batch_without_room_runs_again_in_smaller_passes(lab: Lab, running_out: Callable[..., None]) -> None:
    running_out(4)
    done = lab.run(request(batch_size=4))
    assert len(pictures_of(done)) == 4
    assert done.record["plan"] == {"lean": True, "splits": [2, 2]}
    (notice,) = (event.text for event in lab.seen if isinstance(event, Notice))
    assert notice.startswith("Out of memory at step")
    assert notice.endswith("the job runs once more as 2 + 2.")
    assert started(lab) == [4, 8]


def test_pictures_that_are_made_are_not_made_again(lab: Lab, running_out: Callable[..., None]) -> None:
    whole = pictures_of(lab.run(request(batch_size=4)))
    running_out(4, after=1)
    lab.seen.clear()
    done = lab.run(request(batch_size=4))
    assert all(difference(*pair) < TOLERANCE for pair in zip(whole, pictures_of(done), strict=True))
    assert [path.name[-6:-4] for path in done.outputs] == ["01", "02", "03", "04"]
    assert started(lab) == [4, 8], "three pictures are left: 2 + 1"


def test_a_sequence_goes_on_with_the_frame_that_had_no_room(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = request(mode=ANIMATE_STEPS, frames=4, motion=LIGHT, steps=2)
    whole = pictures_of(lab.run(asked))
    make, rooms = making_module.MODES[ANIMATE_STEPS], [1]

    def breaking(work: Any) -> Iterator[Any]:
        for number, latents in enumerate(make(work)):
            if number == 2 and rooms:
                raise OutOfMemoryError("CUDA out of memory.")
            yield latents

    monkeypatch.setitem(making_module.MODES, ANIMATE_STEPS, breaking)
    monkeypatch.setattr(lab.engine._residency, "make_room_for_job", lambda: rooms.pop() if rooms else 0)
    lab.seen.clear()
    assert [difference(*pair) for pair in zip(whole, pictures_of(lab.run(asked)), strict=True)] == [0, 0, 0, 0]
    assert started(lab) == [8, 4]


def test_a_job_that_still_has_no_room_fails_and_the_next_one_runs(lab: Lab, running_out: Callable[..., None]) -> None:
    running_out(2)
    failed = lab.run(request(batch_size=4))
    assert isinstance(failed, JobFailed)
    assert failed.reason.startswith("Out of memory")
    assert "OutOfMemoryError" not in failed.reason
    assert isinstance(lab.run(request()), JobDone)


def test_the_setting_can_forbid_the_second_try(lab: Lab, running_out: Callable[..., None]) -> None:
    lab.engine.use_settings(Settings(output_dir=lab.folder, device="cpu", when_full="fail"))
    running_out(4)
    failed = lab.run(request(batch_size=4))
    assert isinstance(failed, JobFailed)
    assert started(lab) == [4]


def test_the_threaded_batch_makes_each_picture_as_it_would_be_alone(lab: Lab) -> None:
    done = lab.run(request(batch_size=3, threaded=True, speed="fast"))
    alone = [pictures_of(lab.run(request(seed=seed)))[0] for seed in (1, 2, 3)]
    assert [difference(*pair) for pair in zip(pictures_of(done), alone, strict=True)] == [0, 0, 0]
    assert (done.record["threaded"], done.record["speed"]) == (True, "eager")
    line = json.loads((lab.folder / "jobs.log").read_text().splitlines()[0])
    assert request_of(line, CATALOGUE, {}).threaded


def test_the_threaded_batch_can_be_stopped(lab: Lab) -> None:
    job = lab.engine.submit(request(batch_size=4, threaded=True, steps=60))
    lab.until(StepDone)
    assert lab.engine.cancel(job.id)
    end = lab.end(job)
    assert isinstance(end, JobCancelled)
    assert end.step < 240
    assert isinstance(lab.run(request()), JobDone)
