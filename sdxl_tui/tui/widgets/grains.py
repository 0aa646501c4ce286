"""How finely a cell is divided, and the glyph for every way to colour its subpixels with two colours.

A pattern is a number: bit 0 is the upper left subpixel, then in reading order; a set bit has the foreground's colour.
"""

from __future__ import annotations

from dataclasses import dataclass

EMPTY, FULL = " ", "█"

QUADRANTS = " ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█"

SEXTANTS = 0x1FB00
"""BLOCK SEXTANT-1: from here in the order of the patterns, without those that Unicode had already."""
SEXTANTS_ELSEWHERE = {0: EMPTY, 0b010101: "▌", 0b101010: "▐", 0b111111: FULL}

OCTANTS = 0x1CD00
"""BLOCK OCTANT-3 (Unicode 16): from here in the order of the patterns, without those that stand elsewhere."""
OCTANTS_ELSEWHERE = {
    0b00000001: "\U0001cea8",  # LEFT HALF UPPER ONE QUARTER BLOCK
    0b00000010: "\U0001ceab",  # RIGHT HALF UPPER ONE QUARTER BLOCK
    0b00000011: "\U0001fb82",  # UPPER ONE QUARTER BLOCK
    0b00010100: "\U0001fbe6",  # MIDDLE LEFT ONE QUARTER BLOCK
    0b00101000: "\U0001fbe7",  # MIDDLE RIGHT ONE QUARTER BLOCK
    0b00111111: "\U0001fb85",  # UPPER THREE QUARTERS BLOCK
    0b01000000: "\U0001cea3",  # LEFT HALF LOWER ONE QUARTER BLOCK
    0b10000000: "\U0001cea0",  # RIGHT HALF LOWER ONE QUARTER BLOCK
    0b11000000: "▂",
    0b11111100: "▆",
}
"""Those that are no quadrants. Names and order are UnicodeData.txt's, version 16."""


NOT_EVERYWHERE = "\U0001cea0\U0001cea3\U0001cea8\U0001ceab"
"""Octants that a kitty which draws the others itself (0.40 and 0.41) leaves to the font: their inverses are drawn."""


@dataclass(frozen=True)
class Grain:
    """A way to divide a cell; a cell is twice as high as wide."""

    name: str
    across: int
    """Subpixels beside each other."""
    down: int
    """Subpixels over each other."""
    glyphs: str
    """By pattern."""

    def pixels(self, columns: int, rows: int) -> tuple[int, int]:
        """Width and height of a picture with a pixel for each subpixel of so many cells."""
        return columns * self.across, rows * self.down

    @property
    def inverted(self) -> list[int]:
        """The patterns that are drawn as their inverses, with the colours changed."""
        return [self.glyphs.index(glyph) for glyph in NOT_EVERYWHERE if glyph in self.glyphs]

    @property
    def upper_half(self) -> int | None:
        """The pattern of the half block that fonts draw best; None where no row of subpixels ends in the middle."""
        return (1 << self.across * self.down // 2) - 1 if self.down % 2 == 0 else None


def _in_order(first: int, count: int, elsewhere: dict[int, str]) -> str:
    """Return the glyphs of all patterns: those from ``first`` on, but for some that have theirs elsewhere."""
    following = iter(range(first, first + count))
    return "".join(elsewhere[pattern] if pattern in elsewhere else chr(next(following)) for pattern in range(count))


def _doubled(quadrants: int) -> int:
    """The pattern of octants of a pattern of quadrants: each is two octants high."""
    upper, lower = quadrants & 0b11, quadrants >> 2
    return upper | upper << 2 | lower << 4 | lower << 6


GRAINS = {
    grain.name: grain
    for grain in (
        Grain("half", 1, 2, " ▀▄█"),
        Grain("quad", 2, 2, QUADRANTS),
        Grain("sext", 2, 3, _in_order(SEXTANTS, 64, SEXTANTS_ELSEWHERE)),
        Grain(
            "oct",
            2,
            4,
            _in_order(
                OCTANTS, 256, {_doubled(pattern): glyph for pattern, glyph in enumerate(QUADRANTS)} | OCTANTS_ELSEWHERE
            ),
        ),
    )
}
"""Coarse to fine. Half blocks and quadrants are in every font; sextants and octants some terminals draw themselves."""
