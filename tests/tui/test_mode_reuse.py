"""All fields of every mode come back from a line of the log."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from sdxl_tui.core.models import CATALOGUE, DEMO
from sdxl_tui.core.styles import NONE, Style
from sdxl_tui.tui.draft import Draft
from sdxl_tui.tui.mode_reuse import read_mode
from sdxl_tui.tui.pictured import of_record
from sdxl_tui.tui.reuse import Reuse
from sdxl_tui.tui.shelf import Shelf
from tests.core.records import job_record
from tests.tui.log_lines import log_jobs

OpenLab = Callable[..., Any]
STYLE = Style(NONE, "None / Raw")


def reuse(**changes: Any) -> tuple[Reuse, Draft]:
    """A line of the log in terms of a form, and an untouched form."""
    record = job_record(**{"model": DEMO, "style": "", "styled_prompt": "", **changes})
    shelf = Shelf(dict(CATALOGUE), {NONE: STYLE})
    return Reuse(of_record(record, Path("/out"))[0], shelf), Draft(CATALOGUE[DEMO], STYLE)


@pytest.mark.parametrize(
    "own",
    [
        {"mode": "img2img", "init_image": "/a/[red]x.png", "strength": 0.35},
        {"mode": "inpaint", "init_image": "/a.png", "strength": 1, "mask_image": "/m.png", "mask_blur": 0},
        {"mode": "animate_steps", "frames": 12, "motion": "light", "variation": 0.5},
        {"mode": "animate_steps", "frames": 5, "motion": "latent", "easing": "ease_in", "end_seeds": [7, 0]},
        {"mode": "animate_steps", "frames": 5, "motion": "prompt", "easing": "linear", "end_prompts": ["a", "b [/]"]},
        {"mode": "txt2img", "prompt_syntax": "plain"},
        {"mode": "txt2img", "speed": "exact"},
    ],
)
def test_a_mode_comes_back_whole(own: dict[str, Any]) -> None:
    found, draft = reuse(**own)
    assert found.differences(draft)
    found.put_into(draft)
    assert found.problems == []
    assert found.differences(draft) == []
    request = draft.request()
    for name, value in own.items():
        sent = getattr(request, name)
        assert (list(sent) if isinstance(sent, tuple) else str(sent) if isinstance(sent, Path) else sent) == value


@pytest.mark.parametrize(
    ("line", "speed"),
    [
        ({"speed": "eager", "speed_choice": "fast"}, "fast"),
        ({"speed": "eager"}, "eager"),
        ({}, "eager"),
        ({"job_id": ""}, "exact"),
    ],
    ids=["where fast could not run", "as asked", "an old line", "another program's picture"],
)
def test_the_speed_that_was_asked_for_comes_back(line: dict[str, str], speed: str) -> None:
    found, draft = reuse(**line)
    draft.edit("speed", "exact")
    found.put_into(draft)
    assert draft.request().speed == speed


def test_a_speed_of_a_newer_lab_stays_away_with_a_sentence() -> None:
    found, draft = reuse(speed="[red]warp[/red]")
    found.put_into(draft)
    assert found.problems == ["Its speed [red]warp[/red] cannot be used here, so the form keeps its own."]
    assert draft.request().speed == "fast"


def test_going_back_to_text_takes_only_the_mode() -> None:
    found, draft = reuse(mode="txt2img")
    draft.edit("mode", "img2img")
    draft.edit("init_image", "/a.png")
    assert "mode" in found.differences(draft)
    found.put_into(draft)
    assert (draft.mode, draft.text("init_image")) == ("txt2img", "/a.png")


@pytest.mark.parametrize(
    "own",
    [
        {"mode": "img2img", "strength": "much", "init_image": 7},
        {"mode": "img2img", "strength": float("nan"), "init_image": "relative.png"},
        {"mode": "animate_steps", "frames": 10**40, "motion": "[/]", "end_seeds": [-1], "end_prompts": "x"},
        {"mode": "video"},
        {"mode": ["x"]},
    ],
)
def test_what_cannot_be_used_is_said(own: dict[str, Any]) -> None:
    values, problems = read_mode(own)
    assert problems
    assert all(isinstance(value, str) for value in values.values())


async def test_use_settings_brings_the_mode_and_counts_its_fields(open_lab: OpenLab, tmp_path: Path) -> None:
    init = tmp_path / "init.png"
    Image.new("RGB", (256, 256), "green").save(init)
    own = {"mode": "img2img", "init_image": str(init), "strength": 0.35, "width": 128, "height": 128}
    log_jobs(tmp_path / "pictures", {"prompt": "a red fox", "model": DEMO, **own})
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("escape", "2")
        await lab.sees("a red fox")
        await lab.press("u")
        await lab.until(lambda: lab.draft.mode == "img2img")
        await lab.press("escape", "1")
        await lab.sees("256×256")
        assert lab.draft.text("strength") == "0.35"
        assert any("mode, init image, strength" in note for note in lab.notes)
