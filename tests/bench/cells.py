"""Seconds, bytes and what is missed of pictures as cells, for each grain.

Run by hand: ``python -m tests.bench.cells [PICTURE...]``. Without pictures one is composed. A picture is cut to a
square, drawn into 80x40 cells for the time, and into 60x30 for the rest; what is seen is compared with the picture at
8x16 or 8x24 pixels a cell.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy
from PIL import Image, ImageOps

from sdxl_tui.tui.widgets import cells
from sdxl_tui.tui.widgets.coarse import coarse, cost
from sdxl_tui.tui.widgets.grains import GRAINS
from tests.tui.cell_pictures import seen

REPEATS = 7
WINDOW = 7
"""Pixels across and down within which likeness is measured."""
PREVIEW = (59, 29)
BUDGETS = (30_000, 15_000, 8_000)


def composed() -> Image.Image:
    """A smooth ground, a disc, stripes and grain."""
    round_, rising = Image.radial_gradient("L"), Image.linear_gradient("L")
    ground = Image.merge("RGB", (rising, round_, rising.rotate(90))).resize((1024, 1024))
    disc = round_.resize((400, 400)).point(lambda value: 255 if value < 120 else 0)
    ground.paste((250, 220, 120), (300, 260), disc)
    for place in range(0, 500, 50):
        ground.paste((30, 20, 40), (500 + place, 700 - place, 520 + place, 1000 - place))
    noise = Image.effect_noise((1024, 1024), 30)
    return Image.blend(ground, Image.merge("RGB", (noise, noise, noise)), 0.1)


def likeness(one: numpy.ndarray, other: numpy.ndarray) -> float:
    """The structural similarity (SSIM) of two grey pictures, with a square window."""

    def mean(values: numpy.ndarray) -> numpy.ndarray:
        sums = numpy.pad(values, ((1, 0), (1, 0))).cumsum(axis=0).cumsum(axis=1)
        inner = sums[WINDOW:, WINDOW:] - sums[:-WINDOW, WINDOW:] - sums[WINDOW:, :-WINDOW] + sums[:-WINDOW, :-WINDOW]
        return inner / WINDOW**2

    first, second = one.astype(float), other.astype(float)
    means = mean(first), mean(second)
    spreads = mean(first**2) - means[0] ** 2, mean(second**2) - means[1] ** 2
    together = mean(first * second) - means[0] * means[1]
    steady = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    above = (2 * means[0] * means[1] + steady[0]) * (2 * together + steady[1])
    below = (means[0] ** 2 + means[1] ** 2 + steady[0]) * (sum(spreads) + steady[1])
    return float((above / below).mean())


def compared(picture: Image.Image, drawn: list, name: str) -> tuple[float, float]:
    """Likeness, and the mean difference in levels."""
    grain = GRAINS[name]
    pixels = seen(drawn, grain)
    pixels = pixels.repeat((24 if grain.down == 3 else 16) // grain.down, axis=0).repeat(8 // grain.across, axis=1)
    shown = Image.fromarray(pixels.astype(numpy.uint8))
    meant = picture.resize(shown.size, Image.Resampling.LANCZOS)
    grey = numpy.asarray(shown.convert("L")), numpy.asarray(meant.convert("L"))
    return likeness(*grey), float(numpy.abs(pixels - numpy.asarray(meant).astype(int)).mean())


def main() -> None:
    """Print a row for each picture and grain, then what previews come to."""
    pictures = {Path(name).name: Image.open(name).convert("RGB") for name in sys.argv[1:]} or {"composed": composed()}
    print(f"{'picture':24} {'grain':5} {'80x40 ms':>8} {'bytes':>7} {'60x30 bytes':>11} {'SSIM':>6} {'mean off':>8}")
    for title, whole in pictures.items():
        picture = ImageOps.fit(whole, (1024, 1024), Image.Resampling.LANCZOS)
        for name in GRAINS:
            cells.use_grain(name)
            times = []
            for _ in range(REPEATS):
                began = time.perf_counter()
                large = cells.cells_of(picture, 80, 40)
                times.append(time.perf_counter() - began)
            small = cells.cells_of(picture, 60, 30)
            like, off = compared(picture, small, name)
            row = f"{title[:24]:24} {name:5} {1000 * sorted(times)[REPEATS // 2]:8.0f} {cost(large):7}"
            print(f"{row} {cost(small):11} {like:6.3f} {off:8.1f}")
        cells.use_grain(cells.USUAL)
        for most in BUDGETS:
            began = time.perf_counter()
            drawn = coarse(picture.resize((128, 128)), *PREVIEW, most)
            spent = time.perf_counter() - began
            size = f"{drawn[0].cell_length}x{len(drawn)}"
            print(f"{'':24} preview of {most}: {cost(drawn)} bytes, {size}, {1000 * spent:.0f} ms")


if __name__ == "__main__":
    main()
