"""The mask: drawn by keys and by the mouse, or a file; it is kept where a repeat finds it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from sdxl_tui.core.masks import Rectangle
from sdxl_tui.core.modes import INPAINT
from sdxl_tui.tui.mask_drawing import Drawing, in_pixels, mask_of
from sdxl_tui.tui.screens.mask import MaskScreen

OpenLab = Callable[..., Any]

pytestmark = pytest.mark.usefixtures("own_home")


@pytest.fixture
def init(tmp_path: Path) -> Path:
    """An init image."""
    path = tmp_path / "init [red]x[.png"
    Image.new("RGB", (256, 128), "green").save(path)
    return path


async def draw(lab: Any, init: Path) -> MaskScreen:
    """Open the mask editor over an init image."""
    lab.home.start_from(init)
    await lab.sees("256×128")
    await lab.press("alt+q")
    await lab.until(lambda: isinstance(lab.app.screen, MaskScreen) and lab.app.screen.view._strips)
    await lab.sees("0 rectangles")
    return lab.app.screen


def mask_in(lab: Any) -> Image.Image:
    """The mask of the form."""
    return Image.open(lab.draft.text("mask_image")).convert("L")


async def test_rectangles_by_keys_become_the_mask_of_the_job(open_lab: OpenLab, init: Path, own_home: Path) -> None:
    async with open_lab(prompt="a red fox") as lab:
        screen = await draw(lab, init)
        before = screen.view.brush
        await lab.press("left", "up", "shift+right", "shift+down")
        left, top, right, bottom = before
        assert screen.view.brush == (left - 1, top - 1, right, bottom)
        drawn = screen.view.brush_in_pixels
        await lab.press("enter")
        await lab.sees("1 rectangle")
        await lab.press("escape")
        await lab.until(lambda: lab.app.screen is lab.home)
        await lab.sees("is repainted, 1 part drawn")
        assert mask_in(lab).getbbox() == drawn
        assert Path(lab.draft.text("mask_image")).parent == own_home / "masks"
        await lab.press("alt+p", "enter")
        await lab.until(lambda: lab.engine.jobs)
        request = lab.engine.request
        assert (request.mode, request.init_image, request.mask_blur) == (INPAINT, init, 8)
        assert request.mask_image == Path(lab.draft.text("mask_image"))


async def test_the_last_one_is_taken_back_all_are_cleared_and_the_rest_is_repainted(
    open_lab: OpenLab, init: Path
) -> None:
    async with open_lab(prompt="a red fox") as lab:
        screen = await draw(lab, init)
        await lab.press("home", "pageup", "enter", "end", "pagedown", "enter")
        await lab.sees("2 rectangles")
        await lab.press("backspace")
        await lab.sees("1 rectangle")
        drawn = screen._drawing.rectangles[0]
        assert drawn[:2] == (0, 0)
        await lab.press("v")
        await lab.sees("inverted")
        await lab.press("escape")
        await lab.until(lambda: lab.app.screen is lab.home)
        mask = mask_in(lab)
        assert (mask.getpixel((0, 0)), mask.getpixel((255, 127))) == (0, 255)
        await lab.press("alt+q")
        await lab.sees("1 rectangle, inverted")
        await lab.press("c")
        await lab.sees("0 rectangles")
        await lab.press("x")
        await lab.until(lambda: lab.app.screen is lab.home)
        assert mask_in(lab).tobytes() == mask.tobytes()


async def test_the_mouse_draws(open_lab: OpenLab, init: Path) -> None:
    async with open_lab(prompt="a red fox") as lab:
        screen = await draw(lab, init)
        left, top = screen.view._corner
        await lab.pilot.mouse_down(screen.view, offset=(left, top))
        await lab.pilot.hover(screen.view, offset=(left + 5, top + 3))
        await lab.pilot.mouse_up(screen.view, offset=(left + 9, top + 4))
        await lab.sees("1 rectangle")
        assert screen._drawing.rectangles == (in_pixels(Rectangle(0, 0, 10, 5), screen.view.grid, (256, 128)),)


async def test_a_mask_file_is_drawn_on(open_lab: OpenLab, init: Path, tmp_path: Path) -> None:
    path = tmp_path / "mask.png"
    mask = Image.new("L", (256, 128), 0)
    mask.paste(255, (0, 0, 16, 16))
    mask.save(path)
    async with open_lab(prompt="a red fox") as lab:
        lab.home.start_from(init)
        lab.home.set_value("mode", INPAINT)
        lab.home.set_value("mask_image", str(path))
        lab.home.show()
        await lab.sees("is repainted")
        await lab.press("alt+q")
        await lab.sees("over a mask from a file")
        screen = lab.app.screen
        await lab.until(lambda: screen.view.base is not None)
        await lab.press("end", "pagedown", "enter", "escape")
        await lab.until(lambda: lab.app.screen is lab.home)
        assert mask_in(lab).getbbox() == (0, 0, 256, 128)
        assert Image.open(path).getbbox() == (0, 0, 16, 16)


async def test_what_is_no_mask_is_one_sentence(open_lab: OpenLab, init: Path, tmp_path: Path) -> None:
    black = tmp_path / "black.png"
    Image.new("L", (256, 128), 0).save(black)
    async with open_lab(prompt="a red fox") as lab:
        lab.home.start_from(init)
        lab.home.set_value("mode", INPAINT)
        lab.home.show()
        await lab.press("alt+p", "enter")
        await lab.until(lambda: any("Inpainting needs a mask" in note for note in lab.notes))
        lab.home.set_value("mask_image", str(black))
        lab.home.show()
        await lab.press("enter")
        await lab.until(lambda: any("black.png has no white" in note for note in lab.notes))
        assert lab.engine.jobs == []


async def test_without_an_init_image_there_is_nothing_to_draw_on(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        await lab.press("alt+q")
        await lab.until(lambda: any("choose one first" in note for note in lab.notes))
        assert lab.app.screen is lab.home


async def test_without_colours_the_mask_is_drawn_in_signs(
    open_lab: OpenLab, init: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with open_lab(prompt="a red fox") as lab:
        await draw(lab, init)
        await lab.press("enter", "home", "pageup")
        await lab.sees("▒▒")
        await lab.sees("++")


async def test_blur_by_keys(open_lab: OpenLab, init: Path) -> None:
    async with open_lab(prompt="a red fox") as lab:
        lab.home.start_from(init)
        lab.home.set_value("mode", INPAINT)
        lab.home.show()
        await lab.sees("mask blur")
        lab.home.form.source.fade.focus()
        await lab.press("right", "right")
        assert lab.draft.text("mask_blur") == "16"
        await lab.press("3", "0")
        assert lab.draft.text("mask_blur") == "30"


def test_the_mask_of_a_drawing() -> None:
    one = Rectangle(2, 3, 10, 12)
    assert mask_of(Drawing((one,)), (32, 32), None).getbbox() == one
    inverted = mask_of(Drawing((one,), is_inverted=True), (32, 32), None)
    assert (inverted.getpixel((4, 4)), inverted.getpixel((20, 20))) == (0, 255)


async def test_a_move_of_the_brush_paints_the_brush_only(open_lab: OpenLab, init: Path) -> None:
    async with open_lab(prompt="a red fox") as lab:
        screen = await draw(lab, init)
        await lab.pilot.pause(0.2)
        look = screen.view._shown
        await lab.press("left")
        await lab.until(lambda: screen.view._shown != look)
        regions = screen.view._changed(look)
        assert sum(region.area for region in regions) < screen.view.size.area / 3
