"""How a cell looks, and the shortest way from one look to another in SGR codes."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from rich.color import Color, ColorSystem, ColorType
from rich.color_triplet import ColorTriplet
from rich.style import Style

BITS = {
    "bold": 1 << 0,
    "dim": 1 << 1,
    "italic": 1 << 2,
    "underline": 1 << 3,
    "blink": 1 << 4,
    "blink2": 1 << 5,
    "reverse": 1 << 6,
    "conceal": 1 << 7,
    "strike": 1 << 8,
    "underline2": 1 << 9,
    "frame": 1 << 10,
    "encircle": 1 << 11,
    "overline": 1 << 12,
}
SWITCHES = (
    (1 << 0, "1", "22"),
    (1 << 1, "2", "22"),
    (1 << 2, "3", "23"),
    (1 << 3, "4", "24"),
    (1 << 4, "5", "25"),
    (1 << 5, "6", "25"),
    (1 << 6, "7", "27"),
    (1 << 7, "8", "28"),
    (1 << 8, "9", "29"),
    (1 << 9, "21", "24"),
    (1 << 10, "51", "54"),
    (1 << 11, "52", "54"),
    (1 << 12, "53", "55"),
)
"""Bit, the code that sets it, and the code that takes it and its neighbour away."""
FIXED = range(22, 256)
"""Of the 256 colours those that are the same in every terminal: shell themes change the first 16, some of them 22."""
SEEN_ON_BLANK = sum(BITS[name] for name in ("underline", "blink", "blink2", "reverse", "strike", "underline2")) | (
    BITS["frame"] | BITS["encircle"] | BITS["overline"]
)
"""What is seen where no character stands: there the colour of the characters counts too."""
MOST_KEPT = 20_000
"""Styles whose pens are kept: a few pictures' worth."""


class Pen(NamedTuple):
    """Colours as SGR codes (empty: the terminal's own), attributes as bits, a link as OSC 8 has it."""

    fore: str = ""
    back: str = ""
    bits: int = 0
    link: str = ""


PLAIN = Pen()
RESET = "\x1b[0m"
"""Takes every colour out of the terminal's hand: whoever writes beside the painter reckons with its having none."""


class PenBox:
    """Makes pens of Rich's styles, for one number of colours. What a style says to Textual only has no part in it."""

    def __init__(self, system: ColorSystem) -> None:
        self._system = system
        self._pens: dict[Style | None, Pen] = {None: PLAIN}

    def pen(self, style: Style | None) -> Pen:
        """The pen of a style."""
        pen = self._pens.get(style)
        if pen is None:
            if len(self._pens) > MOST_KEPT:
                self._pens = {None: PLAIN}
            assert style is not None
            link = f"id={style.link_id};{style.link}" if style.link else ""
            pen = Pen(self._codes(style.color, 38), self._codes(style.bgcolor, 48), _bits(style), _printable(link))
            self._pens[style] = pen
        return pen

    def _codes(self, colour: Color | None, kind: int) -> str:
        if colour is None or colour.type is ColorType.DEFAULT:
            return ""
        if colour.triplet is not None and self._system is ColorSystem.TRUECOLOR:
            number = _numbers().get(colour.triplet)
            return f"{kind};5;{number}" if number else f"{kind};2;{';'.join(map(str, colour.triplet))}"
        return ";".join(colour.downgrade(self._system).get_ansi_codes(foreground=kind == 38))


@cache
def _numbers() -> dict[ColorTriplet, int]:
    """The colours that have a number, which is half as long as its red, green and blue."""
    try:
        from rich._palettes import EIGHT_BIT_PALETTE
    except ImportError:
        return {}
    return {EIGHT_BIT_PALETTE[number]: number for number in FIXED}


def on_blank(pen: Pen) -> Pen:
    """What of a pen is seen where no character stands."""
    return pen if pen.bits & SEEN_ON_BLANK else Pen("", pen.back, 0, pen.link)


def look_alike(text: str, one: Pen, other: Pen) -> bool:
    """Whether a text looks the same with either pen."""
    return one == other or (text == " " and on_blank(one) == on_blank(other))


def change(before: Pen | None, after: Pen) -> str:
    """Return the sequence that makes one pen of another; None: what the terminal has in hand is not known."""
    link = "" if before is not None and before.link == after.link else f"\x1b]8;{after.link or ';'}\x1b\\"
    anew = _anew(after)
    if before is None:
        return f"{link}\x1b[{anew}m"
    codes: list[str] = []
    if before.bits != after.bits:
        lost, wanted = before.bits & ~after.bits, after.bits & ~before.bits
        ends = dict.fromkeys(end for bit, _, end in SWITCHES if lost & bit)
        codes += ends
        codes += [code for bit, code, end in SWITCHES if (wanted | (after.bits if end in ends else 0)) & bit]
    if before.fore != after.fore:
        codes.append(after.fore or "39")
    if before.back != after.back:
        codes.append(after.back or "49")
    if not codes:
        return link
    step = ";".join(codes)
    return f"{link}\x1b[{min(step, anew, key=len)}m"


def _anew(pen: Pen) -> str:
    codes = [code for bit, code, _ in SWITCHES if pen.bits & bit]
    codes += [colour for colour in (pen.fore, pen.back) if colour]
    return ";".join(("0", *codes)) if codes else ""


def _bits(style: Style) -> int:
    return sum(bit for name, bit in BITS.items() if getattr(style, name))


def _printable(link: str) -> str:
    return "".join(character for character in link if " " <= character <= "~")
