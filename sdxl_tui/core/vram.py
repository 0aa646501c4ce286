"""What a job takes of the card, what there is, and how it could be made to fit: arithmetic alone.

All sizes are in bytes of what the driver sees: torch's reserve, not only what its tensors take.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.plans import Plan
from sdxl_tui.core.request import GenerationRequest
from sdxl_tui.core.setting_kinds import AUTO
from sdxl_tui.core.settings import Settings
from sdxl_tui.core.vram_needs import TILE, fit, needs, speed_of, together

GIB = 2**30
SAME, NEARLY, OTHERS = "the same", "nearly the same", "others"
"""What a choice makes of the pictures: not one value differs; they differ by rounding, or by 1 of 255; other ones."""


@dataclass(frozen=True)
class Card:
    """What the driver says of the card now, and what of it is the lab's."""

    total: int
    free: int
    """As the driver says, for all who use the card."""
    ours: int
    """What this process takes: all of the following, and what torch and CUDA need for themselves."""
    spare: int = 0
    """Of ours: what torch holds and no tensor uses; a job has it at once."""
    copies: int = 0
    """Of ours: copies of models that lie ready in VRAM."""
    graphs: int = 0
    """Of ours: captured graphs."""
    has_model: bool = False
    """Whether ours has the weights of a model in use."""
    float32_decode: bool = False
    """Whether the VAE of that model is known to overflow in float16."""
    corrections: Mapping[str, float] = field(default_factory=dict)
    """By speed: what this machine's own jobs took, as a multiple of what was estimated."""

    @property
    def others(self) -> int:
        """What other processes take."""
        return max(0, self.total - self.free - self.ours)


@dataclass(frozen=True)
class Process:
    """Another process on the card, as far as the driver and the host tell."""

    pid: int
    bytes: int | None
    """None: the driver does not say (in a container, or for want of rights)."""
    name: str = ""
    """Its command; empty where it cannot be seen from here."""
    user: str = ""


@dataclass(frozen=True)
class Choice:
    """One way to make a job fit."""

    plan: Plan
    size: tuple[int, int]
    """The request's width and height, or smaller ones."""
    needs: int
    """Bytes the job takes at its peak, beyond what is ours and stays."""
    room: int
    """Bytes it can have."""
    pictures: str
    """SAME, NEARLY or OTHERS."""
    pace: float = 1.0
    """Its time as a multiple of the job's as asked."""

    @property
    def over(self) -> int:
        """Bytes that are missing; 0: it fits."""
        return max(0, self.needs - self.room)

    def shown(self, asked: GenerationRequest) -> str:
        """``at 1152×1152, as 4 + 4``: what differs from the job as it was asked for."""
        size = f"at {self.size[0]}×{self.size[1]}" if self.size != (asked.width, asked.height) else ""
        how = self.plan.shown(asked.pictures) if self.plan != asked.plan else ""
        return ", ".join(part for part in (size, how) if part) or "once copies and graphs are given back"


@dataclass(frozen=True)
class Outlook:
    """How a job stands to the card as it is now."""

    asked: Choice
    """The job as it is."""
    ways: tuple[Choice, ...]
    """What could be done, gentlest first: the same pictures come before others. Each needs less than the one before it
    or leaves more room. Empty when the job fits."""
    error: float
    """How far the estimate may be off, as a share of the peak: 0.04."""

    @property
    def said(self) -> str:
        """``This job needs 26.3 GiB, 17.8 are free``."""
        return f"This job needs {gib(self.asked.needs)} GiB, {gib(max(0, self.asked.room))} are free"

    @property
    def fits(self) -> bool:
        """Whether the job fits as it is."""
        return not self.asked.over

    @property
    def best(self) -> Choice | None:
        """The gentlest way that fits; None: none does."""
        return next((way for way in self.ways if not way.over), None)


def gib(size: int) -> str:
    """A number of GiB: ``17.8``."""
    return f"{size / GIB:.1f}"


def reserve_of(settings: Settings) -> int:
    """Bytes that the settings leave to the others on the card."""
    return int(float(settings.vram_reserve) * GIB)


def outlook(request: GenerationRequest, card: Card, *, reserve: int = 0, tiles: str = AUTO) -> Outlook:
    """Return how ``request`` stands to ``card``.

    ``reserve``: bytes that are left to the others on it; ``tiles``: the setting.
    """
    asked = _choice(request, request, card, reserve, tiles)
    if not asked.over:
        return Outlook(asked, (), fit().error)
    ways: list[Choice] = []
    for some in _candidates(request):
        found = [_choice(request, other, card, reserve, tiles) for other in some]
        # Of ways that do the same to the pictures the quickest that fits; where none does, the one that needs least.
        best = next((way for way in found if not way.over), min(found, key=lambda way: way.over, default=None))
        if best is not None and (not best.over or best.over < min(way.over for way in (asked, *ways))):
            ways.append(best)
    return Outlook(asked, tuple(ways), fit().error)


