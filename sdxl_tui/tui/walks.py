"""The pictures that are walked through in full size."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from sdxl_tui.tui.pictured import Pictured
from sdxl_tui.tui.roll import Roll
from sdxl_tui.tui.widgets.browser import Browser


class Walk(Protocol):
    """A row of pictures, one of them in view."""

    @property
    def pictured(self) -> Pictured | None:
        """The one in view; None: its line is not read yet."""

    @property
    def place(self) -> tuple[int, int]:
        """Which one it is, from 1, and of how many."""

    def step(self, distance: int) -> None:
        """Go to a neighbour, where there is one."""

    def beside(self) -> Sequence[Path]:
        """The files of the neighbours, the next one first."""


class ListWalk:
    """Through a list."""

    def __init__(self, pictures: Sequence[Pictured], at: int) -> None:
        self._pictures = [pictured for pictured in pictures if pictured.path is not None]
        self._at = self._pictures.index(pictures[at])

    @property
    def pictured(self) -> Pictured:
        """The one in view."""
        return self._pictures[self._at]

    @property
    def place(self) -> tuple[int, int]:
        """Which one of all."""
        return self._at + 1, len(self._pictures)

    def step(self, distance: int) -> None:
        """Go to a neighbour."""
        self._at = max(0, min(self._at + distance, len(self._pictures) - 1))

    def beside(self) -> Sequence[Path]:
        """The next one and the one before."""
        before = self._pictures[max(0, self._at - 1) : self._at]
        return [one.path for one in (*self._pictures[self._at + 1 : self._at + 2], *before) if one.path is not None]


class RollWalk:
    """Through what a browser shows: the browser goes along, so that lines are read ahead and it ends up there."""

    def __init__(self, roll: Roll, browser: Browser) -> None:
        self._roll, self._browser = roll, browser
        self._at = browser.at

    @property
    def pictured(self) -> Pictured | None:
        """The one in view."""
        return self._roll.pictured(self._at)

    @property
    def place(self) -> tuple[int, int]:
        """Which one of all pictures."""
        return self._roll.number_of(self._at), self._roll.pictures

    def step(self, distance: int) -> None:
        """Go to the next that is a picture; one whose line is not read yet is waited for."""
        at = self._at + distance
        while (pictured := self._roll.pictured(at)) is not None:
            if pictured.path is not None:
                self._at = at
                break
            at += distance
        if self._browser.roll is self._roll:
            self._browser.choose(at)

    def beside(self) -> Sequence[Path]:
        """The next one and the one before, where their lines are read."""
        found = (self._roll.pictured(at) for at in (self._at + 1, self._at - 1) if at >= 0)
        return [one.path for one in found if one is not None and one.path is not None]
