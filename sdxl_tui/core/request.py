"""What the user asks for: one frozen value, checked before anything heavy is imported."""

from __future__ import annotations

import math
import re
import secrets
from dataclasses import dataclass

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.models import Model
from sdxl_tui.core.prompt_syntax import A1111, SYNTAXES
from sdxl_tui.core.schedulers import SCHEDULERS
from sdxl_tui.core.styles import Style

MAX_SEED = 2**32 - 1
SPEEDS = ("eager",)


@dataclass(frozen=True)
class GenerationRequest:
    """One job as the user typed it. Raises UserError when a value is out of its range; nothing is ever rounded."""

    model: Model
    prompt: str
    negative_prompt: str
    style: Style
    scheduler: str
    """Row of SCHEDULERS."""
    steps: int
    guidance_scale: float
    """Classifier-free guidance (CFG); at 1 or less the negative prompt has no effect."""
    width: int
    height: int
    batch_size: int = 1
    seed: int | None = None
    """None: drawn when the job is queued."""
    speed: str = "eager"
    mode: str = "txt2img"
    prompt_syntax: str = A1111
    """One of SYNTAXES: whether brackets in the prompts are weights."""
    prompt_template: str = ""
    """What was typed, where ``{a|b}`` or ``__wildcard__`` in it became the prompt."""
    negative_prompt_template: str = ""

    def __post_init__(self) -> None:
        if not self.styled_prompt.strip():
            raise UserError("The prompt is empty: type what you want to see.")
        if self.scheduler not in SCHEDULERS:
            raise UserError(f"There is no scheduler '{self.scheduler}'; there are {', '.join(SCHEDULERS)}.")
        check_whole("Steps", self.steps, 1, 200)
        check_whole("Batch", self.batch_size, 1, 64)
        check_guidance(self.guidance_scale)
        check_side("Width", self.width)
        check_side("Height", self.height)
        if self.seed is not None and not 0 <= self.seed <= MAX_SEED:
            raise UserError(f"Seed goes from 0 to {MAX_SEED}; -1 draws one.")
        if self.speed not in SPEEDS:
            raise UserError(f"There is no speed '{self.speed}'; there is {', '.join(SPEEDS)}.")
        if self.prompt_syntax not in SYNTAXES:
            raise UserError(f"There is no prompt syntax '{self.prompt_syntax}'; there are {', '.join(SYNTAXES)}.")

    @property
    def styled_prompt(self) -> str:
        """The prompt with the style's words, as it is encoded and logged."""
        return self.style.styled_prompt(self.prompt)

    @property
    def styled_negative_prompt(self) -> str:
        """The negative prompt with the style's words, as it is encoded and logged."""
        return self.style.styled_negative_prompt(self.negative_prompt)


@dataclass(frozen=True)
class Defaults:
    """What a model and a style fill in where the user gives nothing: the style beats the model."""

    scheduler: str
    steps: int
    guidance_scale: float
    width: int
    height: int


def defaults_for(model: Model, style: Style) -> Defaults:
    """Return the settings of ``style`` on ``model``; on a distilled model a style brings its words only."""
    scheduler, steps, guidance = model.scheduler, model.steps, model.guidance
    if not model.distilled:
        scheduler = style.scheduler or scheduler
        steps = steps if style.steps is None else style.steps
        guidance = guidance if style.guidance is None else style.guidance
    return Defaults(scheduler, steps, guidance, model.width, model.height)


def check_whole(name: str, value: int, lowest: int, highest: int) -> None:
    """Raise UserError unless ``value`` lies in the range."""
    if not lowest <= value <= highest:
        raise UserError(f"{name} goes from {lowest} to {highest}.".replace("Steps goes", "Steps go"))


def check_guidance(value: float) -> None:
    """Raise UserError unless ``value`` is a number from 0 to 50."""
    if not math.isfinite(value) or not 0 <= value <= 50:
        raise UserError("Guidance goes from 0 to 50.")


def check_side(name: str, pixels: int) -> None:
    """Raise UserError unless ``pixels`` is a multiple of 8 within 64..4096; the nearest ones are named."""
    if not 64 <= pixels <= 4096:
        raise UserError(f"{name} goes from 64 to 4096 pixels.")
    if pixels % 8:
        below = pixels - pixels % 8
        raise UserError(f"{name} {pixels} is no multiple of 8: {below} or {below + 8}.")


def parse_size(text: str) -> tuple[int, int]:
    """Return (width, height) in pixels of ``1024x768``; raise UserError for anything else."""
    match = re.fullmatch(r"\s*(\d{1,6})\s*[xX×]\s*(\d{1,6})\s*", text)
    if not match:
        raise UserError(f"Size is written as 1024x768, not '{text}'.")
    return int(match[1]), int(match[2])


def parse_whole(name: str, text: str) -> int:
    """Return the whole number that ``text`` is; raise UserError that names the field otherwise."""
    if not re.fullmatch(r"\s*[+-]?\d{1,12}\s*", text, re.ASCII):
        raise UserError(f"{name} must be a whole number, not '{text}'.")
    return int(text)


def parse_guidance(text: str) -> float:
    """Return the guidance scale that ``text`` is; raise UserError otherwise."""
    try:
        return float(text)
    except ValueError:
        raise UserError(f"Guidance must be a number such as 6.5, not '{text}'.") from None


def parse_seed(text: str) -> int | None:
    """Return the seed, or None for ``-1``, ``random`` and nothing: it is drawn."""
    if text.strip() in ("", "-1", "random"):
        return None
    return parse_whole("Seed", text)


def drawn_seed() -> int:
    """Return a seed that nobody can foresee."""
    return secrets.randbelow(MAX_SEED + 1)
