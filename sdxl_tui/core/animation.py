"""Frame plans: which noise and which words each frame of a sequence is made from. Pure arithmetic."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

LIGHT, LATENT, PROMPT = "light", "latent", "prompt"
MOTIONS = {
    LIGHT: "each frame a little off the first: its own seed (seed + frame) and some words of motion",
    LATENT: "glides from seed to seed and from prompt to prompt",
    PROMPT: "one seed, and a prompt that moves: the steadiest",
}
EASINGS: dict[str, Callable[[float], float]] = {
    "linear": lambda time: time,
    "ease_in": lambda time: time * time,
    "ease_out": lambda time: time * (2 - time),
    "ease_in_out": lambda time: time * time * (3 - 2 * time),
}
"""Where on its way (0 to 1) a sequence is at a time (0 to 1)."""

FEWEST_FRAMES, MOST_FRAMES = 2, 999
DEFAULT_FRAMES = 8
DEFAULT_VARIATION = 0.3

MOTION_WORDS = (
    "",
    "starting to move",
    "turning slightly",
    "moving forward",
    "in full motion",
    "leaning slightly",
    "slowing down",
    "coming to rest",
)
"""What the light motion adds to the prompt, from the first frame to the last."""
MOVE_WORDS = "seen from closer, in motion"
"""Where a prompt moves to that was given no end."""


@dataclass(frozen=True)
class Between(Generic[T]):
    """A point on the way from ``start`` (share 0) to ``end`` (share 1)."""

    start: T
    end: T
    share: float

    @property
    def nearest(self) -> T:
        """The end that it is nearer to."""
        return self.start if self.share < 0.5 else self.end


@dataclass(frozen=True)
class Frame:
    """What one frame is made from."""

    seed: int
    """What the log and the picture say: its own seed; on a way between seeds the nearest one."""
    noise: Between[int]
    """Its starting noise, between the noise of two seeds."""
    words: Between[str]
    """Its embeddings, between those of two prompts as they are encoded."""
    step_seed: int
    """Whose generator draws what an ancestral sampler adds at each step: one for all frames keeps them steady."""


def light_frames(count: int, seeds: Sequence[int], prompt: str, varied: Sequence[str], variation: float) -> list[Frame]:
    """Return frames that leave the first one by ``variation``, 0 to 1.

    Frame i starts between the noise of the first seed and of its own, and is told a prompt between the plain one and
    ``varied[i]``: at 0 all frames are the first, at 1 each is the single picture of its own seed and words.
    """
    first = seeds[0]
    return [
        Frame(
            seed=own,
            noise=Between(first, own, variation),
            words=Between(prompt, words, variation),
            step_seed=own if variation == 1 else first,
        )
        for own, words in zip(seeds[:count], varied, strict=True)
    ]


def way_frames(count: int, seeds: Sequence[int], prompts: Sequence[str], easing: str) -> list[Frame]:
    """Return frames on the way through ``seeds`` and, at the same time, through ``prompts``: one or more of each.

    The first frame is the picture of the first seed and prompt, the last one that of the last ones.
    """
    frames = []
    for index in range(count):
        place = EASINGS[easing](index / (count - 1))
        noise = _on_the_way(seeds, place)
        frames.append(Frame(noise.nearest, noise, _on_the_way(prompts, place), step_seed=seeds[0]))
    return frames


def varied_prompts(prompt: str, count: int) -> list[str]:
    """Return ``prompt`` with words of motion for each of ``count`` frames, spread from the first words to the last."""
    last = len(MOTION_WORDS) - 1
    words = [MOTION_WORDS[math.floor(index * last / (count - 1) + 0.5)] for index in range(count)]
    return [joined(prompt, word) for word in words]


def joined(prompt: str, words: str) -> str:
    """The prompt with further words."""
    return ", ".join(part for part in (prompt, words) if part.strip())


def play_order(count: int, *, ping_pong: bool, loop: bool) -> list[int]:
    """Return the order, from 0, in which ``count`` frames are shown once through.

    Ping-pong goes back as well; in a loop the two ends are not shown twice in a row.
    """
    there = list(range(count))
    if not ping_pong:
        return there
    back = there[-2:0:-1] if loop else there[-2::-1]
    return there + back if count > 1 else there


def _on_the_way(keys: Sequence[T], place: float) -> Between[T]:
    position = place * (len(keys) - 1)
    key = min(int(position), max(0, len(keys) - 2))
    return Between(keys[key], keys[min(key + 1, len(keys) - 1)], position - key)
