"""The settings of any picture, of ours and of other programs."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from sdxl_tui.core import pictures
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.models import CATALOGUE
from sdxl_tui.core.picture_settings import PictureSettings, settings_of
from tests.core.foreign_pictures import (
    COMFY_WORKFLOW,
    INFOTEXT,
    comfy,
    comfy_graph,
    fooocus,
    invokeai,
    png,
    with_user_comment,
)
from tests.core.records import NASTY_PROMPTS, encoding, job_record


def read(path: Path) -> PictureSettings:
    return settings_of(path, CATALOGUE)


def holds(settings: PictureSettings, **wanted: Any) -> None:
    found = {key: settings.record.get(key) for key in wanted}
    assert found == wanted


@pytest.mark.parametrize("prompt", NASTY_PROMPTS.values(), ids=NASTY_PROMPTS)
def test_our_own_chunk_is_the_truth(prompt: str, tmp_path: Path) -> None:
    record = job_record(prompt=prompt, styled_prompt=prompt)
    path = pictures.save_picture(encoding(), tmp_path, record, 1, "DPM++ 2M", "Karras")
    assert read(path) == PictureSettings({**record, "image_index": 1}, "sdxl-tui")


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp"])
def test_a1111(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    settings = read(png(path, parameters=INFOTEXT) if name == "a.png" else with_user_comment(path, INFOTEXT))
    holds(
        settings,
        mode="txt2img",
        prompt="a red fox, <lora:snow:0.8> (deep snow:1.2)\nat dawn",
        negative_prompt="blurry, text",
        prompt_syntax="a1111",
        model="stabilityai/stable-diffusion-xl-base-1.0",
        scheduler_choice="dpmpp_2m_karras",
        steps=28,
        guidance_scale=6.5,
        seed=1234567,
        width=832,
        height=1216,
        batch_size=1,
    )
    assert settings.made_with == "AUTOMATIC1111"
    assert settings.notes == ()


@pytest.mark.parametrize("workflow", [True, False])
def test_comfyui(workflow: bool, tmp_path: Path) -> None:
    settings = read(comfy(tmp_path / "a.png", workflow=workflow))
    holds(
        settings,
        mode="txt2img",
        prompt="a red fox",
        negative_prompt="blurry",
        model="SG161222/RealVisXL_V5.0",
        scheduler_choice="euler_a",
        steps=20,
        guidance_scale=7.5,
        seed=99,
        width=1216,
        height=832,
    )
    assert settings.made_with == "ComfyUI"
    assert settings.notes == ()


def test_comfyui_from_an_image(tmp_path: Path) -> None:
    settings = read(comfy(tmp_path / "a.png", denoise=0.6, sampler_name="uni_pc"))
    holds(settings, mode="img2img", strength=0.6, scheduler_choice="unipc")
    assert settings.notes == ("It was made from another image, which is not in it.",)


def test_comfyui_with_a_text_for_each_encoder(tmp_path: Path) -> None:
    graph = comfy_graph()
    for node, text in (("6", "a red fox"), ("7", "blurry")):
        graph[node]["class_type"] = "CLIPTextEncodeSDXL"
        graph[node]["inputs"] = {"width": 1024, "height": 1024, "text_g": text, "text_l": text, "clip": ["4", 1]}
    settings = read(png(tmp_path / "a.png", prompt=json.dumps(graph), workflow=json.dumps(COMFY_WORKFLOW)))
    holds(settings, prompt="a red fox", negative_prompt="blurry", width=1216, height=832)


def test_comfyui_that_samples_twice_or_hides_its_prompt(tmp_path: Path) -> None:
    graph = comfy_graph()
    graph["10"] = {**graph["3"], "inputs": {**graph["3"]["inputs"], "latent_image": ["3", 0], "denoise": 0.3}}
    settings = read(png(tmp_path / "a.png", prompt=json.dumps(graph)))
    holds(settings, mode="txt2img", prompt="a red fox", seed=99)
    assert settings.notes == ("Its workflow samples more than once; these are the settings of the first time.",)
    graph = comfy_graph()
    graph["6"]["inputs"] = {"conditioning": ["11", 0]}
    settings = read(png(tmp_path / "a.png", prompt=json.dumps(graph)))
    holds(settings, prompt="", seed=99)
    assert settings.notes == ("Its prompt cannot be found in its workflow.",)


def test_invokeai(tmp_path: Path) -> None:
    settings = read(invokeai(tmp_path / "a.png"))
    holds(
        settings,
        prompt="a red fox++",
        negative_prompt="blurry",
        prompt_syntax="plain",
        model="stablediffusionapi/juggernautxl",
        scheduler_choice="dpmpp_2m_karras",
        steps=25,
        guidance_scale=5.5,
        seed=4242,
        width=896,
        height=1152,
    )
    assert settings.made_with == "InvokeAI"
    assert settings.notes == (
        "The model Juggernaut XL v9 is not known here; Juggernaut XL is the nearest by its name.",
    )


def test_fooocus(tmp_path: Path) -> None:
    settings = read(fooocus(tmp_path / "a.png"))
    holds(
        settings,
        prompt="a red fox",
        model="stablediffusionapi/juggernautxl",
        scheduler_choice="dpmpp_2m_karras",
        steps=30,
        guidance_scale=4.0,
        seed=7007,
        width=1152,
        height=896,
    )
    assert settings.made_with == "Fooocus"
    assert settings.notes == (
        "Its Fooocus styles are left out: Fooocus V2, Fooocus Sharp.",
        "The model juggernautXL_v8Rundiffusion is not known here; Juggernaut XL is the nearest by its name.",
        "The sampler dpmpp_2m_sde_gpu is not here; DPM++ 2M Karras is the nearest.",
    )


def infotext(**changes: str) -> str:
    """An infotext with other settings; an empty one is left out."""
    found = {
        "Steps": "20",
        "Sampler": "Euler",
        "CFG scale": "7",
        "Seed": "5",
        "Size": "64x64",
        "Model": "RealVisXL_V5.0",
    }
    found |= {key.replace("_", " "): value for key, value in changes.items()}
    return "a fox\n" + ", ".join(f"{key}: {value}" for key, value in found.items() if value)


@pytest.mark.parametrize(
    ("sampler", "schedule", "row", "note"),
    [
        ("Euler", "", "euler", ""),
        ("Euler", "Uniform", "euler", ""),
        ("Euler", "Karras", "euler", "Its schedule Karras is not here with Euler."),
        ("Euler a", "Automatic", "euler_a", ""),
        ("DPM++ 2M", "", "dpmpp_2m_karras", ""),
        ("DPM++ 2M", "Uniform", "dpmpp_2m", ""),
        ("DPM++ 2M Karras", "", "dpmpp_2m_karras", ""),
        (
            "DPM++ 2M SDE",
            "Karras",
            "dpmpp_2m_karras",
            "The sampler DPM++ 2M SDE is not here; DPM++ 2M Karras is the nearest.",
        ),
        ("UniPC", "", "unipc", ""),
        ("Heun", "", None, "The sampler Heun has no counterpart here."),
    ],
)
def test_samplers_become_our_rows(sampler: str, schedule: str, row: str | None, note: str, tmp_path: Path) -> None:
    settings = read(png(tmp_path / "a.png", parameters=infotext(Sampler=sampler, Schedule_type=schedule)))
    assert settings.record.get("scheduler_choice") == row
    assert settings.notes == ((note,) if note else ())


@pytest.mark.parametrize(
    ("name", "model", "is_known"),
    [
        ("RealVisXL_V5.0", "SG161222/RealVisXL_V5.0", True),
        ("sd_xl_base_1.0", "stabilityai/stable-diffusion-xl-base-1.0", True),
        ("sd_xl_turbo_1.0_fp16", "stabilityai/sdxl-turbo", False),
        ("realvisxlV50_v50Bakedvae", "SG161222/RealVisXL_V5.0", False),
        ("animagine-xl-3.1", "cagliostrolab/animagine-xl-4.0", False),
        ("cyberrealisticXL_v53", "John6666/cyberrealistic-xl-v58-sdxl", False),
        ("demo", "demo", True),
        ("flux1-dev", None, False),
        ("", None, False),
    ],
)
def test_an_unknown_model_becomes_the_nearest_and_it_says_so(
    name: str, model: str | None, is_known: bool, tmp_path: Path
) -> None:
    settings = read(png(tmp_path / "a.png", parameters=infotext(Model=name)))
    assert settings.record.get("model") == model
    assert (not settings.notes) == is_known


@pytest.mark.parametrize(
    ("changes", "key", "note"),
    [
        ({"Steps": "300"}, "steps", "Its steps 300 cannot be used here: Steps go from 1 to 200."),
        ({"CFG_scale": "99"}, "guidance_scale", "Its guidance 99.0 cannot be used here: Guidance goes from 0 to 50."),
        ({"Seed": "-1"}, "seed", "Its seed -1 cannot be used here: Seed goes from 0 to 4294967295."),
        ({"Seed": "9" * 30}, "seed", f"Its seed cannot be read: '{'9' * 30}'."),
        (
            {"Size": "1001x64"},
            "width",
            "Its width 1001 cannot be used here: Width 1001 is no multiple of 8: 1000 or 1008.",
        ),
    ],
)
def test_numbers_beyond_our_limits_are_told_and_left_out(
    changes: dict[str, str], key: str, note: str, tmp_path: Path
) -> None:
    settings = read(png(tmp_path / "a.png", parameters=infotext(**changes)))
    assert key not in settings.record
    assert settings.notes == (note,)


def test_what_a_picture_does_not_say_is_its_own_size_or_left_out(tmp_path: Path) -> None:
    settings = read(png(tmp_path / "a.png", (128, 64), parameters=infotext(Size="", Seed="")))
    holds(settings, width=128, height=64, seed=None)


def test_a_hires_fix_is_no_img2img_but_a_second_pass(tmp_path: Path) -> None:
    text = infotext(Denoising_strength="0.4", Hires_upscale="2", Hires_steps="20", Hires_upscaler="Latent")
    settings = read(png(tmp_path / "a.png", parameters=text))
    hires = {"factor": 2, "method": "latent", "steps": 20, "strength": 0.4}
    holds(settings, mode="txt2img", strength=None, hires=hires)
    assert settings.notes == ()


def test_a_hires_fix_as_others_write_it(tmp_path: Path) -> None:
    """Another upscaler is named, no steps mean those of the first pass, and a size is a factor."""
    text = infotext(Denoising_strength="0.3", Hires_resize="96x96", Hires_upscaler="R-ESRGAN 4x+")
    settings = read(png(tmp_path / "a.png", parameters=text))
    holds(settings, hires={"factor": 1.5, "method": "lanczos", "steps": 20, "strength": 0.3})
    assert settings.notes == ("The upscaler R-ESRGAN 4x+ is not here; lanczos is the nearest.",)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"Hires_upscale": "8"}, "Hires factor goes from above 1 to 4."),
        ({"Hires_upscale": "4", "Size": "64x2048"}, "sides go to 4096 pixels: the largest factor that works is 2."),
        ({"Hires_upscale": "wide"}, "It does not say how large it became, or by which strength."),
        ({"Hires_upscale": "2", "Denoising_strength": "0.01"}, "Its strength leaves no step."),
    ],
)
def test_a_hires_fix_that_cannot_be_is_left_out_with_the_reason(
    changes: dict[str, str], why: str, tmp_path: Path
) -> None:
    text = infotext(**({"Denoising_strength": "0.4", "Hires_upscaler": "Lanczos"} | changes))
    settings = read(png(tmp_path / "a.png", parameters=text))
    assert "hires" not in settings.record
    [note] = settings.notes
    assert note.startswith("It was enlarged by a second pass (hires fix), which is left out: ")
    assert note.endswith(why)


@pytest.mark.parametrize("prompt", NASTY_PROMPTS.values(), ids=NASTY_PROMPTS)
def test_any_prompt_in_an_infotext_can_be_read(prompt: str, tmp_path: Path) -> None:
    text = f"{prompt}\nNegative prompt: {prompt}\n{infotext().splitlines()[1]}"
    holds(read(png(tmp_path / "a.png", parameters=text.encode("utf-8", "replace").decode())), steps=20, seed=5)


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp"])
def test_a_picture_without_settings_is_a_sentence(name: str, tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / name)
    with pytest.raises(
        UserError, match="holds no settings, neither this lab's nor those of A1111, ComfyUI, InvokeAI or"
    ):
        read(tmp_path / name)


def test_whatever_the_chunks_hold_it_is_read_or_a_sentence(tmp_path: Path) -> None:
    rand = random.Random(2)
    odd = ["null", "[]", "{}", "7", '"x"', "not json", "{", '{"a": [1, 2]}', json.dumps(comfy_graph()), INFOTEXT]
    odd += [
        json.dumps(COMFY_WORKFLOW),
        '{"links": [[1]]}',
        '{"3": {"inputs": {"steps": 1, "cfg": {}, "sampler_name": 5}}}',
    ]
    names = (
        "parameters",
        "prompt",
        "workflow",
        "invokeai_metadata",
        "sd-metadata",
        "Dream",
        "Comment",
        "fooocus_scheme",
    )
    path = tmp_path / "a.png"
    for _ in range(300):
        png(path, **{name: rand.choice(odd) for name in rand.sample(names, 3)})
        with suppress(UserError):
            read(path)
    values = (None, 7, "x", [], ["1", 0], {}, {"name": {}}, "9" * 5000, 1e300, True)
    for build, keys in (
        (invokeai, ("model", "seed", "steps", "width", "positive_prompt", "scheduler", "strength")),
        (fooocus, ("prompt", "styles", "resolution", "steps", "seed", "sampler", "base_model")),
        (comfy, ("seed", "steps", "cfg", "positive", "model", "sampler_name", "scheduler", "denoise")),
    ):
        for key in keys:
            for value in values:
                with suppress(UserError):
                    json.dumps(read(build(path, **{key: value})).record)


def test_it_wakes_no_torch_and_opens_no_socket(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib\n"
        "sys.addaudithook(lambda event, _: sys.exit(event) if event.startswith('socket.') else None)\n"
        "from sdxl_tui.core.picture_settings import settings_of\n"
        "assert not {'PIL', 'sd_parsers'} & set(sys.modules)\n"
        "print(settings_of(pathlib.Path(sys.argv[1])).made_with)\n"
        "assert not {'torch', 'transformers', 'diffusers', 'textual', 'numpy'} & set(sys.modules)"
    )
    path = comfy(tmp_path / "a.png")
    assert subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True).stdout == "ComfyUI\n"
