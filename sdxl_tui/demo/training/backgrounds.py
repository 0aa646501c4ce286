"""What stands behind the objects: plain colours, gradients, landscapes; as words and as numbers to paint by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

Colour = tuple[float, float, float]
"""Red, green, blue in 0..1."""

NAMED: dict[str, Colour] = {
    "white": (0.97, 0.97, 0.97),
    "black": (0.03, 0.03, 0.03),
    "grey": (0.55, 0.55, 0.55),
    "red": (0.85, 0.10, 0.12),
    "orange": (0.97, 0.55, 0.10),
    "yellow": (0.98, 0.86, 0.15),
    "green": (0.15, 0.62, 0.22),
    "blue": (0.12, 0.36, 0.85),
    "purple": (0.50, 0.18, 0.72),
    "pink": (0.97, 0.58, 0.75),
    "brown": (0.45, 0.27, 0.13),
    "light blue": (0.60, 0.82, 0.97),
    "dark blue": (0.05, 0.10, 0.38),
    "navy": (0.05, 0.08, 0.28),
    "turquoise": (0.18, 0.80, 0.76),
    "teal": (0.04, 0.48, 0.50),
    "light green": (0.64, 0.90, 0.58),
    "dark green": (0.04, 0.28, 0.12),
    "dark red": (0.45, 0.03, 0.06),
    "beige": (0.93, 0.86, 0.72),
    "lavender": (0.80, 0.74, 0.95),
    "magenta": (0.88, 0.12, 0.62),
}
"""The colours of backgrounds; each scene's differs a little."""

PLAIN = tuple(NAMED)
COMMON = PLAIN[:11]
"""The eleven words that most prompts use."""

FIELDS = (
    *(f"sky_top_{c}" for c in "rgb"),
    *(f"sky_low_{c}" for c in "rgb"),
    *(f"ground_top_{c}" for c in "rgb"),
    *(f"ground_low_{c}" for c in "rgb"),
    *(f"ridge_{c}" for c in "rgb"),
    *(f"disc_{c}" for c in "rgb"),
    "angle",
    "horizon",
    "rough",
    "ridge",
    "peaks",
    "sharp",
    "stars",
    "disc_x",
    "disc_y",
    "disc_size",
    "glow",
    "clouds",
    "grain",
    "waves",
    "round",
    "phase",
)
"""One row of numbers a background, in this order; what each does is in ``scenes.paint_background``."""
INDEX = {name: place for place, name in enumerate(FIELDS)}


@dataclass(frozen=True)
class Landscape:
    """A place to stand or to float in."""

    phrases: tuple[str, ...]
    sky: tuple[Colour, Colour]
    """Top and horizon."""
    ground: tuple[Colour, Colour] = ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0))
    """Horizon and bottom."""
    horizon: float = 2.0
    """Its height as a share from the top; 2: there is no ground."""
    numbers: dict[str, float] = field(default_factory=dict)
    """Other fields."""
    ridge: Colour = (0.0, 0.0, 0.0)
    disc: Colour = (1.0, 1.0, 1.0)


