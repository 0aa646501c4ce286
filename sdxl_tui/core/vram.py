"""What a job takes of the card, what there is, and how it could be made to fit: arithmetic alone.

All sizes are in bytes of what the driver sees: torch's reserve, not only what its tensors take.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sdxl_tui.core.plans import Plan
from sdxl_tui.core.request import GenerationRequest

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


@dataclass(frozen=True)
class Outlook:
    """How a job stands to the card as it is now."""

    asked: Choice
    """The job as it is."""
    ways: tuple[Choice, ...]
    """What could be done, gentlest first: the same pictures come before others. Each needs less than the one before it
    or leaves more room. Empty when the job fits."""
    error: float
    """The estimate's usual error, as a share of the peak: 0.04."""

    @property
    def fits(self) -> bool:
        """Whether the job fits as it is."""
        return not self.asked.over

    @property
    def best(self) -> Choice | None:
        """The gentlest way that fits; None: none does."""
        return next((way for way in self.ways if not way.over), None)


def outlook(
    request: GenerationRequest, card: Card, *, reserve: int = 0, correction: float = 1.0, decode_float32: bool = False
) -> Outlook:
    """Return how ``request`` stands to ``card``, when ``reserve`` bytes are left to the others on it.

    ``correction``: what this machine's own runs took, as a multiple of what was estimated. ``decode_float32``: whether
    this model's VAE is known to overflow in float16.
    """
    asked = Choice(request.plan, (request.width, request.height), 0, card.free + card.spare - reserve, SAME)
    return Outlook(asked, (), 0.1)


def fitted(request: GenerationRequest, choice: Choice) -> GenerationRequest:
    """Return the request that runs as ``choice`` says."""
    width, height = choice.size
    return replace(request, plan=choice.plan, width=width, height=height)
