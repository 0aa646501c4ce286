"""The lab's signs in ASCII, for terminals and fonts that lack them."""

from __future__ import annotations

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

ASCII = {
    "●": "*",  # ready, done
    "►": ">",  # runs
    "▲": "!",  # warning
    "×": "x",  # failed; between two numbers
    "–": "-",  # stopped
    "—": "-",
    "·": ".",  # waits
    "•": ".",
    "■": "#",  # paused
    "□": "o",  # not there
    "◆": "+",  # kept
    "∞": "8",  # again and again
    "━": "=",  # done
    "╸": "-",
    "╺": "-",
    "─": "-",  # not done yet
    "╍": "~",  # others'
    "▒": ":",
    **dict.fromkeys("▁▂▃▄▅▆▇", " "),  # the ends of a scroll bar
    "▌": "|",  # the bar at the left of a card
    "▐": "|",
    "│": "|",
    "≈": "~",
    "…": ".",
    "→": ">",
    "←": "<",
    "↑": "^",
    "↓": "v",
    "²": "2",
    "°": "o",
}
"""One cell for one cell, so that nothing moves. Half cells are no sign: they stay as they are."""

TABLE = str.maketrans(ASCII)


class AsciiGlyphs(LineFilter):
    """Writes every line of every widget in ASCII, on its way to the screen."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the line without a sign that may be missing."""
        return [
            segment
            if segment.text.isascii()
            else Segment(segment.text.translate(TABLE), segment.style, segment.control)
            for segment in segments
        ]
