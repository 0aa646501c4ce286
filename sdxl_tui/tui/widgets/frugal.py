"""How much less than all of a picture may be sent, for thin links and for what is looked at only for a moment."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Frugal:
    """What a drawing saves; as it is made without arguments, nothing that is seen."""

    tolerance: int = 1
    """Levels (of 255) by which a colour may be off so that neighbours share it, and cells are of one colour."""
    block: int = 1
    """Columns that a pixel is wide, and half as many rows high: at 2 a pixel is two cells of one colour. At 1 there is
    one for each subpixel. The picture keeps its place and its size."""
    share: float = 1.0
    """Of the columns and rows of the place: below 1 the picture is smaller, in the middle."""

    def place(self, columns: int, rows: int) -> tuple[int, int]:
        """The cells that a picture may take of those that are there."""
        return max(1, int(columns * self.share)), max(1, int(rows * self.share))


FULL = Frugal()
LADDER = (
    FULL,
    *(Frugal(tolerance) for tolerance in (4, 8, 12, 16)),
    *(Frugal(12, block) for block in (2, 4)),
    *(Frugal(12, share=share) for share in (0.5, 0.35, 0.25)),
)
"""From all to least. Of 59x29 cells of a photograph about 50, 40, 30, 25 and 20 kB; 14 and 8 kB; 9, 5 and 3 kB.

Sharing colours costs least of what is seen for the bytes: faces stay readable where half as many pixels lose them, and
256 dithered colours, which never run, are no fewer bytes.
"""
