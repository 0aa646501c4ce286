"""Larger pictures: from the form in the same job, and of a picture that is there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from sdxl_tui.core.hires import Hires
from sdxl_tui.core.models import DEMO
from tests.tui.conftest import NASTY
from tests.tui.log_lines import log_jobs
from tests.tui.test_log_actions import DEMO_JOB, open_gallery

OpenLab = Callable[..., Any]

pytestmark = pytest.mark.usefixtures("own_home")


async def test_upper_h_in_the_form_switches_it_on_says_what_comes_of_it_and_off_again(open_lab: OpenLab) -> None:
    async with open_lab() as lab:
        await lab.type("a fox")
        assert "by lanczos" not in lab.shown
        await lab.press("alt+H")
        await lab.sees("128×128 becomes 256×256")
        await lab.sees("4 run, 16 in all")
        assert lab.app.focused.id == "hires"
        await lab.type("1.5")
        await lab.sees("128×128 becomes 192×192")
        await lab.press("enter")
        await lab.until(lambda: lab.engine.jobs)
        assert lab.engine.request.hires == Hires(1.5, "lanczos", 12, 0.4)
        await lab.press("H")
        await lab.until(lambda: "becomes" not in lab.shown)
        await lab.press("enter")
        assert lab.engine.request.hires is None


async def test_every_field_is_reached_by_key_and_mouse(open_lab: OpenLab) -> None:
    async with open_lab() as lab:
        await lab.type("a fox")
        await lab.press("alt+H", "tab", "right", "tab", "0", ".", "5", "tab", "2", "0")
        assert {name: lab.draft.text(name) for name in ("hires_method", "hires_strength", "hires_steps")} == {
            "hires_method": "latent",
            "hires_strength": "0.5",
            "hires_steps": "20",
        }
        await lab.sees("10 run, 22 in all")
        for field in ("hires", "hires_method", "hires_strength", "hires_steps"):
            await lab.pilot.click(f"#{field}")
            assert lab.app.focused.id == field
        await lab.press("enter")
        assert lab.engine.request.hires == Hires(2.0, "latent", 20, 0.5)


async def test_what_cannot_be_is_said_in_the_card_and_not_queued(open_lab: OpenLab) -> None:
    async with open_lab() as lab:
        await lab.type("a fox")
        lab.home.take("size", "2048×1024")
        await lab.press("alt+H")
        await lab.type("3")
        await lab.press("enter")
        assert not lab.engine.jobs
        assert any("the largest factor that works is 2." in note for note in lab.notes), lab.notes


async def test_a_mode_whose_pictures_cannot_be_made_larger_shows_it_off(open_lab: OpenLab) -> None:
    async with open_lab() as lab:
        await lab.type("a fox")
        await lab.press("alt+H")
        lab.home.take("mode", "animate_steps")
        assert lab.draft.text("hires") == "off"
        assert lab.draft.request().hires is None
        await lab.press("alt+H")
        assert any("made larger when they are there" in note for note in lab.notes)


async def test_the_palette_takes_a_factor(open_lab: OpenLab) -> None:
    async with open_lab() as lab:
        await lab.press("ctrl+p")
        await lab.type("larger 1.5x")
        await lab.sees("larger 1.5x")
        await lab.press("enter", "enter")
        await lab.until(lambda: lab.draft.text("hires") == "1.5")


def logged_picture(folder: Path, size: tuple[int, int] = (128, 128), **changes: Any) -> Path:
    log_jobs(folder, {**DEMO_JOB, **changes})
    [path] = folder.glob("*.png")
    Image.new("RGB", size, "navy").save(path)
    return path


async def test_a_picture_of_the_lab_is_made_larger_with_its_own_words_from_its_own_file(
    open_lab: OpenLab, tmp_path: Path
) -> None:
    path = logged_picture(tmp_path / "pictures", size=(192, 128), steps=20, scheduler_choice="unipc")
    async with open_lab() as lab:
        await lab.type("something else")
        await open_gallery(lab)
        await lab.press("H")
        await lab.until(lambda: lab.engine.jobs)
        request = lab.engine.request
        assert (request.mode, request.init_image) == ("img2img", path)
        assert (request.width, request.height) == (384, 256)
        assert (request.prompt, request.seed, request.model.id) == ("a red fox", 118, DEMO)
        assert (request.scheduler, request.steps, request.strength) == ("unipc", 20, 0.4)
        assert (request.hires, request.batch_size) == (None, 1)
        sentence = "192×128 becomes 384×256 with its own words, in 8 of 20 steps at strength 0.4."
        assert any(sentence in note for note in lab.notes), lab.notes


async def test_the_form_says_how_far(open_lab: OpenLab, tmp_path: Path) -> None:
    logged_picture(tmp_path / "pictures", hires={"factor": 2.0, "method": "latent", "steps": 4, "strength": 0.5})
    async with open_lab() as lab:
        for field, value in (("hires", "1.5"), ("hires_strength", "0.3"), ("hires_steps", "10")):
            lab.home.take(field, value)
        await open_gallery(lab)
        await lab.press("H")
        await lab.until(lambda: lab.engine.jobs)
        request = lab.engine.request
        assert (request.width, request.steps, request.strength, request.hires) == (192, 10, 0.3, None)


async def test_one_frame_is_made_larger_with_its_own_prompt(open_lab: OpenLab, tmp_path: Path) -> None:
    more = {"mode": "animate_steps", "frames": 2, "frame_prompts": [f"a fox, {NASTY}", "x"], "styled_prompt": "a fox"}
    logged_picture(tmp_path / "pictures", prompt="a fox", **more)
    async with open_lab() as lab:
        await open_gallery(lab)
        await lab.press("H")
        await lab.until(lambda: lab.engine.jobs)
        assert (lab.engine.request.mode, lab.engine.request.prompt) == ("img2img", f"a fox, {NASTY}")


async def test_a_picture_of_another_program_and_one_without_settings(open_lab: OpenLab, tmp_path: Path) -> None:
    info = PngInfo()
    info.add_text(
        "parameters", "a grey cat\nSteps: 20, Sampler: UniPC, CFG scale: 3, Seed: 5, Size: 200x120, Model: x9"
    )
    Image.new("RGB", (200, 120)).save(tmp_path / "foreign.png", pnginfo=info)
    Image.new("RGB", (100, 100)).save(tmp_path / "bare.png")
    async with open_lab() as lab:
        await lab.type("my own words")
        lab.app.rooms.open_picture(tmp_path / "foreign.png")
        await lab.sees("1 of 1")
        await lab.press("H")
        await lab.until(lambda: len(lab.engine.jobs) == 1)
        request = lab.engine.request
        assert (request.prompt, request.seed, request.scheduler, request.model.id) == ("a grey cat", 5, "unipc", DEMO)
        assert (request.width, request.height) == (400, 240)
        await lab.press("escape")
        lab.app.rooms.open_picture(tmp_path / "bare.png")
        await lab.sees("holds")
        await lab.press("H")
        await lab.until(lambda: len(lab.engine.jobs) == 2)
        request = lab.engine.request
        assert (request.prompt, request.width, request.mode) == ("my own words", 200, "img2img")
        assert any("with the form's words: it holds none" in note for note in lab.notes)


async def test_a_picture_that_is_as_large_as_can_be_is_refused_with_a_sentence(
    open_lab: OpenLab, tmp_path: Path
) -> None:
    logged_picture(tmp_path / "pictures", size=(4096, 64))
    async with open_lab() as lab:
        await open_gallery(lab)
        await lab.press("H")
        await lab.until(lambda: any("it is as large as it can be" in note for note in lab.notes))
        assert not lab.engine.jobs


async def test_use_settings_brings_it_back_into_the_form(open_lab: OpenLab, tmp_path: Path) -> None:
    logged_picture(tmp_path / "pictures", hires={"factor": 1.5, "method": "latent", "steps": 9, "strength": 0.7})
    async with open_lab() as lab:
        await lab.type("a fox")
        await open_gallery(lab)
        await lab.press("u")
        await lab.until(lambda: lab.draft.text("hires") == "1.5")
        assert lab.draft.request().hires == Hires(1.5, "latent", 9, 0.7)


async def test_a_picture_in_view_at_home_is_made_larger_from_there(open_lab: OpenLab) -> None:
    async with open_lab() as lab:
        await lab.type("a fox")
        await lab.press("enter")
        lab.engine.let_start(lab.engine.jobs[0])
        lab.engine.let_finish(lab.engine.jobs[0])
        await lab.press("escape")
        await lab.until(lambda: lab.home.in_view() is not None)
        await lab.press("H")
        await lab.until(lambda: len(lab.engine.jobs) == 2)
        assert (lab.engine.request.mode, lab.engine.request.width) == ("img2img", 256)


async def test_a_frame_is_made_larger_from_the_player(open_lab: OpenLab) -> None:
    async with open_lab() as lab:
        await lab.type("a fox")
        lab.home.take("mode", "animate_steps")
        lab.home.take("frames", "2")
        await lab.press("enter")
        lab.engine.let_start(lab.engine.jobs[0])
        paths = lab.engine.let_finish(lab.engine.jobs[0])
        await lab.press("alt+4")
        await lab.until(lambda: lab.app.screen.in_view() is not None)
        await lab.press("H")
        await lab.until(lambda: len(lab.engine.jobs) == 2)
        request = lab.engine.request
        assert request.init_image in paths
        assert (request.mode, request.prompt.startswith("a fox"), request.width) == ("img2img", True, 256)
