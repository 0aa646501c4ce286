"""Larger pictures by a second pass ("hires fix"): how much larger, by what, and how far it leaves the first."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sdxl_tui.core.errors import UserError

LATENT, LANCZOS = "latent", "lanczos"
METHODS = {
    LATENT: "the latents are stretched: quick, soft, and wants a strength of half and more",
    LANCZOS: "the decoded picture is resized and encoded again: keeps what is there",
}
"""How what the first pass made gets its new size; A1111's upscalers Latent and Lanczos."""
DEFAULT_METHOD = LANCZOS
DEFAULT_FACTOR = 2.0
DEFAULT_STRENGTHS = {LATENT: 0.6, LANCZOS: 0.4}
MOST_FACTOR = 4.0
LARGEST_SIDE = 4096
GRID = 8

UPSCALERS = {LATENT: "Latent", LANCZOS: "Lanczos"}
"""What A1111 calls the methods."""


@dataclass(frozen=True)
class Hires:
    """A second pass. Raises UserError when a value is none for any picture; a request checks the rest."""

    factor: float = DEFAULT_FACTOR
    """Above 1, up to 4: sides are multiplied by it, and cut to a multiple of 8."""
    method: str = DEFAULT_METHOD
    """Row of METHODS."""
    steps: int = 30
    """As those of image to image: ``strength`` is the share of them that runs."""
    strength: float = DEFAULT_STRENGTHS[DEFAULT_METHOD]
    """Above 0, up to 1."""

    def __post_init__(self) -> None:
        check_factor(self.factor)
        if self.method not in METHODS:
            raise UserError(f"There is no hires method '{self.method}'; there are {', '.join(METHODS)}.")
        if not math.isfinite(self.strength) or not 0 < self.strength <= 1:
            raise UserError("Hires strength goes from above 0 to 1.")
        if not 1 <= self.steps <= 200:
            raise UserError("Hires steps go from 1 to 200.")

    @property
    def denoising_steps(self) -> int:
        """How many steps run for each picture."""
        return int(self.steps * self.strength)

    @property
    def upscaler(self) -> str:
        """The method as A1111 calls it."""
        return UPSCALERS[self.method]


def smallest_strength(steps: int) -> float:
    """Return the smallest strength, in thousandths, that is at least one of ``steps`` steps."""
    return math.ceil(1000 / steps) / 1000


def default_strength(method: str, steps: int) -> float:
    """Return how far a second pass of so many steps leaves the first where the user says nothing: a step or more."""
    return max(DEFAULT_STRENGTHS.get(method, DEFAULT_STRENGTHS[DEFAULT_METHOD]), smallest_strength(max(1, steps)))


def check_factor(factor: float) -> None:
    """Raise UserError unless a picture can be made larger by it."""
    if not math.isfinite(factor) or not 1 < factor <= MOST_FACTOR:
        raise UserError(f"Hires factor goes from above 1 to {MOST_FACTOR:g}.")


def larger(width: int, height: int, factor: float) -> tuple[int, int]:
    """Return a size times ``factor``, each side cut to a multiple of 8 pixels, as A1111 does it."""
    # Of a product such as 1000 * 1.1 the last bits are noise.
    across, down = (math.floor(round(side * factor, 6)) // GRID * GRID for side in (width, height))
    return across, down


def checked_size(width: int, height: int, factor: float) -> tuple[int, int]:
    """Return ``larger``; raise UserError that names the largest factor that works when it is beyond all sizes."""
    across, down = larger(width, height, factor)
    if max(across, down) > LARGEST_SIDE:
        best = math.floor(100 * LARGEST_SIDE / max(width, height)) / 100
        way_out = f"the largest factor that works is {best:g}" if best > 1 else "it is as large as it can be"
        raise UserError(
            f"{width}×{height} times {factor:g} is {across}×{down}, and sides go to 4096 pixels: {way_out}."
        )
    if (across, down) == (width, height):
        least = math.ceil(100 * (min(width, height) + GRID) / min(width, height)) / 100
        raise UserError(f"{width}×{height} times {factor:g} is no larger: {least:g} is.")
    return across, down


def made_larger(record: Mapping[str, Any]) -> tuple[int, int] | None:
    """Return the size that the pictures of a logged job have, where a second pass made them larger; else None."""
    try:
        hires = hires_of(record.get("hires"))
        return None if hires is None else larger(int(record["width"]), int(record["height"]), hires.factor)
    except (KeyError, TypeError, ValueError, OverflowError, UserError):
        return None


def hires_of(logged: Any) -> Hires | None:
    """Return what a log says under ``hires``; raise TypeError, ValueError or UserError when that is damaged."""
    if logged is None:
        return None
    if not isinstance(logged, Mapping):
        raise ValueError(f"hires is {logged!r}")
    return Hires(
        float(logged.get("factor", math.nan)),
        str(logged.get("method", DEFAULT_METHOD)),
        int(logged.get("steps", 0)),
        float(logged.get("strength", math.nan)),
    )
