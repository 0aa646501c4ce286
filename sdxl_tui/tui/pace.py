"""How long jobs take, as the jobs before them tell."""

from __future__ import annotations

Shape = tuple[str, int, int]
"""A model's id, and the width and height of its pictures."""


class Pace:
    """Seconds that a step of one picture takes, by model and size."""

    def __init__(self) -> None:
        self._known: dict[Shape, float] = {}
        self._guessed: dict[Shape, float] = {}
        self.changes = 0
        """Grows with everything that is learnt."""

    def learn(self, shape: Shape, seconds: float) -> None:
        """A job of this shape took so long for each step of a picture."""
        if self._known.get(shape) != seconds:
            self._known[shape] = seconds
            self.changes += 1

    def guess(self, shape: Shape, seconds: float) -> None:
        """A job of this shape seems to take so long, as far as can be told; what is known is not touched."""
        if shape not in self._known and shape not in self._guessed:
            self._guessed[shape] = seconds
            self.changes += 1

    def exact(self, shape: Shape) -> float | None:
        """What a job of this very shape took last; None before there was one."""
        return self._known.get(shape)

    def likely(self, shape: Shape) -> float | None:
        """The same, or what follows from other sizes and other models by the number of pixels; None: nothing does."""
        known = self._guessed | self._known
        if shape in known:
            return known[shape]
        model, width, height = shape
        others = [other for other in known if other[0] == model] or list(known)
        if not others:
            return None
        pixels = width * height
        nearest = min(others, key=lambda other: abs(other[1] * other[2] - pixels))
        return known[nearest] * pixels / (nearest[1] * nearest[2])
