"""Keep, use settings, hold seed, path and zoom: the same letters wherever a picture is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import pytest
from PIL import Image

from sdxl_tui.core.store import Marks
from sdxl_tui.tui.screens.sheet import Sheet
from sdxl_tui.tui.view import View, draw
from sdxl_tui.tui.widgets.grains import GRAINS
from sdxl_tui.tui.widgets.zoom_view import ZoomView
from tests.tui.conftest import NASTY, REAL
from tests.tui.log_lines import log_jobs

OpenLab = Callable[..., Any]

pytestmark = pytest.mark.usefixtures("own_home")


async def make(lab: Any, *keys: str) -> list[Path]:
    """Make a job's pictures and put the hands on them."""
    await lab.press(*keys, "enter")
    paths = lab.engine.let_finish(lab.engine.jobs[-1])
    await lab.until(lambda: lab.home.pane.shown and lab.home.pane.shown.path == paths[-1])
    await lab.press("escape")
    return paths


async def test_space_keeps_at_once_and_for_the_next_start(open_lab: OpenLab, own_home: Path) -> None:
    async with open_lab(prompt="a red fox") as lab:
        (path,) = await make(lab)
        await lab.press("space")
        await lab.sees("◆")
        await lab.until(lambda: Marks().is_kept(path))
        await lab.press("space")
        assert "◆" not in lab.shown
        await lab.until(lambda: not Marks().is_kept(path))
        await lab.press("space")
        await lab.until(lambda: Marks().is_kept(path))
    log_jobs(path.parent, {"outputs": [path.name]})
    async with open_lab() as lab:
        await lab.press("escape", "2")
        await lab.sees("◆")


async def test_marks_without_a_place_to_write_are_said_and_live_on(open_lab: OpenLab, own_home: Path) -> None:
    own_home.write_text("a file where the folder should be")
    async with open_lab(prompt="a red fox") as lab:
        await make(lab)
        await lab.press("space")
        await lab.sees("◆")
        await lab.until(lambda: any("marks are kept until you leave" in note for note in lab.notes))


async def test_settings_of_a_picture_go_back_into_the_form(open_lab: OpenLab, tmp_path: Path) -> None:
    log_jobs(
        tmp_path / "pictures",
        {
            "model": REAL,
            "prompt": f"a fox {NASTY}",
            "style": "Cinematic",
            "styled_prompt": f"a fox {NASTY}, cinematic still, dramatic lighting",
            "styled_negative_prompt": "dog, flat lighting",
            "steps": 35,
            "guidance_scale": 6.5,
            "height": 1024,
        },
    )
    async with open_lab(prompt="mine") as lab:
        await lab.press("escape", "2")
        await lab.sees("u use")
        await lab.press("u")
        await lab.until(lambda: any(note.startswith("● Settings of picture 1 of 1") for note in lab.notes))
        await lab.press("escape")
        await lab.sees("as in the form")
        await lab.press("1", "enter")
        request = lab.engine.request
        assert (request.model.id, request.style.id, request.prompt) == (REAL, "cinematic", f"a fox {NASTY}")
        assert (request.scheduler, request.steps, request.guidance_scale) == ("dpmpp_2m", 35, 6.5)
        assert (request.negative_prompt, request.batch_size) == ("dog", 1)
        await lab.press("alt+t", *"none", "enter", "enter")
        assert lab.engine.request.steps == 30, "steps that the style brought go with it"
        await lab.press("alt+p", "ctrl+z")
        assert lab.draft.prompt == "mine"


async def test_what_is_unknown_here_is_said_and_the_rest_taken(open_lab: OpenLab, tmp_path: Path) -> None:
    log_jobs(
        tmp_path / "pictures",
        {"model": "gone/model", "model_name": "Gone XL", "style": "Noir", "steps": 999, "guidance_scale": 3.5},
    )
    async with open_lab() as lab:
        await lab.press("escape", "2")
        await lab.sees("Gone")
        await lab.press("u")
        note = next(note for note in lab.notes if "Settings of" in note)
        assert note.startswith("▲")
        assert "The model Gone XL is not known here" in note
        assert "The style Noir is not here any more" in note
        assert "Its steps 999 cannot be used here" in note
        assert lab.draft.prompt == "a red fox, cinematic still"
        assert lab.draft.text("guidance") == "3.5"
        assert lab.draft.text("steps") == "12"


