"""Pictures as cells of every grain."""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import numpy
import pytest
from PIL import Image
from rich.cells import cell_len
from textual.strip import Strip

from sdxl_tui.tui.thumbs import Thumb, Thumbs
from sdxl_tui.tui.widgets import cells
from sdxl_tui.tui.widgets.cells import contained
from sdxl_tui.tui.widgets.coarse import coarse, cost
from sdxl_tui.tui.widgets.few_colours import colours
from sdxl_tui.tui.widgets.grains import GRAINS, NOT_EVERYWHERE, Grain
from tests.tui.cell_pictures import seen


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


@pytest.fixture(params=list(GRAINS), autouse=True)
def grain(request: pytest.FixtureRequest) -> Iterator[Grain]:
    """The one in force."""
    cells.use_grain(request.param)
    yield GRAINS[request.param]
    cells.use_grain(cells.USUAL)
    cells.use_depth("truecolor")


RED, BLUE = (220, 10, 10), (0, 40, 250)


def two_tone(grain: Grain, pattern: int) -> Image.Image:
    """A picture of one cell: the set subpixels are red, the others blue."""
    picture = Image.new("RGB", grain.pixels(1, 1))
    count = grain.across * grain.down
    picture.putdata([RED if pattern >> number & 1 else BLUE for number in range(count)])
    return picture


def test_every_pattern_has_a_glyph_of_its_own(grain: Grain) -> None:
    assert len(grain.glyphs) == len(set(grain.glyphs)) == 1 << grain.across * grain.down
    assert (grain.glyphs[0], grain.glyphs[-1]) == (" ", "█")
    assert all(cell_len(glyph) == 1 for glyph in grain.glyphs)


def test_glyphs_are_what_unicode_calls_them(grain: Grain) -> None:
    """Octants came with Unicode 16; Python knows them from 3.14 on."""
    names = {"sext": "BLOCK SEXTANT-", "oct": "BLOCK OCTANT-"}
    for pattern, glyph in enumerate(grain.glyphs):
        name = unicodedata.name(glyph, "")
        if name.startswith(("BLOCK SEXTANT", "BLOCK OCTANT")):
            parts = "".join(str(number + 1) for number in range(8) if pattern >> number & 1)
            assert name == names[grain.name] + parts
    if grain.name == "oct":
        assert grain.glyphs[0b100] == "\U0001cd00"
        assert grain.glyphs[0b11111110] == "\U0001cde5"


def test_two_colours_in_any_shape_are_drawn_exactly(grain: Grain) -> None:
    for pattern in range(len(grain.glyphs)):
        picture = two_tone(grain, pattern)
        strips = cells.strips_of(picture)
        assert (seen(strips, grain) == numpy.asarray(picture)).all(), pattern


def test_cells_of_one_colour_are_one_run_of_blanks(grain: Grain, tmp_path: Path) -> None:
    Image.new("RGB", (64, 64), (1, 2, 3)).save(tmp_path / "plain.png")
    strips = cells.cells(tmp_path / "plain.png", 20, 10)
    assert [strip.text for strip in strips] == [" " * 20] * 10
    assert {len(list(strip)) <= 2 for strip in strips} == {True}
    assert {strip.cell_length for strip in strips} == {20}


def test_a_line_from_cell_to_cell_keeps_its_colours(grain: Grain) -> None:
    """A cell and its inverse look the same: the one is drawn that goes on with its neighbour's ground."""
    one = next(pattern for pattern in range(1, len(grain.glyphs)) if pattern not in grain.inverted)
    row = [two_tone(grain, one), two_tone(grain, len(grain.glyphs) - 1 - one), two_tone(grain, 0)]
    picture = Image.new("RGB", grain.pixels(3, 1))
    for place, cell in enumerate(row):
        picture.paste(cell, (place * grain.across, 0))
    [strip] = cells.strips_of(picture)
    assert len(list(strip)) == 1
    assert (seen([strip], grain) == numpy.asarray(picture)).all()


@pytest.mark.parametrize("angle", [0, 90, 180])
def test_a_gradient_stays_smooth(grain: Grain, angle: int) -> None:
    """No step goes against it, and none is larger than a cell's share of the way."""
    picture = Image.linear_gradient("L").rotate(angle).convert("RGB")
    lines = seen(cells.cells_of(picture, 60, 30), grain).astype(int)[..., 0]
    down = numpy.diff(lines, axis=0) * (-1 if angle == 180 else 1)
    across = numpy.diff(lines, axis=1)
    along, beside = (across, down) if angle == 90 else (down, across)
    assert along.min() >= -2
    assert along.max() <= 255 / 30 + 4
    assert abs(beside).max() <= 4


