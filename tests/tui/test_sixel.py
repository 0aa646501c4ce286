"""Sixel graphics: the sequence says the picture, and it lies on the screen only where nothing else is."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from typing import Any

import numpy
import pytest
from PIL import Image
from textual.geometry import Region

from sdxl_tui.tui import sixel
from sdxl_tui.tui.outlet import Outlet

OpenLab = Callable[..., Any]
SIZE = pytest.mark.parametrize("size", [(120, 40)], ids=str)


def decoded(text: str) -> numpy.ndarray[Any, Any]:
    """Return the pixels of a sixel sequence; those that it does not paint are -1."""
    found = re.fullmatch(r'\x1bP0;1;0q"1;1;(\d+);(\d+)(.*)\x1b\\', text, re.DOTALL)
    assert found
    width, height = int(found[1]), int(found[2])
    pixels = numpy.full((height + sixel.BAND, width, 3), -1)
    palette: dict[int, tuple[int, ...]] = {}
    x = top = colour = 0
    for part in re.finditer(r"#(\d+);2;(\d+);(\d+);(\d+)|#(\d+)|!(\d+)([?-~])|([?-~])|(\$)|(-)", found[3]):
        if part[1]:
            palette[int(part[1])] = tuple(round(int(part[at]) * 2.55) for at in (2, 3, 4))
        elif part[5]:
            colour = int(part[5])
        elif part[9] or part[10]:
            x, top = 0, top + (sixel.BAND if part[10] else 0)
        else:
            count, letter = int(part[6] or 1), ord(part[7] or part[8]) - sixel.BLANK
            for row in range(sixel.BAND):
                if letter >> row & 1:
                    assert (pixels[top + row, x : x + count] == -1).all(), "painted twice"
                    pixels[top + row, x : x + count] = palette[colour]
            x += count
    assert (pixels[height:] == -1).all()
    return pixels[:height]


def scene(width: int, height: int) -> Image.Image:
    """A picture with smooth parts, edges and a flat part."""
    across = Image.linear_gradient("L").rotate(90).resize((width, height))
    down = Image.linear_gradient("L").resize((width, height))
    picture = Image.merge("RGB", (across, down, Image.radial_gradient("L").resize((width, height))))
    picture.paste((20, 90, 220), (0, 0, width // 3, height // 4))
    return picture


@pytest.mark.parametrize("size", [(1, 1), (7, 5), (64, 48), (100, 97), (480, 301)], ids=str)
@pytest.mark.parametrize("colours", [256, 16])
def test_the_sequence_is_the_picture(size: tuple[int, int], colours: int) -> None:
    picture = scene(*size)
    pixels = decoded(sixel.encoded(picture, colours))
    assert (pixels >= 0).all()
    error = pixels.astype(float) - numpy.asarray(picture)
    assert abs(error.mean()) < 6
    assert numpy.abs(error).mean() < (9 if colours == 256 else 25)


def test_a_flat_picture_is_short() -> None:
    assert len(sixel.encoded(Image.new("RGB", (800, 600), (20, 90, 220)), 2)) < 2_000


async def test_encoding_does_not_hold_the_event_loop() -> None:
    """An encoder of one piece held it for 37 ms; a busy machine takes longer for all, so the best of some counts."""
    picture, late = scene(640, 640), []
    for _ in range(3):
        work = asyncio.get_running_loop().run_in_executor(None, sixel.encoded, picture)
        worst = 0.0
        while not work.done():
            before = time.perf_counter()
            await asyncio.sleep(0.001)
            worst = max(worst, time.perf_counter() - before)
        late.append(worst)
    assert min(late) < 0.03


@SIZE
async def test_it_lies_where_the_picture_is_and_only_while_it_is_in_sight(
    open_lab: OpenLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    laid: dict[str, Region] = {}
    monkeypatch.setattr(Outlet, "lay", lambda self, name, region, data: laid.update({name: region}))
    monkeypatch.setattr(Outlet, "lift", lambda self, name: laid.pop(name, None))
    async with open_lab(prompt="a fox", settings={"images": "sixel"}) as lab:
        await lab.press("enter")
        lab.engine.let_load(lab.engine.request.model)
        lab.engine.let_finish(lab.engine.jobs[0])
        await lab.until(lambda: laid)
        [region] = laid.values()
        place = lab.home.pane.picture.region
        assert place.contains_region(region)
        assert abs((region.x - place.x) - (place.right - region.right)) <= 1
        rows = lab.app.screen._compositor.render_strips()
        under = "".join(rows[y].crop(region.x, region.right).text for y in range(region.y, region.bottom))
        assert not under.strip(), "the cells under it are blank"

        await lab.press("f1")
        await lab.sees("goes back")
        assert list(laid.values()) == [region], "a page beside it does not concern it"
        await lab.press("escape")

        await lab.press("alt+3")
        await lab.until(lambda: not laid)
        await lab.press("alt+1")
        await lab.until(lambda: list(laid.values()) == [region])

        await lab.pilot.resize_terminal(100, 36)
        await lab.until(lambda: laid and list(laid.values()) != [region])
        assert lab.home.pane.picture.region.contains_region(next(iter(laid.values())))

        await lab.press("f3")
        await lab.until(lambda: not laid)
        assert lab.app.images == "off"
