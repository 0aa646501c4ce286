"""A picture as sixel graphics: six rows of pixels are a band, and each colour of a band is a row of letters.

Written for a worker thread beside an event loop: no step holds the interpreter for more than some milliseconds, where
an encoder of one piece would keep keys waiting. https://vt100.net/docs/vt3xx-gp/chapter14.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # Pillow and numpy wait until there is a picture
    import numpy
    from PIL import Image

    Array = numpy.ndarray[Any, Any]

COLOURS = 256
BAND = 6
STRIP = 48
"""Rows of pixels that are given their colours at once."""
SAMPLE = 160
"""Longer side of the picture that the colours are chosen from."""
SHORTEST_RUN = 4
"""Equal letters from which a count before one of them is shorter."""
BLANK = 63
"""The letter of no pixel, ``?``."""


def encoded(picture: Image.Image, colours: int = COLOURS) -> str:
    """Return an RGB picture as one sixel sequence; ``colours``: 2 to 256."""
    import numpy

    palette, indexes = _reduced(picture, colours)
    percent: Array = (palette.astype(numpy.uint16) * 100 + 127) // 255
    parts = [b'\x1bP0;1;0q"1;1;%d;%d' % picture.size]
    parts += [b"#%d;2;%d;%d;%d" % (number, *rgb) for number, rgb in enumerate(percent.tolist())]
    parts += _bands(indexes)
    return b"".join([*parts, b"\x1b\\"]).decode("ascii")


def _reduced(picture: Image.Image, colours: int) -> tuple[Array, Array]:
    """Return the palette, a row a colour, and the number of each pixel's."""
    import numpy
    from PIL import Image

    sample = picture.copy()
    sample.thumbnail((SAMPLE, SAMPLE), Image.Resampling.BOX)
    chosen = sample.quantize(colours, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    flat = (chosen.getpalette() or [0, 0, 0])[: 3 * colours]
    strips = [
        numpy.asarray(
            picture.crop((0, top, picture.width, min(top + STRIP, picture.height))).quantize(
                palette=chosen, dither=Image.Dither.FLOYDSTEINBERG
            )
        )
        for top in range(0, picture.height, STRIP)
    ]
    palette = numpy.array(flat, numpy.uint8).reshape(-1, 3)
    return palette, numpy.minimum(numpy.concatenate(strips), len(palette) - 1)


def _bands(indexes: Array) -> Iterator[bytes]:
    import numpy

    columns = numpy.arange(indexes.shape[1])
    for top in range(0, len(indexes), BAND):
        band = indexes[top : top + BAND]
        used = numpy.unique(band)
        places: Array = numpy.zeros(COLOURS, numpy.intp)
        places[used] = numpy.arange(len(used))
        letters: Array = numpy.full((len(used), len(columns)), BLANK, numpy.uint8)
        for number, row in enumerate(band):
            letters[places[row], columns] += 1 << number
        yield from _rows(used, letters)


def _rows(used: Array, letters: Array) -> Iterator[bytes]:
    """Yield the colours of one band: number, letters in runs, back to the left; after the last, down to the next."""
    import numpy

    height, width = letters.shape
    changes = numpy.ones((height, width), bool)
    changes[:, 1:] = letters[:, 1:] != letters[:, :-1]
    starts = numpy.flatnonzero(changes)
    counts = numpy.diff(starts, append=height * width)
    values = letters.ravel()[starts]
    text, ends = _runs(values, counts)
    row_starts: Array = numpy.arange(height) * width
    first_runs: Any = numpy.searchsorted(starts, row_starts)
    last_runs: Any = numpy.append(first_runs[1:], len(starts)) - 1
    for number, colour in enumerate(used.tolist()):
        first, last = int(first_runs[number]), int(last_runs[number])
        if values[last] == BLANK:
            last -= 1
        begin = int(ends[first - 1]) if first else 0
        yield b"#%d" % colour + text[begin : int(ends[last])] + (b"$" if number < height - 1 else b"-")


def _runs(values: Array, counts: Array) -> tuple[bytes, Array]:
    """Return all runs as text, a long one as ``!``, its count and the letter, and where each one ends in it."""
    import numpy

    is_long = counts >= SHORTEST_RUN
    digits = 1 + (counts >= 10) + (counts >= 100) + (counts >= 1000)
    lengths = numpy.where(is_long, digits + 2, counts)
    ends = numpy.cumsum(lengths)
    text: Array = numpy.repeat(values, lengths)
    begins = (ends - lengths)[is_long]
    text[begins] = ord("!")
    left = counts[is_long]
    for place in range(4):
        has = digits[is_long] > place
        text[(begins + digits[is_long] - place)[has]] = ord("0") + left[has] % 10
        left = left // 10
    return text.tobytes(), ends