LANDSCAPES = (
    Landscape(
        ("on a meadow", "on a green meadow", "in a field of grass", "on the grass"),
        ((0.42, 0.72, 0.97), (0.82, 0.93, 1.0)),
        ((0.50, 0.78, 0.30), (0.24, 0.55, 0.16)),
        0.62,
        {"rough": 0.03, "clouds": 0.5, "grain": 0.05},
    ),
    Landscape(
        ("on a beach", "on the beach", "at the beach", "on the sand by the sea"),
        ((0.36, 0.70, 0.97), (0.80, 0.93, 0.99)),
        ((0.96, 0.87, 0.63), (0.88, 0.75, 0.48)),
        0.66,
        {"clouds": 0.3, "grain": 0.04, "ridge": 0.12, "sharp": -1.0},
        ridge=(0.10, 0.52, 0.75),
    ),
    Landscape(
        ("on the sea", "in the sea", "on the ocean", "on the water"),
        ((0.45, 0.75, 0.97), (0.85, 0.94, 1.0)),
        ((0.14, 0.52, 0.78), (0.03, 0.24, 0.52)),
        0.55,
        {"clouds": 0.4, "waves": 0.10},
    ),
    Landscape(
        ("under a starry night sky", "at night", "in the night", "under the stars"),
        ((0.02, 0.03, 0.14), (0.12, 0.14, 0.36)),
        ((0.06, 0.09, 0.16), (0.02, 0.03, 0.07)),
        0.76,
        {"stars": 1.0, "rough": 0.04},
    ),
    Landscape(
        ("in space", "in outer space", "floating in space"),
        ((0.01, 0.01, 0.05), (0.09, 0.04, 0.18)),
        numbers={"stars": 1.6, "clouds": -0.25, "angle": 0.6},
    ),
    Landscape(
        ("in the snow", "on a snowy field", "in a winter landscape", "on snow"),
        ((0.66, 0.80, 0.93), (0.90, 0.95, 0.99)),
        ((0.97, 0.98, 1.0), (0.80, 0.87, 0.95)),
        0.60,
        {"rough": 0.05, "stars": -0.7, "grain": 0.02},
    ),
    Landscape(
        ("in the desert", "in a desert", "on sand dunes"),
        ((0.38, 0.66, 0.93), (0.97, 0.88, 0.70)),
        ((0.93, 0.72, 0.40), (0.78, 0.50, 0.22)),
        0.58,
        {"rough": 0.09, "grain": 0.04, "disc_size": 0.07, "glow": 0.4},
        disc=(1.0, 0.95, 0.75),
    ),
    Landscape(
        ("at sunset", "in the sunset", "in front of a sunset"),
        ((0.35, 0.18, 0.48), (0.99, 0.60, 0.25)),
        ((0.38, 0.16, 0.22), (0.14, 0.06, 0.14)),
        0.70,
        {"disc_size": 0.14, "glow": 0.9, "clouds": 0.25, "waves": 0.04},
        disc=(1.0, 0.88, 0.45),
    ),
    Landscape(
        ("in the mountains", "in front of mountains", "with mountains behind"),
        ((0.45, 0.70, 0.95), (0.88, 0.93, 0.98)),
        ((0.45, 0.66, 0.33), (0.22, 0.44, 0.18)),
        0.70,
        {"ridge": 0.42, "peaks": 3.0, "sharp": 1.0, "clouds": 0.3, "grain": 0.04},
        ridge=(0.42, 0.47, 0.60),
    ),
    Landscape(
        ("in a forest", "in the forest", "in the woods", "among trees"),
        ((0.62, 0.82, 0.72), (0.84, 0.92, 0.76)),
        ((0.28, 0.47, 0.20), (0.13, 0.28, 0.10)),
        0.68,
        {"ridge": 0.40, "peaks": 8.0, "sharp": 1.0, "grain": 0.06, "rough": 0.02},
        ridge=(0.08, 0.33, 0.17),
    ),
    Landscape(
        ("under water", "underwater", "at the bottom of the sea"),
        ((0.22, 0.74, 0.85), (0.02, 0.25, 0.50)),
        ((0.45, 0.50, 0.42), (0.20, 0.28, 0.32)),
        0.86,
        {"rough": 0.04, "clouds": 0.2, "grain": 0.05},
    ),
    Landscape(
        ("in the sky", "in the clouds", "in a blue sky with clouds", "flying in the sky"),
        ((0.28, 0.60, 0.95), (0.68, 0.87, 1.0)),
        numbers={"clouds": 1.1},
    ),
    Landscape(
        ("on a table", "on a wooden table", "on a desk"),
        ((0.90, 0.86, 0.80), (0.96, 0.94, 0.90)),
        ((0.66, 0.43, 0.24), (0.50, 0.30, 0.15)),
        0.66,
        {"waves": 0.05, "grain": 0.03},
    ),
)


