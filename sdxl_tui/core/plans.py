"""How a job is fitted into the memory that there is: what gives way, how many pictures run together, what is tiled."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sdxl_tui.core.errors import UserError

MOST_SHOWN = 4
"""Passes that are still written out one by one."""


@dataclass(frozen=True)
class Plan:
    """A job's plan; the default is the quickest one. The same plan makes the same pictures."""

    lean: bool = False
    """Copies of other models and captured graphs are given back before the job begins. It changes no picture."""
    pass_pictures: int = 0
    """The most pictures of a batch that are denoised together; 0: all. Each keeps its seed; values differ as they do
    between batch sizes, by rounding."""
    tiled: bool = False
    """The VAE encodes and decodes in overlapping tiles, which take the memory of one tile."""

    def __post_init__(self) -> None:
        if not 0 <= self.pass_pictures <= 64:
            raise UserError("A plan's pictures in one pass go from 0, which is all, to 64.")

    def splits(self, pictures: int) -> list[int]:
        """How many pictures each pass of a batch has, as even as can be: 8 at most 3 at a time are 3, 3 and 2."""
        if not self.pass_pictures or self.pass_pictures >= pictures:
            return [pictures] if pictures else []
        passes = math.ceil(pictures / self.pass_pictures)
        return [pictures // passes + (number < pictures % passes) for number in range(passes)]

    def splits_shown(self, pictures: int) -> str:
        """How a batch is split: ``4 + 4``, ``16 times 4``, ``one by one``; empty: it is not."""
        splits = self.splits(pictures)
        if len(splits) < 2:
            return ""
        if max(splits) == 1:
            return "one by one"
        if len(splits) <= MOST_SHOWN:
            return " + ".join(map(str, splits))
        few = f"{len(splits)} times {min(splits)}"
        return few if len(set(splits)) == 1 else f"{few} or {max(splits)}"

    def shown(self, pictures: int) -> str:
        """``as 4 + 4, decoded in tiles``; empty for one that changes nothing of how the pictures are made."""
        splits = self.splits_shown(pictures)
        parts = [splits if splits == "one by one" else f"as {splits}"] if splits else []
        return ", ".join([*parts, *(["decoded in tiles"] if self.tiled else [])])

    def as_log(self, pictures: int) -> dict[str, Any]:
        """What the log says under ``plan``; empty for the quickest one."""
        splits = self.splits(pictures)
        return {
            **({"lean": True} if self.lean else {}),
            **({"splits": splits} if len(splits) > 1 else {}),
            **({"tiled_vae": True} if self.tiled else {}),
        }


QUICKEST = Plan()


def plan_of(logged: Any) -> Plan:
    """Return the plan that a log names under ``plan``; what was done in tiles without a plan's word is not part of it.

    Raises TypeError or ValueError when that is damaged.
    """
    if logged is None:
        return QUICKEST
    if not isinstance(logged, Mapping):
        raise ValueError(f"plan is {logged!r}")
    splits = [int(count) for count in logged.get("splits") or ()]
    return Plan(logged.get("lean") is True, max(splits, default=0), logged.get("tiled_vae") is True)


def shares(things: list[Any], counts: list[int]) -> Iterator[list[Any]]:
    """Yield ``things`` in groups of so many."""
    start = 0
    for count in counts:
        yield things[start : start + count]
        start += count
