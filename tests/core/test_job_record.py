"""A job on disk: what is read again is the very job that was queued."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sdxl_tui.core import animation, job_record
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.hires import METHODS, Hires
from sdxl_tui.core.job import Job, queued
from sdxl_tui.core.lora_tags import LoraUse
from sdxl_tui.core.models import CATALOGUE, DEMO
from sdxl_tui.core.modes import ANIMATE_STEPS, IMG2IMG, INPAINT, MODES, TXT2IMG
from sdxl_tui.core.plans import Plan
from sdxl_tui.core.request import GenerationRequest
from sdxl_tui.core.schedulers import SCHEDULERS
from sdxl_tui.core.speeds import SPEEDS
from sdxl_tui.core.styles import Style

NASTY = '[/] [red]x[/red] [$accent] \\[ "quoted" \n two lines \u2028 ü 漢 🦊 \ud800'
STYLE = Style("noir", f"Noir {NASTY}", "dark", "film noir of {prompt}", NASTY, "dpmpp_2m", 35, 5.5)


def random_job(rand: random.Random, folder: Path) -> Job:
    """Any job that may be queued, of any mode."""
    mode = rand.choice(list(MODES))
    values: dict[str, Any] = {
        "model": rand.choice(list(CATALOGUE.values())),
        "prompt": rand.choice(["a fox", NASTY, "a <lora:neon:0.5:0.8> fox"]),
        "negative_prompt": rand.choice(["", NASTY]),
        "style": rand.choice([Style("none", "None / Raw"), STYLE]),
        "scheduler": rand.choice(list(SCHEDULERS)),
        "steps": rand.randint(20, 200),
        "guidance_scale": rand.choice([0, 7, 7.0, rand.uniform(0, 50)]),
        "width": 8 * rand.randint(32, 64),
        "height": 8 * rand.randint(32, 64),
        "seed": rand.choice([None, 0, 2**32 - 1]),
        "speed": rand.choice(list(SPEEDS)),
        "mode": mode,
        "prompt_syntax": rand.choice(["a1111", "plain"]),
        "prompt_template": rand.choice(["", "a {fox|dog}"]),
        "negative_prompt_template": rand.choice(["", "__bad__"]),
        "plan": Plan(rand.random() < 0.5, rand.randint(0, 4), rand.random() < 0.5),
        "loras": rand.choice(
            [(), (LoraUse("styles/neon", 0.8, 0.5, True, folder / "neon.safetensors"), LoraUse("other", -1))]
        ),
    }
    if mode != ANIMATE_STEPS:
        values["batch_size"] = rand.randint(1, 8)
    if mode in (IMG2IMG, INPAINT):
        values |= {"init_image": folder / "caf\udce9 init.png", "strength": rand.uniform(0.1, 1)}
    if mode == INPAINT:
        values |= {"mask_image": folder / "mask.png", "mask_blur": rand.randint(0, 256)}
    if mode == ANIMATE_STEPS:
        motion = rand.choice(list(animation.MOTIONS))
        values |= {"motion": motion, "frames": rand.randint(2, 9), "variation": rand.random(), "easing": "linear"}
        if motion == animation.LATENT:
            values["end_seeds"] = rand.choice([(), (5, None)])
        if motion != animation.LIGHT:
            values["end_prompts"] = rand.choice([(), ("a dog", NASTY)])
    if mode in (TXT2IMG, IMG2IMG) and rand.random() < 0.4:
        values["hires"] = Hires(rand.uniform(1.2, 2), rand.choice(list(METHODS)), 30, rand.uniform(0.1, 1))
    elif mode == TXT2IMG:
        values["threaded"] = rand.random() < 0.5
    return queued(GenerationRequest(**values), folder / "pictures")


@pytest.mark.parametrize("seed", range(300))
def test_any_job_comes_back_as_it_was_queued(seed: int, tmp_path: Path) -> None:
    job = random_job(random.Random(seed), tmp_path)
    text = job_record.written(job)
    assert text.isascii()
    assert "\n" not in text
    again = job_record.read(text)
    assert again == job
    assert again.as_log() == job.as_log()
    assert type(again.request.guidance_scale) is type(job.request.guidance_scale)


def a_job(tmp_path: Path, **changes: Any) -> Job:
    values = {
        "model": CATALOGUE[DEMO], "prompt": "a fox", "negative_prompt": "", "style": STYLE, "scheduler": "euler",
        "steps": 4, "guidance_scale": 4.0, "width": 64, "height": 64,
    }  # fmt: skip
    return queued(GenerationRequest(**(values | changes)), tmp_path)


def test_paths_hold_in_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    job = a_job(tmp_path, mode=IMG2IMG, init_image=Path("init.png"))
    text = job_record.written(job)
    monkeypatch.chdir("/")
    assert job_record.read(text).request.init_image == tmp_path / "init.png"


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda text: text[:-9], "cannot be read here"),
        (lambda text: "[]", "cannot be read here"),
        (lambda text: text.replace('"steps": 4', '"steps": "4"'), "is no int"),
        (lambda text: text.replace('"steps": 4', '"steps": 0'), "Steps go from 1 to 200"),
        (lambda text: text.replace('"scheduler": "euler"', '"scheduler": "of tomorrow"'), "There is no scheduler"),
        (lambda text: text.replace('"seed": null', '"seed": null, "sound": true'), "a newer lab wrote it: sound"),
    ],
)
def test_what_cannot_be_read_is_said_in_a_sentence(damage: Any, said: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=said):
        job_record.read(damage(job_record.written(a_job(tmp_path))))


def test_what_an_older_lab_did_not_write_is_as_it_was_then(tmp_path: Path) -> None:
    job = a_job(tmp_path)
    record = json.loads(job_record.written(job))
    del record["request"]["threaded"], record["request"]["plan"], record["end_seeds"]
    assert job_record.read(json.dumps(record)) == job


def test_a_model_that_left_the_catalogue_and_files_that_are_gone_are_named(tmp_path: Path) -> None:
    job = a_job(tmp_path)
    assert job_record.check_possible(job, CATALOGUE) == job
    with pytest.raises(UserError, match="Demo is not in the catalogue any more"):
        job_record.check_possible(job, {})
    init = tmp_path / "init.png"
    job = a_job(tmp_path, mode=IMG2IMG, init_image=init)
    with pytest.raises(UserError, match=r"init\.png is gone"):
        job_record.check_possible(job, CATALOGUE)
    init.touch()
    assert job_record.check_possible(job, CATALOGUE) == job
    job = a_job(tmp_path, loras=(LoraUse("neon", file=tmp_path / "neon.safetensors"),))
    with pytest.raises(UserError, match="The LoRA neon is gone"):
        job_record.check_possible(job, CATALOGUE)


def test_a_model_that_lies_elsewhere_now_is_taken_from_there(tmp_path: Path) -> None:
    moved = replace(CATALOGUE[DEMO], folder=tmp_path / "moved")
    assert job_record.check_possible(a_job(tmp_path), {DEMO: moved}).request.model.folder == tmp_path / "moved"