@dataclass(frozen=True)
class Background:
    """A background drawn for one scene."""

    phrases: tuple[str, ...]
    """Ways to say it; empty for the studio."""
    numbers: Any
    """A row of ``FIELDS``."""
    colour: str = ""
    """The name of a plain one."""
    stands: float = 0.0
    """Where feet stand, as a share from the top; 0: things float in the middle."""


def plain(rng: Any, name: str) -> Background:
    """One colour all over."""
    numbers, shade = _row(), _near(rng, NAMED[name], 0.03)
    _set(numbers, "sky_top", shade)
    _set(numbers, "sky_low", tuple(value * rng.uniform(0.94, 1.0) for value in shade))
    phrases = [f"on a {name} background", f"on a {name} background", f"with a {name} background"]
    phrases += [f"against a {name} background", f"in front of a {name} background", f", {name} background"]
    if name == "orange":
        phrases = [phrase.replace("a orange", "an orange") for phrase in phrases]
    return Background(tuple(phrases), numbers, name)


def gradient(rng: Any, top: str, bottom: str) -> Background:
    """From one colour to another."""
    numbers = _row()
    _set(numbers, "sky_top", _near(rng, NAMED[top], 0.03))
    _set(numbers, "sky_low", _near(rng, NAMED[bottom], 0.03))
    numbers[INDEX["angle"]] = rng.uniform(-0.3, 0.3)
    article = "an" if top[0] == "o" else "a"
    words = (f"{top} and {bottom} gradient", f"{top} to {bottom} gradient", f"{top} and {bottom} background")
    return Background(tuple(f"on {article} {text}" for text in words), numbers)


def landscape(rng: Any, place: Landscape) -> Background:
    """A place, with its own weather."""
    numbers = _row()
    for key, colours in (("sky", place.sky), ("ground", place.ground)):
        _set(numbers, f"{key}_top", _near(rng, colours[0], 0.04))
        _set(numbers, f"{key}_low", _near(rng, colours[1], 0.04))
    _set(numbers, "ridge", _near(rng, place.ridge, 0.04))
    _set(numbers, "disc", place.disc)
    for key, value in place.numbers.items():
        numbers[INDEX[key]] = value * rng.uniform(0.8, 1.2) if key not in ("peaks", "sharp") else value
    numbers[INDEX["horizon"]] = place.horizon + (rng.uniform(-0.04, 0.04) if place.horizon < 1 else 0.0)
    numbers[INDEX["disc_x"]], numbers[INDEX["disc_y"]] = rng.uniform(0.2, 0.8), rng.uniform(0.15, 0.3)
    numbers[INDEX["phase"]] = rng.uniform(0, 100)
    stands = numbers[INDEX["horizon"]] + 0.6 * (1 - numbers[INDEX["horizon"]]) if place.horizon < 1 else 0.0
    return Background(place.phrases, numbers, stands=stands)


def studio(rng: Any) -> Background:
    """What stands for no words about it."""
    numbers = _row()
    light = rng.uniform(0.90, 0.97)
    _set(numbers, "sky_top", (light, light, light + 0.01))
    _set(numbers, "sky_low", (light - 0.10, light - 0.10, light - 0.08))
    numbers[INDEX["round"]] = 1.0
    return Background((), numbers)


def _row() -> Any:
    import numpy

    numbers: Any = numpy.zeros(len(FIELDS), dtype=numpy.float32)
    numbers[INDEX["horizon"]] = 2.0
    return numbers


def _set(numbers: Any, key: str, colour: Sequence[float]) -> None:
    for channel, value in zip("rgb", colour, strict=True):
        numbers[INDEX[f"{key}_{channel}"]] = value


def _near(rng: Any, colour: Colour, spread: float) -> Colour:
    shift = rng.normal(0.0, spread / 2)
    red, green, blue = (min(1.0, max(0.0, value + shift + rng.normal(0.0, spread / 3))) for value in colour)
    return red, green, blue
