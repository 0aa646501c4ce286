"""Requests of every mode: what is refused, what is counted, what is logged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.infotext import read
from sdxl_tui.core.infotext import write as infotext
from sdxl_tui.core.job import queued
from sdxl_tui.core.models import CATALOGUE, DEMO
from sdxl_tui.core.pictures import save_picture
from sdxl_tui.core.request import GenerationRequest, smallest_strength
from sdxl_tui.core.styles import Style
from tests.core.records import encoding, job_record

NOIR = Style("noir", "Noir", prompt="film noir", negative="colour")
INIT, MASK = Path("/pictures/init.png"), Path("/pictures/mask.png")


def request(**changes: Any) -> GenerationRequest:
    values: dict[str, Any] = {
        "model": CATALOGUE[DEMO],
        "prompt": "a fox",
        "negative_prompt": "",
        "style": NOIR,
        "scheduler": "euler",
        "steps": 20,
        "guidance_scale": 4.0,
        "width": 128,
        "height": 128,
        "seed": 7,
    }
    return GenerationRequest(**(values | changes))


def logged(**changes: Any) -> dict[str, Any]:
    return queued(request(**changes), Path("/out")).as_log()


REFUSALS: dict[str, tuple[dict[str, Any], str]] = {
    "mode": ({"mode": "video"}, "There is no mode 'video'; there are txt2img, img2img, inpaint, animate_steps."),
    "no init image": ({"mode": "img2img"}, "It starts from a picture: choose an init image."),
    "no mask": ({"mode": "inpaint", "init_image": INIT}, "Inpainting needs a mask: white is repainted."),
    "strength 0": ({"mode": "img2img", "init_image": INIT, "strength": 0.0}, "Strength goes from above 0 to 1."),
    "strength above": ({"mode": "img2img", "init_image": INIT, "strength": 1.01}, "Strength goes from above 0 to 1."),
    "strength nan": ({"mode": "img2img", "init_image": INIT, "strength": float("nan")}, "Strength goes from above 0"),
    "less than a step": (
        {"mode": "img2img", "init_image": INIT, "strength": 0.04},
        "Strength 0.04 of 20 steps is less than one step: the smallest strength that works is 0.05.",
    ),
    "less than the one step": (
        {"mode": "img2img", "init_image": INIT, "strength": 0.9, "steps": 1},
        "Strength 0.9 of 1 step is less than one step: the smallest strength that works is 1.",
    ),
    "mask blur": (
        {"mode": "inpaint", "init_image": INIT, "mask_image": MASK, "mask_blur": 257},
        "Mask blur goes from 0 to 256.",
    ),
    "frames": ({"mode": "animate_steps", "frames": 1000}, "Frames go from 2 to 999."),
    "frames in a batch": ({"mode": "animate_steps", "batch_size": 2}, "leave the batch at 1"),
    "variation": ({"mode": "animate_steps", "variation": -0.1}, "Variation goes from 0 to 1."),
    "end seed": (
        {"mode": "animate_steps", "motion": "latent", "end_seeds": (2**32,)},
        "End seeds go from 0 to 4294967295; -1 draws one.",
    ),
    "end seed of a prompt motion": (
        {"mode": "animate_steps", "motion": "prompt", "end_seeds": (2,)},
        "Only the latent motion goes to other seeds, not 'prompt'.",
    ),
    "end prompt of a light motion": ({"mode": "animate_steps", "end_prompts": ("a wolf",)}, "not 'light'."),
    "end prompt empty": (
        {"mode": "animate_steps", "motion": "prompt", "end_prompts": (" ",), "style": Style("none", "None")},
        "An end prompt is empty",
    ),
}


@pytest.mark.parametrize(("changes", "sentence"), REFUSALS.values(), ids=REFUSALS)
def test_what_cannot_be_made_is_one_sentence(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UserError) as raised:
        request(**changes)
    assert sentence in str(raised.value)


def test_the_smallest_strength_works_and_less_does_not() -> None:
    for steps in range(1, 201):
        strength = smallest_strength(steps)
        assert request(mode="img2img", init_image=INIT, strength=strength, steps=steps).denoising_steps == 1
        with pytest.raises(UserError, match=f"works is {strength:g}"):
            request(mode="img2img", init_image=INIT, strength=strength - 0.001, steps=steps)


def test_steps_and_pictures_of_a_job() -> None:
    assert (request(batch_size=3).denoising_steps, request(batch_size=3).pictures) == (20, 3)
    assert request(mode="img2img", init_image=INIT, strength=0.33).denoising_steps == 6
    animation = request(mode="animate_steps", frames=5)
    assert (animation.denoising_steps, animation.pictures) == (100, 5)


def test_a_mode_logs_its_own_fields_and_no_others() -> None:
    own = {"strength", "init_image", "mask_image", "mask_blur", "frames", "motion", "variation", "easing",
           "end_seeds", "end_prompts", "frame_prompts"}  # fmt: skip
    assert not own & set(logged())
    assert own & set(logged(mode="img2img", init_image=INIT)) == {"init_image", "strength"}
    inpaint = logged(mode="inpaint", init_image=Path("init.png"), mask_image=MASK)
    assert own & set(inpaint) == {"init_image", "strength", "mask_image", "mask_blur"}
    assert inpaint["init_image"] == str(Path("init.png").absolute())
    light = logged(mode="animate_steps")
    assert own & set(light) == {"frames", "motion", "variation", "frame_prompts"}
    latent = logged(mode="animate_steps", motion="latent")
    assert own & set(latent) == {"frames", "motion", "easing", "end_seeds", "end_prompts", "frame_prompts"}


def test_frame_prompts_are_as_sent_with_the_style() -> None:
    light = logged(mode="animate_steps", frames=4)
    assert light["frame_prompts"][0] == "a fox, film noir"
    assert all(prompt.startswith("a fox, ") and prompt.endswith(", film noir") for prompt in light["frame_prompts"][1:])
    assert light["seeds"] == [7, 8, 9, 10]
    way = logged(mode="animate_steps", frames=3, motion="latent", end_seeds=(20,), end_prompts=("a wolf", "a dog"))
    assert way["frame_prompts"] == ["a fox, film noir", "a wolf, film noir", "a dog, film noir"]
    assert way["seeds"] == [7, 20, 20]
    moving = logged(mode="animate_steps", frames=3, motion="prompt")
    assert moving["end_prompts"] == ["a fox, seen from closer, in motion"]
    assert moving["seeds"] == [7, 7, 7]


def frame_record(**changes: Any) -> dict[str, Any]:
    own = {"mode": "animate_steps", "batch_size": 1, "frames": 2, "frame_prompts": ["a fox", "a fox, moving"]}
    return job_record(**own, **changes)


def test_a_frame_says_its_own_seed_and_words_to_other_readers() -> None:
    text = read(infotext(frame_record(), 1, "Euler", "Uniform"))
    assert (text.prompt, text.settings["Seed"]) == ("a fox, moving", "123457")


def test_the_frames_of_a_job_share_one_number(tmp_path: Path) -> None:
    def save(job: str, index: int) -> str:
        record = frame_record(job_id=f"20261123-174900-{job}")
        return save_picture(encoding(), tmp_path, record, index, "Euler", "Uniform").name

    assert save("aaaaaa", 0) == "20261123-174900_a-red-fox_frame_001.png"
    assert [save("bbbbbb", index) for index in range(2)] == [
        "20261123-174900_a-red-fox-2_frame_001.png",
        "20261123-174900_a-red-fox-2_frame_002.png",
    ]
    assert save("aaaaaa", 1) == "20261123-174900_a-red-fox_frame_002.png"