async def test_hold_seed_and_path_in_the_gallery(open_lab: OpenLab, tmp_path: Path) -> None:
    log_jobs(tmp_path / "pictures", {"seeds": [118], "seed": 118})
    async with open_lab(prompt="a fox") as lab:
        await lab.press("escape", "2")
        await lab.sees("118")
        await lab.press("k")
        await lab.sees("Seed 118 is held")
        assert lab.draft.text("seed") == "118"
        await lab.press("k")
        assert lab.draft.text("seed") == "random"
        path = lab.app.screen.in_view().path
        await lab.press("o")
        await lab.until(lambda: f"● {path}" in lab.notes)
        assert path.name in "".join(row.strip(" ▌") for row in lab.shown.splitlines())
        if isinstance(lab.app.screen, Sheet):
            await lab.press("escape")
        await lab.press("y")
        await lab.sees("if it does not")
        await lab.press("escape")
        assert lab.app.screen is not lab.home
        await lab.press("escape")
        assert lab.app.screen is lab.home


async def test_zoom_walks_and_comes_back_to_the_picture_last_looked_at(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await make(lab, "alt+a", "4", "alt+p")
        await lab.press("z")
        await lab.sees("4 of 4")
        await lab.sees("all of 128×128")
        await lab.press("tab")
        await lab.press("shift+tab", "shift+tab")
        await lab.sees("2 of 4")
        await lab.press("plus")
        await lab.until(lambda: "all of" not in lab.shown and "% of 128×128" in lab.shown)
        await lab.press("right", "shift+down", "minus", "0")
        await lab.sees("all of 128×128")
        await lab.press("equals_sign")
        await lab.sees("1:1")
        await lab.press("space")
        await lab.sees("◆")
        await lab.press("2")
        await lab.press("escape")
        assert lab.app.screen is lab.home
        await lab.sees("picture 2 of 4")
        await lab.sees("◆")


async def test_the_next_picture_is_drawn_in_the_same_place_before_it_is_asked_for(
    open_lab: OpenLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await make(lab, "alt+a", "4", "alt+p")
        await lab.press("z")
        await lab.sees("4 of 4")
        await lab.press("equals_sign")
        await lab.sees("1:1")
        view = lab.app.screen.view
        await lab.until(lambda: {seen.path for seen in view._ready if seen.scale == 1} >= {view._path, *view._near})
        monkeypatch.setattr(ZoomView, "_begin_to_draw", lambda *_: None)
        await lab.press("shift+tab")
        await lab.sees("3 of 4")
        ground = next(iter(view._strips[0])).style.bgcolor.triplet
        assert tuple(ground) == (0, 80, 200)


def test_one_to_one_leaves_no_column_of_the_picture_out() -> None:
    """A subpixel across is a pixel; down a quadrant is as high as two."""
    stripes = Image.new("RGB", (80, 80), (0, 0, 250))
    for column in range(0, 80, 2):
        stripes.paste((250, 0, 0), (column, 0, column + 1, 80))
    colour = (1, 2, 3)
    for name, rows in (("half", 40), ("quad", 20), ("oct", 20)):
        grain = GRAINS[name]
        cells = (80 // grain.across, rows)
        drawn = draw(View(Path("x"), (80, 80), (0, 0), (80, 80), cells, 1.0, grain, None, colour, colour), stripes)
        assert drawn.width == 80
        assert (numpy.asarray(drawn) == numpy.asarray(stripes)[: drawn.height]).all()


async def test_zoom_of_a_picture_that_is_gone_is_a_sentence(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        paths = await make(lab, "alt+a", "2", "alt+p")
        paths[0].unlink()
        paths[1].write_bytes(b"no picture")
        await lab.press("z")
        await lab.sees("cannot be shown")
        await lab.press("shift+tab")
        await lab.sees("it is not there any more")
        await lab.press("plus", "right", "equals_sign", "f1")
        await lab.sees("All of the picture")
        await lab.press("escape", "escape")
        assert lab.app.screen is lab.home


async def test_zoom_from_the_gallery_selects_there(open_lab: OpenLab, tmp_path: Path) -> None:
    log_jobs(tmp_path / "pictures", {"prompt": "one"}, {"outputs": [], "status": "failed"}, {"prompt": "three"})
    async with open_lab() as lab:
        await lab.press("escape", "2")
        await lab.sees("three")
        await lab.press("enter")
        await lab.sees("1 of 2")
        await lab.press("tab", "escape")
        assert lab.app.screen.in_view().prompt == "one"


def test_only_what_is_in_view_is_drawn_with_its_map() -> None:
    picture = Image.new("RGB", (100, 100), (0, 0, 0))
    picture.paste((255, 0, 0), (50, 50, 100, 100))
    lamp, frame = (9, 99, 9), (1, 2, 3)
    view = View(Path("x"), (100, 100), (50.0, 50.0), (50.0, 50.0), (50, 25), 1.0, GRAINS["half"], (10, 5), frame, lamp)
    drawn = draw(view, picture)
    assert drawn.size == (50, 50)
    assert drawn.getpixel((0, 0)) == (255, 0, 0)
    assert drawn.getpixel((37, 36)) == frame
    assert drawn.getpixel((38 + 5, 37 + 5)) == lamp