def test_finer_grains_are_nearer_to_the_picture() -> None:
    round_, rising = Image.radial_gradient("L"), Image.linear_gradient("L")
    rings = round_.point(lambda value: 255 * (value // 16 % 2))
    picture = Image.merge("RGB", (rings, rising, rings.rotate(45)))
    whole = numpy.asarray(picture.resize((480, 480), Image.Resampling.LANCZOS)).astype(int)
    missed = []
    for name in ("half", "quad", "oct"):
        cells.use_grain(name)
        drawn = seen(cells.cells_of(picture, 60, 30), GRAINS[name])
        drawn = drawn.repeat(480 // drawn.shape[0], axis=0).repeat(480 // drawn.shape[1], axis=1)
        missed.append(numpy.abs(drawn - whole).mean())
    assert missed == sorted(missed, reverse=True)
    assert missed[1] < 0.93 * missed[0]


@pytest.mark.parametrize("size", [(1, 1), (1, 700), (700, 1), (3, 5), (33, 17)], ids=str)
def test_odd_sizes(grain: Grain, size: tuple[int, int]) -> None:
    strips = cells.cells_of(Image.new("RGB", size, RED), 30, 10)
    columns, rows = contained(*size, 30, 10)
    assert [strip.cell_length for strip in strips] == [columns] * rows


@pytest.mark.parametrize("depth", ["256", "16"])
def test_few_colours_go_by_number_and_keep_the_mean(grain: Grain, depth: str) -> None:
    cells.use_depth(depth)
    picture = Image.linear_gradient("L").convert("RGB")
    strips = cells.cells_of(picture, 60, 30)
    allowed = {colour.number for colour in colours(depth)}
    for strip in strips:
        for segment in strip:
            assert {segment.style.color.number, segment.style.bgcolor.number} <= allowed
    drawn = seen(strips, grain)
    parts = numpy.array_split(drawn, 4, axis=0)
    means = [part.mean() for part in parts]
    assert means == sorted(means)
    assert drawn.mean() == pytest.approx(127.5, abs=8)


def test_without_colours_there_is_nothing(grain: Grain) -> None:
    cells.use_depth("none")
    strips = cells.cells_of(Image.new("RGB", (64, 64), RED), 20, 10)
    assert [strip.text for strip in strips] == [" " * 20] * 10


def test_what_changes_is_no_more_than_what_differs(grain: Grain) -> None:
    """Colours that are shared with neighbours do not run on to the end of the row."""
    picture = Image.radial_gradient("L").convert("RGB")
    other = picture.copy()
    other.paste(Image.new("RGB", (20, 20), RED), (40, 100))
    one, two = (seen(cells.cells_of(each, 80, 40), grain) for each in (picture, other))
    differing = (one != two).any(axis=2).any(axis=0).nonzero()[0] // grain.across
    assert differing.min() >= 8
    assert differing.max() < 32


def photograph() -> Image.Image:
    """Smooth parts, edges and noise."""
    noise = Image.effect_noise((128, 128), 40)
    parts = (Image.radial_gradient("L"), Image.linear_gradient("L"), Image.linear_gradient("L").rotate(90))
    picture = Image.merge("RGB", [part.resize((128, 128)) for part in parts])
    return Image.blend(picture, Image.merge("RGB", (noise, noise, noise.rotate(90))), 0.4)


@pytest.mark.parametrize("most", [30_000, 12_000, 4_000])
def test_a_preview_has_no_more_bytes_than_it_may(grain: Grain, most: int) -> None:
    preview = photograph()
    full = cells.cells_of(preview, 59, 29)
    drawn = coarse(preview, 59, 29, most)
    assert cost(drawn) <= most < cost(full)
    assert coarse(preview, 59, 29, 1 << 30) == full


def test_a_preview_that_saves_keeps_its_place_as_long_as_it_can(grain: Grain) -> None:
    drawn = coarse(photograph(), 59, 29, 12_000)
    assert (len(drawn), drawn[0].cell_length) == (29, 58)


def test_what_some_terminals_leave_to_the_font_is_drawn_as_its_inverse(grain: Grain) -> None:
    for pattern in grain.inverted:
        picture = two_tone(grain, pattern)
        [strip] = cells.strips_of(picture)
        assert strip.text not in NOT_EVERYWHERE
        assert numpy.abs(seen([strip], grain) - numpy.asarray(picture, float)).max() < 2


def test_a_thumb_shows_a_square_picture_from_edge_to_edge(grain: Grain, tmp_path: Path) -> None:
    picture = Image.new("RGB", (128, 128), BLUE)
    for side in ((0, 0, 128, 26), (0, 102, 128, 128)):
        picture.paste(RED, side)
    picture.save(tmp_path / "bars.png")
    strips = Thumbs()._draw(Thumb(tmp_path / "bars.png", 20, 10))
    rows = seen(strips, grain).mean(axis=1)
    assert numpy.abs(rows[[0, -1]] - RED).max() < 8
    assert numpy.abs(rows[len(rows) // 2] - BLUE).max() < 8
    assert (rows[:, 0] > 110).mean() == pytest.approx(0.4, abs=0.1)


def test_a_thumb_that_is_asked_for_again_while_it_is_drawn_counts_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    thumbs, asked = Thumbs(), [Thumb(tmp_path / f"{number}.png", 20, 10) for number in range(40)]
    done, drawn, usual = threading.Event(), [], thumbs._draw

    def draw(thumb: Thumb) -> list[Strip]:
        drawn.append(thumb)
        if drawn.count(thumb) == 1:
            thumbs.want(None, [thumb, *asked[asked.index(thumb) + 1 :]], tell)
        return usual(thumb)

    def tell(thumb: Thumb) -> None:
        if thumb == asked[-1] and drawn.count(thumb) == 2:
            done.set()

    monkeypatch.setattr(thumbs, "_draw", draw)
    monkeypatch.setattr("sdxl_tui.tui.thumbs.MOST_CELLS", 5_000)
    thumbs.want(None, asked, tell)
    assert done.wait(20)
    assert sum(thumbs.get(thumb) is not None for thumb in asked) == 25
