"""What the user asks for: one frozen value, checked before anything heavy is imported."""

from __future__ import annotations

import math
import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from sdxl_tui.core import animation
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.hires import Hires, checked_size, smallest_strength
from sdxl_tui.core.lora_tags import LoraUse, without_tags
from sdxl_tui.core.models import Model
from sdxl_tui.core.modes import ANIMATE_STEPS, INPAINT, MODES, TXT2IMG, starts_from_a_picture
from sdxl_tui.core.plans import QUICKEST, Plan
from sdxl_tui.core.prompt_syntax import A1111, SYNTAXES
from sdxl_tui.core.schedulers import SCHEDULERS
from sdxl_tui.core.speeds import EAGER, SPEEDS
from sdxl_tui.core.styles import Style

MAX_SEED = 2**32 - 1
DEFAULT_STRENGTH = 0.6
DEFAULT_MASK_BLUR = 8
MOST_MASK_BLUR = 256


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
    speed: str = EAGER
    """Row of SPEEDS, as it is asked for: where it cannot run the next best one does."""
    mode: str = TXT2IMG
    """Row of MODES; it says which of the fields below have a meaning."""

    init_image: Path | None = None
    """The picture that an image-to-image or inpaint job starts from; it is scaled to cover the size, and cropped."""
    strength: float = DEFAULT_STRENGTH
    """Above 0, up to 1: how much noise the init image gets, and the share of the steps that are run. 1 leaves a trace
    of it at most."""
    mask_image: Path | None = None
    """As large as the init image, or a scaled copy of it: what is white (128 of 255 and above) is repainted."""
    mask_blur: int = DEFAULT_MASK_BLUR
    """Pixels over which what was repainted fades into the init image, outside of the mask."""

    frames: int = animation.DEFAULT_FRAMES
    motion: str = animation.LIGHT
    """Row of MOTIONS."""
    variation: float = animation.DEFAULT_VARIATION
    """0 to 1, of the light motion: how far each frame leaves the first; at 1 it has nothing but its own seed and
    words."""
    easing: str = "linear"
    """Row of EASINGS, of the two other motions."""
    end_seeds: tuple[int | None, ...] = ()
    """The seeds that a latent motion goes to, one after the other; None: drawn when the job is queued."""
    end_prompts: tuple[str, ...] = ()
    """The prompts that a latent or a prompt motion goes to, one after the other, as the user typed them."""

    loras: tuple[LoraUse, ...] = ()
    """Those that were chosen beside the prompt; once the job is queued, then those in its text, too
    (``core/loras.py``)."""
    hires: Hires | None = None
    """The second pass that makes the pictures larger than width by height; None: there is none."""

    plan: Plan = QUICKEST
    """How the job is fitted into memory."""
    threaded: bool = False
    """Each picture of the batch is made by a thread of its own, side by side on the one device; txt2img only."""

    prompt_syntax: str = A1111
    """One of SYNTAXES: whether brackets in the prompts are weights."""
    prompt_template: str = ""
    """What was typed, where ``{a|b}`` or ``__wildcard__`` in it became the prompt."""
    negative_prompt_template: str = ""

    def __post_init__(self) -> None:
        if not without_tags(self.styled_prompt).strip():
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
            raise UserError(f"There is no speed '{self.speed}'; there are {', '.join(SPEEDS)}.")
        if self.prompt_syntax not in SYNTAXES:
            raise UserError(f"There is no prompt syntax '{self.prompt_syntax}'; there are {', '.join(SYNTAXES)}.")
        if self.mode not in MODES:
            raise UserError(f"There is no mode '{self.mode}'; there are {', '.join(MODES)}.")
        if starts_from_a_picture(self.mode):
            self._check_init_image()
        if self.mode == ANIMATE_STEPS:
            self._check_motion()
        if self.hires is not None:
            self._check_hires(self.hires)
        if self.threaded and (self.mode != TXT2IMG or self.hires is not None):
            raise UserError("The threaded batch makes pictures from text only, without a second pass: switch it off.")

    def _check_init_image(self) -> None:
        if self.init_image is None:
            raise UserError("It starts from a picture: choose an init image.")
        if not math.isfinite(self.strength) or not 0 < self.strength <= 1:
            raise UserError("Strength goes from above 0 to 1.")
        check_strength("Strength", self.strength, self.steps)
        if self.mode == INPAINT:
            if self.mask_image is None:
                raise UserError("Inpainting needs a mask: white is repainted.")
            check_whole("Mask blur", self.mask_blur, 0, MOST_MASK_BLUR)

    def _check_motion(self) -> None:
        check_whole("Frames", self.frames, animation.FEWEST_FRAMES, animation.MOST_FRAMES)
        if self.batch_size != 1:
            raise UserError("Each frame is one picture: leave the batch at 1.")
        if self.motion not in animation.MOTIONS:
            raise UserError(f"There is no motion '{self.motion}'; there are {', '.join(animation.MOTIONS)}.")
        if self.easing not in animation.EASINGS:
            raise UserError(f"There is no easing '{self.easing}'; there are {', '.join(animation.EASINGS)}.")
        if not math.isfinite(self.variation) or not 0 <= self.variation <= 1:
            raise UserError("Variation goes from 0 to 1.")
        if self.end_seeds and self.motion != animation.LATENT:
            raise UserError(f"Only the latent motion goes to other seeds, not '{self.motion}'.")
        if self.end_prompts and self.motion == animation.LIGHT:
            raise UserError("Only the motions latent and prompt go to other prompts, not 'light'.")
        if not all(self.style.styled_prompt(prompt).strip() for prompt in self.end_prompts):
            raise UserError("An end prompt is empty: type what the sequence goes to.")
        for seed in self.end_seeds:
            if seed is not None and not 0 <= seed <= MAX_SEED:
                raise UserError(f"End seeds go from 0 to {MAX_SEED}; -1 draws one.")

    def _check_hires(self, hires: Hires) -> None:
        if self.mode == INPAINT:
            raise UserError(
                "A second pass would repaint what inpainting keeps: leave hires out, and make the picture larger then."
            )
        if self.mode == ANIMATE_STEPS:
            raise UserError("Frames are not made larger: leave hires out, and make the one you like larger then.")
        check_strength("Hires strength", hires.strength, hires.steps)
        checked_size(self.width, self.height, hires.factor)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the pictures, in pixels."""
        if self.hires is None:
            return self.width, self.height
        return checked_size(self.width, self.height, self.hires.factor)

    @property
    def pictures(self) -> int:
        """How many pictures the job makes: frames, or a batch."""
        return self.frames if self.mode == ANIMATE_STEPS else self.batch_size

    @property
    def denoising_steps(self) -> int:
        """How many steps the job runs in all: a batch takes them together, frames and second passes one by one."""
        return self.steps_from(0)

    def steps_from(self, picture: int) -> int:
        """How many steps the pictures from that one (0-based) on take."""
        second = 0 if self.hires is None else self.hires.denoising_steps * (self.pictures - picture)
        return self.pass_steps * len(self.passes_from(picture)) + second

    @property
    def first_steps(self) -> int:
        """How many of all steps are not of second passes."""
        return self.pass_steps * len(self.passes)

    @property
    def passes(self) -> list[int]:
        """How many pictures each pass of the denoiser has: a frame or a thread one each, a batch as its plan says."""
        return self.passes_from(0)

    def passes_from(self, picture: int) -> list[int]:
        """The passes of the pictures from that one (0-based) on."""
        left = self.pictures - picture
        if self.mode == ANIMATE_STEPS or self.threaded:
            return [1] * left
        return self.plan.splits(left)

    @property
    def pass_steps(self) -> int:
        """How many steps each of them takes."""
        return int(self.steps * self.strength) if starts_from_a_picture(self.mode) else self.steps

    def effort(self, step: int) -> float:
        """What the first so many of all steps take, in steps of one picture of width by height."""
        first = min(step, self.first_steps)
        across, down = self.size
        together = self.pictures / len(self.passes)
        return first * together + (step - first) * across * down / (self.width * self.height)

    def picture_at(self, step: int, begun: int = 0) -> int:
        """The picture (0-based) that a step is of; the first one where a batch is at it together.

        ``step`` is 1-based, of those that the pictures from ``begun`` (0-based) on take.
        """
        passes = self.passes_from(begun)
        first_steps = self.pass_steps * len(passes)
        if self.hires is None or step <= first_steps:
            return begun + sum(passes[: (step - 1) // self.pass_steps])
        return begun + (step - 1 - first_steps) // self.hires.denoising_steps

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


def check_strength(name: str, strength: float, steps: int) -> None:
    """Raise UserError, with the smallest strength that works, when it leaves no step of them."""
    if not int(steps * strength):
        raise UserError(
            f"{name} {strength:g} of {steps} step{'s' if steps > 1 else ''} is less than one step:"
            f" the smallest strength that works is {smallest_strength(steps):g}."
        )


def check_whole(name: str, value: int, lowest: int, highest: int) -> None:
    """Raise UserError unless ``value`` lies in the range."""
    if not lowest <= value <= highest:
        raise UserError(f"{name} {'go' if name in ('Steps', 'Frames') else 'goes'} from {lowest} to {highest}.")


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


def parse_number(name: str, text: str, example: str) -> float:
    """Return the number that ``text`` is; raise UserError that names the field otherwise."""
    try:
        return float(text)
    except ValueError:
        raise UserError(f"{name} must be a number such as {example}, not '{text}'.") from None


def parse_guidance(text: str) -> float:
    """Return the guidance scale that ``text`` is; raise UserError otherwise."""
    return parse_number("Guidance", text, "6.5")


def parse_seed(text: str) -> int | None:
    """Return the seed, or None for ``-1``, ``random`` and nothing: it is drawn."""
    if text.strip() in ("", "-1", "random"):
        return None
    return parse_whole("Seed", text)


def drawn_seed() -> int:
    """Return a seed that nobody can foresee."""
    return secrets.randbelow(MAX_SEED + 1)
