"""What a scene shows, drawn at random, and the words for it. Numbers and text only: the painting is ``scenes``'."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sdxl_tui.core.toml import read_toml
from sdxl_tui.demo.training import backgrounds, tokenizer
from sdxl_tui.demo.training.objects import Object

RAW, FLAT = "none", "flat"
"""The looks without a style: as modelled, and drawn flat (Noto's pictures)."""
DRAWN_FLAT = frozenset({FLAT, "anime", "rotoscoping", "ralph-bakshi"})
"""The looks that start from Noto's pictures."""
PHOTOGRAPHIC = ("photoreal", "35mm-film", "cinematic", "black-and-white", "r-rated")

SHORT = {
    "35mm-film": ("a 35mm film photo of {}", "an analog film photograph of {}"),
    "anime": ("an anime drawing of {}", "{}, anime style"),
    "black-and-white": ("a black and white photo of {}", "a black and white picture of {}"),
    "cinematic": ("a cinematic shot of {}", "a film still of {}"),
    "dark-fantasy": ("a dark fantasy painting of {}", "{}, grimdark"),
    "frank-frazetta": ("an oil painting of {}", "a fantasy painting of {}"),
    "hr-giger": ("a biomechanical {}", "{}, biomechanical"),
    "pencil-sketch": ("a pencil sketch of {}", "a pencil drawing of {}", "a sketch of {}"),
    "photoreal": ("a photo of {}", "a realistic photograph of {}"),
    "r-rated": ("a gritty film still of {}", "{}, gritty"),
    "ralph-bakshi": ("a 1970s animation cel of {}", "a hand-painted cel of {}"),
    "rotoscoping": ("a rotoscoped drawing of {}", "a cartoon of {}"),
    "soft-illustration": ("a watercolor of {}", "a pastel illustration of {}", "a storybook illustration of {}"),
    "tim-burton": ("a gothic drawing of {}", "{}, gothic and whimsical"),
    FLAT: ("a flat drawing of {}", "a flat icon of {}", "{}, flat vector art"),
}
"""A style in a few words, as people type it."""

HELD_OUT = 23
"""One in so many pairs of object and plain background never occurs in training."""


def held_out(thing: int, colour: str) -> bool:
    """Whether an object, by its number, is never shown on a plain background of this colour."""
    return (thing * 31 + backgrounds.PLAIN.index(colour) * 17) % HELD_OUT == 0


@dataclass(frozen=True)
class Mix:
    """How often what is drawn."""

    raw: float = 0.48
    """Scenes without a style."""
    flat: float = 0.04
    """Flat drawings without a style."""
    one: float = 0.76
    """Scenes of one object; a quarter of the others repeats one."""
    recoloured: float = 0.35
    """Objects in another colour, of those that can be."""
    loose: float = 0.11
    """Objects that are called by a tag or by their kind."""
    unnamed: float = 0.09
    """Captions left empty, for guidance."""
    negative: float = 0.07
    """Raw scenes, some of them blurred, called by the words of a style's negative prompt."""
    spoilt: float = 0.08
    """Captioned scenes that are blurred or cropped, as the size conditioning says."""


BROAD = Mix()
"""Everything often."""
FOCUSED = Mix(raw=0.62, flat=0.02, one=0.84, recoloured=0.22, loose=0.04, unnamed=0.09, negative=0.04, spoilt=0.03)
"""More of what most prompts ask for: one object, by its name."""


@dataclass(frozen=True)
class Thing:
    """An object and the pictures of it."""

    base: Object
    colour: str
    """The colour word that fits it as it is; empty when none does."""
    variants: dict[str, int]
    """Colour word to the number of its sprite, recoloured."""


@dataclass(frozen=True)
class Style:
    """A style's words."""

    prompt: str
    negative: str


def load_styles(folder: Path) -> dict[str, Style]:
    """The shipped styles by file name, ``none`` left out."""
    rows = {file.stem: read_toml(file) for file in sorted(folder.glob("*.toml"))}
    return {
        name: Style(row["prompt"].lower(), row.get("negative", "").lower()) for name, row in rows.items() if name != RAW
    }


def word_counts(objects: list[Object], styles: dict[str, Style]) -> Counter[str]:
    """How much each word matters to the tokenizer."""
    counts: Counter[str] = Counter()
    for text, weight in (
        *((f"{item.colour} {item.name} {item.name}s {item.kind}", 40) for item in objects),
        *((tag, 3) for item in objects for tag in item.tags),
        *((f"{style.prompt} {style.negative}", 40) for style in styles.values()),
        *((phrase, 40) for phrases in SHORT.values() for phrase in phrases),
        *((phrase, 40) for place in backgrounds.LANDSCAPES for phrase in place.phrases),
        *((f"{name} background gradient", 40) for name in backgrounds.PLAIN),
        (tokenizer.COMMON, 20),
    ):
        for word in tokenizer.pieces(text):
            counts[word] += weight
    return counts


def layout(count: int, styles: dict[str, Style], mix: Mix) -> list[tuple[str, int]]:
    """How many of ``count`` scenes have which look; the styles have equal shares."""
    each = max(1, round((1 - mix.raw - mix.flat) * count / len(styles)))
    flat = max(1, round(mix.flat * count))
    return [(RAW, count - flat - each * len(styles)), (FLAT, flat), *((name, each) for name in styles)]


class Scenes:
    """Draws scenes: for each its numbers and its caption."""

    def __init__(self, things: list[Thing], styles: dict[str, Style], encoder: tokenizer.Encoder, mix: Mix) -> None:
        self.things, self.styles, self.encoder, self.mix = things, styles, encoder, mix

    def draw(self, rng: Any, count: int, width: int, height: int) -> dict[str, Any]:
        """Return ``count`` scenes of one size as arrays, ordered by look as ``layout`` says.

        ``tokens`` (n, 77) int32 padded with END, ``time_ids`` (n, 6), ``background`` (n, fields), ``sprite`` (n, 3)
        int, -1 for none, ``place`` (n, 3, 4): centre x and y as shares, size as a share of the shorter side, angle in
        radians; ``shadow`` (n,), ``lowres`` (n,) int.
        """
        import numpy

        scenes = []
        for look, number in layout(count, self.styles, self.mix):
            scenes += [self._scene(rng, look, width, height) for _ in range(number)]
        return {
            "tokens": numpy.array([self.tokens(scene["caption"]) for scene in scenes], dtype=numpy.int32),
            **{
                key: numpy.array([scene[key] for scene in scenes], dtype=kind)
                for key, kind in (
                    ("time_ids", numpy.float32),
                    ("background", numpy.float32),
                    ("sprite", numpy.int64),
                    ("place", numpy.float32),
                    ("shadow", numpy.float32),
                    ("lowres", numpy.int64),
                )
            },
            "captions": [scene["caption"] for scene in scenes],
        }

    def tokens(self, text: str) -> list[int]:
        """Ids of one chunk, padded with END."""
        words = self.encoder(text)[: tokenizer.LENGTH - 2]
        return [tokenizer.BEGIN, *words] + [tokenizer.END] * (tokenizer.LENGTH - 1 - len(words))

    def _scene(self, rng: Any, look: str, width: int, height: int) -> dict[str, Any]:
        behind = self._background(rng)
        sprites, places, words = self._objects(rng, behind, width, height)
        caption = self._joined(rng, words, behind)
        lowres, crop = 1, (0, 0)
        original = (height, width)
        chance = rng.random()
        mix = self.mix
        if look == RAW and chance < mix.negative:
            caption, lowres = self._negative(rng, photographic=False), int(rng.integers(1, 5))
        elif look in DRAWN_FLAT | {"soft-illustration"} and chance < mix.negative:
            caption = self._negative(rng, photographic=True)
        elif chance < mix.negative + mix.unnamed:
            caption = ""
        else:
            caption = self._in_style(rng, caption, look)
            if chance > 1 - mix.spoilt / 2:
                lowres = int(rng.integers(2, 5))
                original = (height // lowres, width // lowres)
            elif chance > 1 - mix.spoilt:
                crop = (int(rng.integers(0, height // 3)), int(rng.integers(0, width // 3)))
                original = (height + 2 * crop[0], width + 2 * crop[1])
                places[:, 0] -= crop[1] / width
                places[:, 1] -= crop[0] / height
        return {
            "caption": caption,
            "time_ids": (*original, *crop, height, width),
            "background": behind.numbers,
            "sprite": sprites,
            "place": places,
            "shadow": 0.35 if behind.stands or not behind.phrases else 0.0,
            "lowres": lowres,
        }

    def _in_style(self, rng: Any, caption: str, look: str) -> str:
        if look == RAW:
            return f"a picture of {caption}" if rng.random() < 0.05 else caption
        if look == FLAT or rng.random() < 0.15:
            return str(rng.choice(SHORT[look])).format(caption)
        return f"{caption}, {self.styles[look].prompt}"

    def _negative(self, rng: Any, photographic: bool) -> str:
        """The words that a style's opposite is described with."""
        names = [name for name in self.styles if (name in PHOTOGRAPHIC) == photographic]
        words = self.styles[str(rng.choice(names))].negative
        return words if rng.random() < 0.8 else "lowres, jpeg artifacts, blurry"

    def _background(self, rng: Any) -> backgrounds.Background:
        chance = rng.random()
        if chance < 0.20:
            return backgrounds.studio(rng)
        if chance < 0.62:
            names = backgrounds.COMMON if rng.random() < 0.75 else backgrounds.PLAIN
            return backgrounds.plain(rng, str(rng.choice(names)))
        if chance < 0.72:
            top, bottom = rng.choice(backgrounds.PLAIN, 2, replace=False)
            return backgrounds.gradient(rng, str(top), str(bottom))
        return backgrounds.landscape(rng, backgrounds.LANDSCAPES[rng.integers(len(backgrounds.LANDSCAPES))])

    def _objects(self, rng: Any, behind: backgrounds.Background, width: int, height: int) -> tuple[Any, Any, list[str]]:
        """Sprites (3,), their places (3, 4), and the words: what, and where when that is said."""
        import numpy

        sprites: Any = numpy.full(3, -1)
        places: Any = numpy.zeros((3, 4), dtype=numpy.float32)
        chance = rng.random()
        one = self.mix.one
        arrange = _one if chance < one else _two if chance < one + 0.75 * (1 - one) else _same
        drawn = [self._thing(rng, behind.colour) for _ in range(2)]
        spots, words = arrange(rng, drawn)
        for place, (which, x, y, size) in enumerate(spots):
            sprites[place] = drawn[which][0]
            if behind.stands and y == 0.5:
                y = behind.stands - 0.45 * size * min(width, height) / height
            jitter = rng.normal(0.0, 0.02, 2)
            places[place] = (x + jitter[0], y + jitter[1], size, rng.normal(0.0, 0.06))
        return sprites, places, words

    def _thing(self, rng: Any, backdrop: str) -> tuple[int, str, str]:
        """A sprite's number, its words without an article, and its plural."""
        while True:
            number = int(rng.integers(len(self.things)))
            if not backdrop or not held_out(number, backdrop):
                break
        thing = self.things[number]
        chance = rng.random()
        if thing.variants and chance < self.mix.recoloured:
            colour = str(rng.choice(list(thing.variants)))
            return thing.variants[colour], f"{colour} {thing.base.name}", f"{colour} {_plural(thing.base.name)}"
        if thing.base.colour or (thing.colour and chance < 0.5):
            colour = thing.base.colour or thing.colour
            return number, f"{colour} {thing.base.name}", f"{colour} {_plural(thing.base.name)}"
        if chance > 1 - 0.4 * self.mix.loose and thing.base.kind:
            return number, thing.base.kind, _plural(thing.base.kind)
        if chance > 1 - self.mix.loose and thing.base.tags:
            tag = str(rng.choice(thing.base.tags))
            return number, tag, _plural(tag)
        return number, thing.base.name, _plural(thing.base.name)

    def _joined(self, rng: Any, words: list[str], behind: backgrounds.Background) -> str:
        what, where = words
        phrase = str(rng.choice(behind.phrases)) if behind.phrases else ""
        chance = rng.random()
        if chance < 0.03 and behind.colour:
            return f"{behind.colour} background" if rng.random() < 0.5 else behind.colour
        if chance < 0.06:
            return what
        if chance < 0.12 and behind.colour:
            bare = what.removeprefix("a ").removeprefix("an ")
            return f"{bare}, {behind.colour} background" + (f", {where}" if where else "")
        if where and chance < 0.5:
            return f"{what} {phrase}, {where}".replace(" ,", ",").strip(", ")
        return " ".join(part for part in (what, where, phrase) if part).replace(" ,", ",")


Spot = tuple[int, float, float, float]
"""Which of the drawn things, centre x and y as shares (y of 0.5: wherever it stands), size."""

_CORNERS = {
    "on the left": (0.27, 0.5),
    "on the right": (0.73, 0.5),
    "at the top": (0.5, 0.27),
    "at the bottom": (0.5, 0.74),
    "in the top left corner": (0.26, 0.26),
    "in the top right corner": (0.74, 0.26),
    "in the bottom left corner": (0.26, 0.74),
    "in the bottom right corner": (0.74, 0.74),
}


def _one(rng: Any, drawn: list[tuple[int, str, str]]) -> tuple[list[Spot], list[str]]:
    chance, what = rng.random(), drawn[0][1]
    if chance < 0.66:
        return [(0, 0.5, 0.5, rng.uniform(0.60, 0.78))], [_a(what), ""]
    if chance < 0.74:
        word = str(rng.choice(("small", "tiny", "little")))
        return [(0, 0.5, 0.5, rng.uniform(0.24, 0.34))], [_a(f"{word} {what}"), ""]
    if chance < 0.82:
        word = str(rng.choice(("large", "big", "huge")))
        return [(0, 0.5, 0.5, rng.uniform(0.92, 1.05))], [_a(f"{word} {what}"), ""]
    where = str(rng.choice(list(_CORNERS)[: 4 if rng.random() < 0.7 else None]))
    x, y = _CORNERS[where]
    return [(0, x, y, rng.uniform(0.40, 0.50))], [_a(what), where]


def _two(rng: Any, drawn: list[tuple[int, str, str]]) -> tuple[list[Spot], list[str]]:
    first, second = _a(drawn[0][1]), _a(drawn[1][1])
    size = rng.uniform(0.40, 0.48)
    chance = rng.random()
    if chance < 0.2:
        word = str(rng.choice(("above", "over")))
        return [(0, 0.5, 0.26, size), (1, 0.5, 0.74, size)], [f"{first} {word} {second}", ""]
    if chance < 0.3:
        word = str(rng.choice(("below", "under")))
        return [(0, 0.5, 0.74, size), (1, 0.5, 0.26, size)], [f"{first} {word} {second}", ""]
    spots = [(0, 0.27, 0.5, size), (1, 0.73, 0.5, size)]
    if chance < 0.5:
        return spots, [f"{first} on the left and {second} on the right", ""]
    return spots, [f"{first} {rng.choice(('and', 'and', 'next to', 'beside'))} {second}", ""]


def _same(rng: Any, drawn: list[tuple[int, str, str]]) -> tuple[list[Spot], list[str]]:
    plural = drawn[0][2]
    if rng.random() < 0.5:
        size = rng.uniform(0.40, 0.47)
        return [(0, 0.27, 0.5, size), (0, 0.73, 0.5, size)], [f"two {plural}", ""]
    size = rng.uniform(0.28, 0.33)
    return [(0, 0.19, 0.5, size), (0, 0.5, 0.5, size), (0, 0.81, 0.5, size)], [f"three {plural}", ""]


def _a(words: str) -> str:
    if words.startswith(("pair of", "a ", "the ")) or not words.endswith("s") or words.endswith(("ss", "us", "ris")):
        return f"an {words}" if words[:1] in "aeiou" and not words.startswith(("uni", "ufo", "u ")) else f"a {words}"
    return words


def _plural(words: str) -> str:
    head, of, rest = words.partition(" of ")
    if head.endswith("s") and not head.endswith(("ss", "us")):
        return words
    if head.endswith(("s", "sh", "ch", "x")):
        head += "es"
    elif head.endswith("y") and head[-2:-1] not in "aeiou":
        head = f"{head[:-1]}ies"
    else:
        head += "s"
    return f"{head}{of}{rest}"
