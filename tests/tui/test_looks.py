"""The lab in fewer colours, in none, in ASCII, and with the terminal's own graphics."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from sdxl_tui.tui.looks import depth_of
from sdxl_tui.tui.painting.areas import BLOCKS
from sdxl_tui.tui.widgets import cells
from sdxl_tui.tui.widgets.few_colours import colours
from sdxl_tui.tui.widgets.grains import GRAINS
from tests.tui.cell_pictures import seen
from tests.tui.fake_engine import FakeEngine

OpenLab = Callable[..., Any]

ONE_SIZE = pytest.mark.parametrize("size", [(120, 40)], ids=str)


def segments(lab: Any) -> list[Any]:
    """Every piece of text on the screen, with its style."""
    return [segment for row in lab.app.screen._compositor.render_strips() for segment in row]


def styles_of(lab: Any, text: str) -> list[Any]:
    """The styles of the pieces that hold a text."""
    return [segment.style for segment in segments(lab) if text in segment.text]


async def paint(lab: Any) -> Path:
    """Make one picture."""
    await lab.press("enter")
    lab.engine.let_load(lab.engine.request.model)
    [path] = lab.engine.let_finish(lab.engine.jobs[0])
    await lab.sees("picture 1 of 1")
    return path


@pytest.mark.parametrize(
    ("setting", "found", "no_color", "depth"),
    [
        ("auto", "truecolor", None, "truecolor"),
        ("auto", "256", None, "256"),
        ("auto", "standard", None, "16"),
        ("auto", None, None, "none"),
        ("256", "truecolor", None, "256"),
        ("truecolor", "truecolor", "1", "none"),
        ("auto", "truecolor", "", "truecolor"),
    ],
)
def test_how_many_colours(
    monkeypatch: pytest.MonkeyPatch, setting: str, found: str | None, no_color: str | None, depth: str
) -> None:
    if no_color is not None:
        monkeypatch.setenv("NO_COLOR", no_color)
    assert depth_of(setting, found) == depth


@ONE_SIZE
async def test_without_colours_nothing_is_coloured_and_all_is_told_apart(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox", settings={"colours": "none"}) as lab:
        path = await paint(lab)
        await lab.sees(path.name[:20])
        await lab.sees("Pictures need colours")
        assert not lab.pictured
        for segment in segments(lab):
            for colour in (segment.style.color, segment.style.bgcolor) if segment.style else ():
                assert colour is None or colour.is_default, segment
        for text in ("generate 1", " type ", " sdxl·tui "):
            assert styles_of(lab, text)[0].reverse, text
        await lab.press("alt+g")
        await lab.sees(" guidance ")
        assert any(style.underline for style in styles_of(lab, "4.0"))


@ONE_SIZE
@pytest.mark.parametrize("depth", ["16", "256"])
async def test_pictures_in_few_colours_go_out_by_number(open_lab: OpenLab, depth: str) -> None:
    async with open_lab(prompt="a red fox", settings={"colours": depth}) as lab:
        await paint(lab)
        await lab.sees_picture()
        await lab.until(lambda: lab.home.pane.picture._strips)
        allowed = {colour.number for colour in colours(depth)}
        style = lab.home.pane.picture._strips[0]._segments[0].style
        assert style.color.number in allowed
        assert style.bgcolor.number in allowed
        sent = style.render("▀", color_system=lab.app.console._color_system)
        assert ("38;5;" in sent) == (depth == "256")
        assert "2;" not in sent.replace("38;5", "").replace("48;5", "")


@ONE_SIZE
async def test_sixteen_colours_are_named_never_rounded(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox", settings={"colours": "16"}) as lab:
        await lab.press("f2")
        await lab.until(lambda: lab.app.theme == "lightbox-16")
        await lab.press("f2")
        await lab.until(lambda: lab.app.theme == "safelight-16")
        for segment in segments(lab):
            for colour in (segment.style.color, segment.style.bgcolor) if segment.style else ():
                assert colour is None or colour.number is not None or colour.is_default, segment


async def test_ascii_glyphs_everywhere(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox", settings={"glyphs": "ascii"}) as lab:
        await paint(lab)
        await lab.sees("* Demo")
        await lab.press("f1")
        await lab.sees("goes back")
        assert {letter for letter in lab.shown if not letter.isascii()} <= BLOCKS


@ONE_SIZE
async def test_the_light_theme_by_setting(open_lab: OpenLab) -> None:
    async with open_lab(settings={"theme": "lightbox"}) as lab:
        assert lab.app.theme == "lightbox"
        await lab.press("f2")
        await lab.until(lambda: lab.app.theme == "safelight")


@ONE_SIZE
async def test_kitty_without_24_bit_falls_back_and_says_why(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a fox", settings={"colours": "256", "images": "kitty"}) as lab:
        await paint(lab)
        await lab.sees_picture()
        assert any("kitty graphics need 24-bit colour" in note for note in lab.notes)


@pytest.mark.parametrize("depth", ["16", "256"])
def test_a_dithered_gradient_keeps_its_mean(tmp_path: Path, depth: str) -> None:
    """Bands would keep it too; that neighbours differ where the colour is between two is what dithering is."""
    Image.linear_gradient("L").convert("RGB").save(tmp_path / "grey.png")
    cells.use_depth(depth)
    try:
        strips = cells.cells(tmp_path / "grey.png", 40, 20)
    finally:
        cells.use_depth("truecolor")
    drawn = seen(strips, cells.grain_in_force())
    assert drawn.mean() == pytest.approx(127.5, abs=8)
    assert (drawn[:, 1:] != drawn[:, :-1]).any()


def test_bad_settings_are_a_sentence(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sdxl_tui.core.errors import UserError
    from sdxl_tui.core.settings import load_settings

    monkeypatch.setitem(os.environ, "SDXL_TUI_COLOURS", "lots")
    with pytest.raises(UserError, match=r"'colours' in the environment .* must be one of auto, truecolor, 256"):
        load_settings()


@ONE_SIZE
async def test_a_terminal_that_says_it_has_16_colours_is_told_of_once_with_what_to_set(
    open_lab: OpenLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A container's TERM is xterm, and COLORTERM does not come in by itself."""
    monkeypatch.delenv("COLORTERM", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    async with open_lab(settings={"colours": "auto"}) as lab:
        told = [note for note in lab.notes if "16 colours" in note]
        assert len(told) == 1
        assert "SDXL_TUI_COLOURS=truecolor" in told[0]
        assert "-e COLORTERM=truecolor" in told[0]
    async with open_lab(settings={"colours": "truecolor"}) as lab:
        assert not [note for note in lab.notes if "16 colours" in note]


@pytest.mark.parametrize("size", [(120, 40)], ids=str)
async def test_small_pictures_follow_when_the_cells_change(open_lab: OpenLab, monkeypatch: pytest.MonkeyPatch) -> None:
    noise = Image.effect_noise((64, 64), 90).convert("RGB")
    monkeypatch.setattr(FakeEngine, "picture", lambda self, size, index: noise.resize(size))
    async with open_lab(prompt="a fox", settings={"images": "quad"}) as lab:
        await paint(lab)

        def signs() -> set[str]:
            thumb = "".join(row[110:] for row in lab.shown.splitlines()[4:8])
            return {sign for sign in thumb if sign in GRAINS["quad"].glyphs} - {" "}

        await lab.until(lambda: signs() - {"▀", "█", "▄"})
        lab.app.show_pictures("half")
        lab.app.draw_anew()
        await lab.until(lambda: signs() and signs() <= {"▀", "█", "▄"})