def fitted(request: GenerationRequest, choice: Choice) -> GenerationRequest:
    """Return the request that runs as ``choice`` says."""
    width, height = choice.size
    return replace(request, plan=choice.plan, width=width, height=height)


def gentler(
    request: GenerationRequest, done: int, card: Card | None, *, reserve: int = 0, tiles: str = AUTO
) -> Plan | None:
    """Return the next plan for a job that ran out of memory with so many pictures made; None: there is none.

    It is the gentlest that should fit, else one that takes half as many pictures at once, or else tiles.
    """
    if card is not None and not done:
        for way in outlook(request, card, reserve=reserve, tiles=tiles).ways:
            if not way.over and way.size == (request.width, request.height) and _is_gentler(request, way.plan):
                return way.plan
    most = min(together(request), request.pictures - done)
    if most > 1:
        return replace(request.plan, lean=True, pass_pictures=-(-most // 2))
    if not request.plan.tiled and max(request.size) > TILE:
        return replace(request.plan, lean=True, tiled=True)
    return None


def _is_gentler(request: GenerationRequest, plan: Plan) -> bool:
    return together(replace(request, plan=plan)) < together(request) or plan.tiled > request.plan.tiled


def _candidates(request: GenerationRequest) -> Iterator[list[GenerationRequest]]:
    """Groups of what could be done, gentlest first: nothing to the pictures, splits, tiles, a smaller size."""
    lean = replace(request.plan, lean=True)
    splits = [replace(lean, pass_pictures=most) for most in _fewer(request)]
    yield [replace(request, plan=lean)]
    yield [replace(request, plan=plan) for plan in splits]
    if max(request.size) > TILE:
        yield [replace(request, plan=replace(plan, tiled=True)) for plan in (lean, *splits)]
    yield [
        smaller
        for width, height in _smaller(request.width, request.height)
        for plan in (lean, *splits[-1:])
        if (smaller := _resized(request, plan, width, height)) is not None
    ]


def _resized(request: GenerationRequest, plan: Plan, width: int, height: int) -> GenerationRequest | None:
    """A job of another size; None: there is no such, as where a second pass would make it no larger."""
    try:
        return replace(request, plan=plan, width=width, height=height)
    except UserError:
        return None


def _fewer(request: GenerationRequest) -> list[int]:
    """How many pictures could be at work together instead: a half, a third … one."""
    most = together(request)
    return sorted({math.ceil(most / parts) for parts in range(2, most + 1)}, reverse=True)


def _smaller(width: int, height: int) -> Iterator[tuple[int, int]]:
    """Sizes of about the same shape, a step of 64 pixels of the longer side less each time, down to a quarter."""
    longer = max(width, height)
    for side in range(longer - longer % 64 - 64 * (not longer % 64), longer // 4, -64):
        smaller = [min(length, max(64, round(length * side / longer / 64) * 64)) for length in (width, height)]
        yield smaller[0], smaller[1]


def _choice(asked: GenerationRequest, request: GenerationRequest, card: Card, reserve: int, tiles: str) -> Choice:
    takes = needs(request, float32_decode=card.float32_decode, tiles=tiles)
    lean = request.plan.lean
    total = int(takes.peak(0 if lean else card.graphs) * card.corrections.get(speed_of(request), 1.0))
    if not card.has_model:
        total += fit().weights
    room = card.free + card.spare - reserve + (card.copies + card.graphs if lean else 0)
    size = (request.width, request.height)
    if size != (asked.width, asked.height):
        pictures = OTHERS
    elif request.plan.tiled > asked.plan.tiled or request.passes != asked.passes:
        pictures = NEARLY
    else:
        pictures = SAME
    return Choice(request.plan, size, total, room, pictures, _pace(asked, request))


def _pace(asked: GenerationRequest, request: GenerationRequest) -> float:
    """Time as a multiple: of the cells to denoise, 4 % more for passes that fill the card less (H100), and of tiles
    that overlap."""
    pace = request.width * request.height / (asked.width * asked.height)
    if request.passes != asked.passes:
        pace *= 1.04
    return pace * (1.1 if request.plan.tiled > asked.plan.tiled else 1.0)
