"""A log line becomes a request again, whoever wrote it, and what differs is named."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.job import queued
from sdxl_tui.core.models import CATALOGUE
from sdxl_tui.core.repeat import differences, request_of, same_pixels
from sdxl_tui.core.request import GenerationRequest
from sdxl_tui.core.styles import Style
from tests.core.records import NASTY_PROMPTS, job_record
from tests.core.test_modes import NOIR, request

STYLES = {"none": Style("none", "None / Raw"), "noir": NOIR}


def again(record: dict[str, Any], styles: dict[str, Style] = STYLES) -> GenerationRequest:
    return request_of(record, CATALOGUE, styles)


def log_of(**changes: Any) -> dict[str, Any]:
    return queued(request(**changes), Path("/out")).as_log()


@pytest.mark.parametrize("name", NASTY_PROMPTS)
def test_any_prompt_comes_back_with_its_style(name: str) -> None:
    asked = request(prompt=NASTY_PROMPTS[name], negative_prompt=NASTY_PROMPTS[name], seed=3)
    assert again(queued(asked, Path("/out")).as_log()) == asked


@pytest.mark.parametrize(
    "now",
    [
        {},
        {"noir": Style("noir", "Noir", prompt="now other words", negative="x")},
        {"noir": Style("noir", "Noir", prompt="{prompt} as a drawing", steps=3)},
    ],
    ids=["gone", "other words", "a template"],
)
@pytest.mark.parametrize(
    "then", [NOIR, Style("noir", "Noir", prompt="a drawing of {prompt}, {x}", negative="no {prompt}")]
)
@pytest.mark.parametrize("prompt", ["a fox", "", "{prompt}", "a"])
def test_a_style_that_changed_is_taken_as_it_was(now: dict[str, Style], then: Style, prompt: str) -> None:
    record = log_of(style=then, prompt=prompt, negative_prompt="dog")
    repeated = again(record, now)
    assert repeated.styled_prompt == record["styled_prompt"]
    assert repeated.styled_negative_prompt == record["styled_negative_prompt"]
    assert (repeated.steps, repeated.guidance_scale, repeated.scheduler) == (20, 4.0, "euler")


def test_a_motion_comes_back_with_its_ends() -> None:
    record = log_of(mode="animate_steps", motion="latent", frames=9, end_seeds=(None, 4), easing="ease_in")
    repeated = again(record)
    assert repeated.end_seeds == tuple(record["end_seeds"])
    assert queued(repeated, Path("/out")).as_log()["frame_prompts"] == record["frame_prompts"]
    moving = log_of(mode="animate_steps", motion="prompt", frames=3)
    assert queued(again(moving), Path("/out")).frame_plan == queued(request(
        mode="animate_steps", motion="prompt", frames=3), Path("/out")).frame_plan  # fmt: skip


@pytest.mark.parametrize(
    ("line", "scheduler", "steps"),
    [
        ({"model": "demo", "prompt": "a fox"}, "euler", 12),
        ({"model": "demo", "prompt": "a fox", "scheduler": "DPM++ 2M Karras", "steps": 30}, "dpmpp_2m_karras", 30),
        ({"model": "demo", "prompt": "a fox", "scheduler": "EulerAncestralDiscreteScheduler"}, "euler_a", 12),
        ({"model": "demo", "prompt": "a fox", "scheduler": "DPMSolverMultistepScheduler"}, "dpmpp_2m", 12),
        ({"model": "demo", "prompt": "a fox", "scheduler": "Unheard of", "seed": -1}, "euler", 12),
        ({"model": "demo", "prompt": "a fox", "style": "Noir", "mode": "Txt2Img", "new key": [1]}, "euler", 12),
    ],
)  # fmt: skip
def test_old_lines_go_as_far_as_they_go(line: dict[str, Any], scheduler: str, steps: int) -> None:
    repeated = again(line)
    assert (repeated.scheduler, repeated.steps, repeated.prompt) == (scheduler, steps, "a fox")
    assert repeated.style.name == line.get("style", "None / Raw")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"model": "gone/model"}, "There is no model 'gone/model'"),
        ({"model": None}, "does not say which model it was"),
        ({"mode": "hologram"}, "There is no mode 'hologram' here"),
        ({"steps": "many"}, "The line in jobs.log is damaged"),
        ({"steps": 5000}, "Steps go from 1 to 200."),
        ({"mode": "img2img"}, "choose an init image"),
        ({"mode": "img2img", "init_image": "/gone/photo.png"}, "There is no file /gone/photo.png."),
    ],
)
def test_what_cannot_be_repeated_is_one_sentence(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UserError) as raised:
        again({**log_of(), **changes})
    assert sentence in str(raised.value)


def test_a_picture_that_changed_since_is_noticed(tmp_path: Path) -> None:
    init = tmp_path / "photo.png"
    init.write_bytes(b"then")
    record = log_of(mode="img2img", init_image=init)
    record["init_image_sha256"] = hashlib.sha256(b"then").hexdigest()
    assert again(record).init_image == init
    init.write_bytes(b"now")
    with pytest.raises(UserError, match=r"^photo\.png has changed since that job"):
        again(record)


def test_pixels_are_compared_as_far_as_both_have_them() -> None:
    assert same_pixels({"pixels_sha256": ["a", "b"]}, {"pixels_sha256": ["a", "b"]}) is True
    assert same_pixels({"pixels_sha256": ["a"]}, {"pixels_sha256": ["a", "b"]}) is True
    assert same_pixels({"pixels_sha256": ["a", "c"]}, {"pixels_sha256": ["a", "b"]}) is False
    assert same_pixels({}, {"pixels_sha256": ["a"]}) is None


def test_what_differs_is_named() -> None:
    then = job_record(
        model_revision="noise-1", device="CPU, 2 cores", speed="eager", dtype="float32",
        versions={"app": "0.1.0", "torch": "2.3.0", "cuda": None}, init_image_sha256="a",
    )  # fmt: skip
    assert differences(then, then) == []
    now = {
        **then,
        "model_revision": "noise-2",
        "device": "NVIDIA H100",
        "speed": "fast",
        "dtype": "float16",
        "init_image_sha256": "b",
        "versions": {"app": "0.1.0", "torch": "2.11.0", "cuda": "12.8"},
    }
    assert differences(then, now) == [
        "The model's revision was noise-1, now it is noise-2.",
        "The device was CPU, 2 cores, now it is NVIDIA H100.",
        "The speed was eager, now it is fast.",
        "The number format was float32, now it is float16.",
        "The init image has changed.",
        "cuda was not there, now it is 12.8.",
        "torch was 2.3.0, now it is 2.11.0.",
    ]
    assert differences({}, now) == []


@pytest.mark.parametrize(
    ("line", "speed"),
    [
        ({}, "eager"),
        ({"speed": "exact", "speed_choice": "exact"}, "exact"),
        ({"speed": "eager", "speed_choice": "fast"}, "eager"),
    ],
    ids=["an old line", "as asked", "where fast could not run"],
)
def test_a_repeat_runs_at_the_speed_that_made_the_pictures(line: dict[str, Any], speed: str) -> None:
    record = {key: value for key, value in log_of(speed="fast").items() if not key.startswith("speed")}
    assert again({**record, **line}).speed == speed


def test_a_speed_that_cannot_run_here_is_not_called_a_choice() -> None:
    then = job_record(speed="fast", speed_choice="fast")
    assert differences(then, {**then, "speed": "eager"}) == [
        "The speed was fast, which cannot run here: now it is eager."
    ]
    before = {**then, "speed": "eager"}
    assert differences(before, {**before, "speed_choice": "eager"}) == []


def test_who_ran_with_others_is_told_so() -> None:
    alone, joined = {"seed": 1}, {"seed": 1, "joined_with": ["a", "b"]}
    assert differences(joined, joined) == []
    assert differences(joined, alone) == [
        "It ran in one pass with 2 other jobs, now alone: the sums of a pass come in another order."
    ]
    assert differences(alone, {**joined, "joined_with": ["a"]}) == [
        "It ran alone, now in one pass with 1 other job: the sums of a pass come in another order."
    ]
    assert differences({"joined_with": 5}, alone) == []
