"""Every job again, from nothing but its line in the log, in another process."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from sdxl_tui.core import joblog
from sdxl_tui.core.masks import Rectangle, draw_mask, store_mask
from sdxl_tui.core.schedulers import SCHEDULERS
from sdxl_tui.core.styles import load_styles
from sdxl_tui.engine import JobDone
from tests.engine.conftest import Lab, request

JOBS = 20
MODES = ("txt2img", "img2img", "inpaint", "animate_steps")

AGAIN = """
import json, queue, sys
from pathlib import Path
from sdxl_tui.core import joblog
from sdxl_tui.core.models import load_catalogue
from sdxl_tui.core.repeat import request_of
from sdxl_tui.core.settings import Settings
from sdxl_tui.core.styles import load_styles
from sdxl_tui.engine import Engine, JobCancelled, JobDone, JobFailed

reports = queue.SimpleQueue()
engine = Engine(Settings(output_dir=Path(sys.argv[2]), device="cpu"), reports.put)
engine.start()
for record in joblog.read(Path(sys.argv[1])):
    engine.submit(request_of(record, load_catalogue(), load_styles()[0]))
    while not isinstance(event := reports.get(), JobDone | JobFailed | JobCancelled):
        pass
    print(json.dumps(event.record))
engine.close(30)
"""


def any_job(chance: random.Random, mode: str, photo: Path) -> dict[str, Any]:
    """The values of a small job that nobody chose."""
    values = {
        "mode": mode,
        "prompt": chance.choice(["a red apple", "[/] [red]x[/red] [$accent] \\[", "two {cats}, 3 dogs\nand a bird"]),
        "negative_prompt": chance.choice(["", "blurry, text"]),
        "style": chance.choice(list(load_styles()[0].values())),
        "scheduler": chance.choice(list(SCHEDULERS)),
        "steps": chance.randint(2, 4),
        "guidance_scale": chance.choice([1.0, 4.5, 7.25]),
        "width": chance.choice([64, 96]),
        "height": chance.choice([64, 72]),
        "seed": chance.randrange(2**32),
    }
    if mode == "animate_steps":
        values["frames"] = 3
        values["motion"] = motion = chance.choice(["light", "latent", "prompt"])
        if motion == "light":
            values["variation"] = chance.random()
        else:
            values["easing"] = chance.choice(["linear", "ease_in_out"])
        if motion == "latent":
            values["end_seeds"] = chance.choice([(), (None, 7)])
    else:
        values["batch_size"] = chance.randint(1, 2)
    if mode in ("img2img", "inpaint"):
        values |= {"init_image": photo, "strength": chance.uniform(0.5, 1)}
    if mode == "inpaint":
        drawn = draw_mask((120, 90), [Rectangle(*(chance.randint(0, 80) for _ in range(2)), 100, 85)])
        values |= {"mask_image": store_mask(drawn), "mask_blur": chance.randint(0, 16)}
    return values


@pytest.mark.timeout(600)
def test_twenty_jobs_of_all_modes_have_the_same_pixels_in_a_new_process(shared_lab: Lab, tmp_path: Path) -> None:
    chance = random.Random(6)
    photo = tmp_path / "photo.png"
    Image.effect_noise((120, 90), 90).convert("RGB").save(photo)
    for number in range(JOBS):
        done = shared_lab.run(request(**any_job(chance, MODES[number % len(MODES)], photo)))
        assert isinstance(done, JobDone), done
    first = list(joblog.read(shared_lab.folder))
    answer = subprocess.run(
        [sys.executable, "-c", AGAIN, str(shared_lab.folder), str(tmp_path / "again")],
        capture_output=True,
        text=True,
        check=True,
    )
    second = [json.loads(line) for line in answer.stdout.splitlines()]
    assert len(first) == len(second) == JOBS
    for before, after in zip(first, second, strict=True):
        assert before["pixels_sha256"] == after["pixels_sha256"], before
        changing = {"job_id", "timestamp", "finished", "seconds", "load_seconds", "outputs"}
        assert {key: value for key, value in before.items() if key not in changing} == {
            key: value for key, value in after.items() if key not in changing
        }
