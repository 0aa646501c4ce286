"""Strips of cells as the picture that a terminal makes of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy
from textual.strip import Strip

from sdxl_tui.tui.widgets.grains import Grain


def seen(strips: Sequence[Strip], grain: Grain) -> numpy.ndarray:
    """Red, green and blue of every subpixel: (height, width, 3)."""
    numbers = numpy.arange(grain.across * grain.down)
    rows = []
    for strip in strips:
        cells = []
        for segment in strip:
            assert segment.style is not None
            fore, back = (tuple(colour.triplet) for colour in (segment.style.color, segment.style.bgcolor))
            for glyph in segment.text:
                is_set = grain.glyphs.index(glyph) >> numbers & 1
                pixels = numpy.where(is_set[:, None], fore, back)
                cells.append(pixels.reshape(grain.down, grain.across, 3))
        rows.append(numpy.concatenate(cells, axis=1))
    return numpy.concatenate(rows)
