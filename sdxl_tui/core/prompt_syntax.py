"""A1111's prompt syntax: weights and BREAK, and how a prompt is cut into the encoders' chunks.

The rules are those of A1111's ``modules/prompt_parser.py`` (``parse_prompt_attention``) and
``modules/sd_hijack_clip.py`` (``tokenize_line``), with these differences: a bracket without a partner is text, a lone
backslash is text, BREAK also works inside brackets, and a chunk ends after its last token, not at a comma nearby.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sdxl_tui.core.lora_tags import TAG

A1111 = "a1111"
PLAIN = "plain"
SYNTAXES = (A1111, PLAIN)
"""``a1111`` reads weights and BREAK; ``plain`` sends every sign as it is."""

STEP = 1.1
"""What ``(word)`` multiplies by and ``[word]`` divides by."""
MOST = 100.0
"""Weights are held within -100..100: beyond, half precision overflows and the picture is noise."""
DECIMALS = 6
"""Weights are rounded to so many, so that ``[(word)]`` weighs exactly 1."""

_SIGNS = re.compile(
    rf"""
    (?P<lora>(?i:{TAG}))
  | \\(?P<escaped>[\\()\[\]])
  | \s*\bBREAK\b\s*(?P<break>)
  | :\s*(?P<weight>[+-]?(?:\d+\.?\d*|\.\d+))\s*\)
  | (?P<bracket>[()\[\]])
    """,
    re.VERBOSE,
)


@dataclass(frozen=True)
class Piece:
    """A run of text of one weight."""

    text: str
    weight: float = 1.0
    places: tuple[int, ...] = field(default=(), repr=False, compare=False)
    """Where each character of ``text`` stands in the prompt as it was typed."""


Section = list[Piece]
"""The pieces between two BREAKs."""


@dataclass(frozen=True)
class Chunk:
    """What one pass of a text encoder takes, without start and end."""

    tokens: tuple[int, ...]
    weights: tuple[float, ...]
    """One per token."""
    begin: int = 0
    """Where its first token stands in the prompt as it was typed."""


Tokens = Callable[[str], tuple[Sequence[int], Sequence[int]]]
"""Returns the token ids of a text, and where in the text each begins."""


def parse(prompt: str, syntax: str = A1111) -> list[Section]:
    """Return the sections of a prompt, each as pieces of different weight; at least one section, perhaps empty.

    ``(x)`` weighs 1.1, ``[x]`` 1/1.1, ``(x:1.3)`` 1.3, nesting multiplies; ``\\(`` and the like are text. A BREAK at
    the end of the prompt begins nothing. The tag of a LoRA is left out.
    """
    if syntax == PLAIN:
        return [[Piece(prompt, 1.0, tuple(range(len(prompt))))]]
    reader = _Reader()
    end = 0
    for match in _SIGNS.finditer(prompt):
        reader.text(prompt, end, match.start())
        end = match.end()
        if match["lora"] is not None:
            continue
        if match["escaped"] is not None:
            reader.text(prompt, match.start("escaped"), end)
        elif match["break"] is not None:
            reader.section_ends()
        elif match["weight"] is not None:
            _close_weighted(reader, prompt, match)
        elif match["bracket"] in "([":
            reader.open(match["bracket"], prompt, match.start())
        else:
            opened, factor = ("(", STEP) if match["bracket"] == ")" else ("[", 1 / STEP)
            if not reader.close(opened, factor):
                reader.text(prompt, match.start(), end)
    reader.text(prompt, end, len(prompt))
    return reader.sections()


def chunked(sections: Sequence[Section], tokens_of: Tokens, room: int) -> list[Chunk]:
    """Return the chunks of a prompt, of at most ``room`` tokens each; at least one, perhaps empty."""
    chunks = []
    for section in sections:
        tokens: list[int] = []
        weights: list[float] = []
        places: list[int] = []
        for piece in section:
            ids, begins = tokens_of(piece.text)
            tokens += ids
            weights += [piece.weight] * len(ids)
            places += [piece.places[begin] if begin < len(piece.places) else 0 for begin in begins]
        for start in range(0, max(1, len(tokens)), room):
            part = slice(start, start + room)
            chunks.append(Chunk(tuple(tokens[part]), tuple(weights[part]), places[start] if places else 0))
    return chunks


def _close_weighted(reader: _Reader, prompt: str, match: re.Match[str]) -> None:
    """``:1.3)``: the number is a weight only where a bracket is open for it, and it is one that a float can hold."""
    weight = float(match["weight"])
    if math.isfinite(weight) and reader.close("(", weight):
        return
    closing = match.end() - 1
    reader.text(prompt, match.start(), closing)
    if not reader.close("(", STEP):
        reader.text(prompt, closing, match.end())


class _Reader:
    """Collects pieces; an opening bracket stands among them as text until its partner comes."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._places: list[range] = []
        self._weights: list[float] = []
        self._breaks: list[int] = []
        """Numbers of the pieces that begin a section."""
        self._open: dict[str, list[int]] = {"(": [], "[": []}
        """Numbers of the pieces that are brackets without a partner yet."""

    def text(self, prompt: str, begin: int, end: int) -> None:
        if begin < end:
            self._texts.append(prompt[begin:end])
            self._places.append(range(begin, end))
            self._weights.append(1.0)

    def open(self, bracket: str, prompt: str, place: int) -> None:
        self._open[bracket].append(len(self._texts))
        self.text(prompt, place, place + 1)

    def close(self, opened: str, factor: float) -> bool:
        """Multiply everything since the partner by ``factor``; return False when there is none."""
        if not self._open[opened]:
            return False
        number = self._open[opened].pop()
        self._texts[number] = ""
        self._weights[number:] = [weight * factor for weight in self._weights[number:]]
        return True

    def section_ends(self) -> None:
        self._breaks.append(len(self._texts))

    def sections(self) -> list[Section]:
        borders = [0, *self._breaks, len(self._texts)]
        sections = [self._merged(begin, end) for begin, end in itertools.pairwise(borders)]
        return sections[:-1] if len(sections) > 1 and not sections[-1][0].text else sections

    def _merged(self, begin: int, end: int) -> Section:
        """The pieces with equal weights beside each other made one: a word is never cut without need."""
        pieces: Section = []
        for number in range(begin, end):
            text, places = self._texts[number], tuple(self._places[number])
            weight = round(max(-MOST, min(MOST, self._weights[number])), DECIMALS)
            if not text:
                continue
            if pieces and pieces[-1].weight == weight:
                text, places = pieces[-1].text + text, pieces[-1].places + places
                pieces.pop()
            pieces.append(Piece(text, weight, places))
        return pieces or [Piece("")]
