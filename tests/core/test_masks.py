"""Masks from rectangles, kept for a repeat, and how they fade."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.masks import Rectangle, cells, draw_mask, faded, store_mask


def test_rectangles_are_drawn_from_any_corner_and_cut_at_the_edge() -> None:
    mask = draw_mask((100, 60), [Rectangle(20, 30, 10, 10), Rectangle(90, 50, 200, 200), Rectangle(-50, -50, 1, 1)])
    assert (mask.mode, mask.size) == ("L", (100, 60))
    assert sorted(value for _, value in mask.getcolors()) == [0, 255]
    assert {value: count for count, value in mask.getcolors()}[255] == 10 * 20 + 10 * 10 + 1
    assert mask.getpixel((10, 10)) == mask.getpixel((19, 29)) == mask.getpixel((99, 59)) == 255
    assert mask.getpixel((20, 30)) == 0


@pytest.mark.parametrize("rectangles", [[], [Rectangle(5, 5, 5, 9)], [Rectangle(200, 200, 300, 300)]])
def test_nothing_marked_is_a_sentence(rectangles: list[Rectangle]) -> None:
    with pytest.raises(UserError, match="Nothing is marked"):
        draw_mask((100, 60), rectangles)


def test_a_drawn_mask_is_kept_once_under_its_hash(own_home: Path) -> None:
    mask = draw_mask((100, 60), [Rectangle(1, 2, 30, 40)])
    path = store_mask(mask)
    assert path == store_mask(draw_mask((100, 60), [Rectangle(30, 40, 1, 2)]))
    assert hashlib.sha256(path.read_bytes()).hexdigest().startswith(path.stem)
    assert Image.open(path).convert("L").tobytes() == mask.tobytes()
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_mask_that_cannot_be_kept_is_a_sentence(own_home: Path) -> None:
    own_home.mkdir()
    (own_home / "masks").write_text("a file")
    with pytest.raises(UserError, match="The mask is not kept"):
        store_mask(draw_mask((100, 60), [Rectangle(1, 2, 30, 40)]))


@pytest.mark.parametrize("fade", [0, 1, 2, 7, 16, 40])
def test_a_mask_stays_white_and_fades_within_its_blur(fade: int) -> None:
    mask = draw_mask((200, 200), [Rectangle(90, 80, 120, 110)])
    soft = faded(mask, fade)
    assert soft.crop((90, 80, 120, 110)).getextrema() == (255, 255)
    left, top, right, bottom = soft.getbbox()
    assert 90 - fade <= left <= 90 - fade // 2
    assert (left, right) == (90 - (90 - left), 120 + (90 - left))
    assert 80 - top == bottom - 110 == 90 - left
    row = [soft.getpixel((x, 95)) for x in range(120, 200)]
    assert row == sorted(row, reverse=True)


@pytest.mark.parametrize("side", [4, 8])
def test_every_cell_that_white_touches_is_repainted(side: int) -> None:
    mask = Image.new("L", (64, 64))
    mask.putpixel((17, 40), 255)
    assert cells(mask, 0, side).getbbox() == (16, 40, 16 + side, 40 + side)
    for fade in (0, 3, 12):
        outside = ImageChops.subtract(mask, cells(mask, fade, side))
        assert outside.getbbox() is None
