"""From fitted cells to strips: neighbours share their colours where they can, and what shares both is one segment."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from sdxl_tui.tui.widgets.grains import Grain
from sdxl_tui.tui.widgets.two_colours import Fit

if TYPE_CHECKING:  # numpy waits until there is a picture
    import numpy

    Array = numpy.ndarray[Any, Any]


ANEW = 16
"""Columns after which nothing is taken over: what changes in a picture changes no more than so many cells beside it."""


def shared(fit: Fit, grain: Grain, tolerance: int) -> Fit:
    """Turn cells over, and bend their colours by at most ``tolerance`` levels, so that they go on as their left
    neighbours end.

    A cell and its inverse with the colours changed look the same. What a terminal is sent is what changes from one
    cell to the next, so the turn is taken that keeps a colour, the background first; and a cell of one colour takes
    whichever of the two it is.
    """
    import numpy

    full = len(grain.glyphs) - 1
    patterns, fore, back = fit.patterns.copy(), fit.fore.copy(), fit.back.copy()
    lighter = fore.sum(axis=2) > back.sum(axis=2)
    for column in range(patterns.shape[1]):
        shown, front, ground = patterns[:, column], fore[:, column], back[:, column]
        if column % ANEW == 0:
            turned = ~lighter[:, column]
        else:
            last_front, last_ground = fore[:, column - 1], back[:, column - 1]
            kept = 2 * _near(ground, last_ground, tolerance) + _near(front, last_front, tolerance)
            kept_turned = 2 * _near(front, last_ground, tolerance) + _near(ground, last_front, tolerance)
            turned = numpy.where(kept == kept_turned, ~lighter[:, column], kept_turned > kept)
        plain = shown == 0
        turned &= ~plain
        front, ground = numpy.where(turned[:, None], ground, front), numpy.where(turned[:, None], front, ground)
        shown = numpy.where(turned, full ^ shown, shown)
        if column % ANEW:
            keeps_ground = _near(ground, last_ground, tolerance)
            in_front = plain & ~keeps_ground & _near(ground, last_front, tolerance)
            shown = numpy.where(in_front, full, shown)
            ground = numpy.where((keeps_ground | in_front)[:, None], last_ground, ground)
            keeps_front = plain | _near(front, last_front, tolerance)
            front = numpy.where(keeps_front[:, None], last_front, front)
        patterns[:, column], fore[:, column], back[:, column] = shown, front, ground
    return Fit(patterns, fore, back)


def _near(one: Array, other: Array, tolerance: int) -> Array:
    """By row, whether two colours are the same but for so many levels."""
    return abs(one - other).max(axis=-1) <= tolerance


def strips(fit: Fit, grain: Grain, number: Callable[[Array], Array], colour: Callable[[int], Color]) -> list[Strip]:
    """Return fitted cells as strips; ``number`` makes one number of a fitted colour, ``colour`` Rich's colour of it."""
    import numpy

    patterns, fore, back = fit.patterns, number(fit.fore), number(fit.back)
    turned = numpy.isin(patterns, grain.inverted)
    patterns = numpy.where(turned, len(grain.glyphs) - 1 ^ patterns, patterns)
    fore, back = numpy.where(turned, back, fore), numpy.where(turned, fore, back)
    made: dict[int, Color] = {}
    styles: dict[tuple[int, int], Style] = {}

    def colour_of(value: int) -> Color:
        if value not in made:
            made[value] = colour(value)
        return made[value]

    def style_of(pair: tuple[int, int]) -> Style:
        if pair not in styles:
            styles[pair] = Style.from_color(colour_of(pair[0]), colour_of(pair[1]))
        return styles[pair]

    columns = patterns.shape[1]
    letters = numpy.array(list(grain.glyphs))[patterns]
    breaks: Array = numpy.ones(patterns.shape, bool)
    breaks[:, 1:] = (fore[:, 1:] != fore[:, :-1]) | (back[:, 1:] != back[:, :-1])
    drawn = []
    for row in range(patterns.shape[0]):
        text = "".join(letters[row].tolist())
        starts = numpy.flatnonzero(breaks[row]).tolist()
        pairs = zip(fore[row, starts].tolist(), back[row, starts].tolist(), strict=True)
        ends = [*starts[1:], columns]
        segments = [
            Segment(text[start:end], style_of(pair)) for start, end, pair in zip(starts, ends, pairs, strict=True)
        ]
        drawn.append(Strip(segments, columns))
    return drawn
