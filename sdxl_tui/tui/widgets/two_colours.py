"""The two colours and the pattern that stand for a cell best, for all cells of a picture at once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sdxl_tui.tui.widgets.grains import Grain

if TYPE_CHECKING:  # numpy waits until there is a picture
    import numpy

    Array = numpy.ndarray[Any, Any]

WEIGHTS = (0.3, 0.43, 0.27)
"""How much of a difference is seen in red, green and blue; together 1."""
ONE_IS_AS_GOOD = 2.0
"""Levels (of 255, root mean square over a cell) by which one colour may be worse than two."""
HALVES_ARE_AS_GOOD = 1.0
"""The same of an upper and a lower half compared to the best pattern."""


@dataclass(frozen=True)
class Fit:
    """Cells by rows and columns."""

    patterns: Array
    """By cell, see ``grains``; 0: the cell is of one colour, the background's."""
    fore: Array
    """Colour of the set subpixels: red, green and blue, or its number in a palette (a last axis of 3 or 1)."""
    back: Array
    """Of the others."""


def subpixels(small: Array, grain: Grain) -> Array:
    """Return (rows, columns, subpixels, values) of a picture (height, width, values) with a pixel for each subpixel."""
    height, width, values = small.shape
    rows, columns = height // grain.down, width // grain.across
    apart = small.reshape(rows, grain.down, columns, grain.across, values).transpose(0, 2, 1, 3, 4)
    return apart.reshape(rows, columns, grain.down * grain.across, values)


def best_fit(small: Array, grain: Grain, tolerance: float = 0) -> Fit:
    """Fit every cell of an RGB picture; ``tolerance`` are levels by which one colour may always be worse.

    The two parts of a cell take their mean colours. Of the patterns the one is best whose two means are furthest
    apart, as their sizes weigh it: that is the one which leaves least of the differences within its parts.
    """
    import numpy

    pixels: Array = subpixels(small, grain).astype(numpy.float32)
    rows, columns, count, _ = pixels.shape
    pixels = pixels.reshape(rows * columns, count, 3)
    means = pixels.mean(axis=1)
    members, patterns, shares = _partitions(count)
    off = (pixels - means[:, None]) * numpy.sqrt(numpy.array(WEIGHTS, numpy.float32))
    sums = (members @ off.transpose(1, 0, 2).reshape(count, -1)).reshape(len(patterns), rows * columns, 3)
    gains = numpy.einsum("pcv,pcv->pc", sums, sums) * shares[:, None]
    best = gains.argmax(axis=0)
    cells = numpy.arange(rows * columns)
    gain = gains[best, cells]
    if grain.upper_half is not None:
        halves = int(numpy.flatnonzero(patterns == grain.upper_half)[0])
        best = numpy.where(gain - gains[halves] < HALVES_ARE_AS_GOOD**2, halves, best)
    chosen = members[best]
    inside = chosen.sum(axis=1, keepdims=True)
    total = means * count
    set_sum = numpy.einsum("cs,csv->cv", chosen, pixels)
    fore, back = set_sum / inside, (total - set_sum) / (count - inside)
    plain = gain < max(ONE_IS_AS_GOOD, tolerance) ** 2
    shown = numpy.where(plain, 0, patterns[best])
    back = numpy.where(plain[:, None], means, back)
    fore = numpy.where(plain[:, None], means, fore)
    shape = (rows, columns, 3)
    return Fit(shown.reshape(rows, columns), _levels(fore, shape), _levels(back, shape))


def best_pairs(indexes: Array, palette: Array, grain: Grain) -> Fit:
    """Fit every cell of a dithered picture (height, width) of palette indexes with two of the colours it has there.

    What is dithered is right in its mean only, so a pair is as good as its subpixels and its mean are near.
    """
    import numpy

    numbers = subpixels(indexes[..., None], grain)[..., 0]
    rows, columns, count = numbers.shape
    numbers = numbers.reshape(rows * columns, count)
    seen = (palette * numpy.sqrt(numpy.array(WEIGHTS))).astype(numpy.float32)[numbers]
    apart = numpy.square(seen[:, :, None] - seen[:, None]).sum(axis=3)
    one, other = numpy.triu_indices(count)
    takes_one = apart[:, one] <= apart[:, other]
    missed = numpy.minimum(apart[:, one], apart[:, other]).mean(axis=2)
    share = takes_one.mean(axis=2, dtype=numpy.float32)[..., None]
    mean = seen[:, one] * share + seen[:, other] * (1 - share)
    missed += numpy.square(mean - seen.mean(axis=1)[:, None]).sum(axis=2)
    best = (missed + (one != other) * 1e-3).argmin(axis=1)
    cells = numpy.arange(rows * columns)
    set_bits = takes_one[cells, best] @ (1 << numpy.arange(count))
    shown = numpy.where(set_bits == (1 << count) - 1, 0, set_bits)
    fore = numbers[cells, one[best]].astype(numpy.int16)
    back = numpy.where(shown == 0, fore, numbers[cells, other[best]].astype(numpy.int16))
    return Fit(*(values.reshape(rows, columns, *rest) for values, rest in ((shown, ()), (fore, (1,)), (back, (1,)))))


def _levels(values: Array, shape: tuple[int, int, int]) -> Array:
    import numpy

    return numpy.clip(numpy.rint(values), 0, 255).astype(numpy.int16).reshape(shape)


@lru_cache(maxsize=4)
def _partitions(count: int) -> tuple[Array, Array, Array]:
    """Return every way to part so many subpixels in two.

    As members (0 or 1 by subpixel), as patterns, and what turns a squared sum of differences to the cell's mean into
    the mean square that is gained; a pattern and its inverse are one, so the last bit is never set.
    """
    import numpy

    patterns = numpy.arange(1, 1 << count - 1)
    members = (patterns[:, None] >> numpy.arange(count) & 1).astype(numpy.float32)
    inside = members.sum(axis=1)
    return members, patterns, (1 / (inside * (count - inside))).astype(numpy.float32)
