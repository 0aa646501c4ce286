"""Pictures as half cells."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from sdxl_tui.tui.widgets.cells import cells, contained


@pytest.mark.parametrize(
    ("picture", "place", "cells"),
    [
        ((1024, 1024), (60, 30), (60, 30)),
        ((1024, 1024), (72, 30), (60, 30)),
        ((1344, 768), (60, 30), (60, 17)),
        ((768, 1344), (60, 30), (34, 30)),
        ((8, 4096), (60, 30), (1, 30)),
    ],
)
def test_contained_and_never_stretched(
    picture: tuple[int, int], place: tuple[int, int], cells: tuple[int, int]
) -> None:
    assert contained(*picture, *place) == cells


def test_each_cell_is_two_pixels(tmp_path: Path) -> None:
    picture = Image.new("RGB", (2, 2))
    picture.putdata([(255, 0, 0), (0, 255, 0), (0, 0, 255), (9, 9, 9)])
    picture.save(tmp_path / "four.png")
    (strip,) = cells(tmp_path / "four.png", 2, 1)
    colours = [
        (tuple(segment.style.color.triplet), tuple(segment.style.bgcolor.triplet))
        for segment in strip
        if segment.style and segment.style.color and segment.style.bgcolor
    ]
    assert colours == [((255, 0, 0), (0, 0, 255)), ((0, 255, 0), (9, 9, 9))]


def test_cells_of_one_colour_are_one_run(tmp_path: Path) -> None:
    Image.new("RGB", (64, 64), (1, 2, 3)).save(tmp_path / "plain.png")
    strips = cells(tmp_path / "plain.png", 20, 10)
    assert [len(list(strip)) for strip in strips] == [1] * 10
    assert [strip.cell_length for strip in strips] == [20] * 10
