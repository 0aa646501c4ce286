"""What the form says: the user's own words and values, and what model and style fill in around them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from copy import copy
from typing import Any

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.lora_tags import LoraUse
from sdxl_tui.core.models import Model
from sdxl_tui.core.modes import ANIMATE_STEPS, INPAINT, TXT2IMG, starts_from_a_picture
from sdxl_tui.core.request import (
    GenerationRequest,
    defaults_for,
    parse_guidance,
    parse_seed,
    parse_size,
    parse_whole,
)
from sdxl_tui.core.schedulers import SCHEDULERS
from sdxl_tui.core.settings import Settings
from sdxl_tui.core.sizes import nearest_size, presets
from sdxl_tui.core.speeds import FAST
from sdxl_tui.core.style_sets import words_only
from sdxl_tui.core.styles import Style
from sdxl_tui.core.text import one_line
from sdxl_tui.tui import hires_fields, mode_fields
from sdxl_tui.tui.sources import Known, SourceKey, Sources

USER, STYLE, MODEL, PICTURE = "user", "style", "model", "picture"
FROM_SETTINGS = ("speed", "prompt_syntax", "vram_check")
"""The fields whose default is a setting."""


class Draft:
    """The job that enter would queue.

    Only what the user edited is kept; the rest is asked of model, style and init image each time. So each brings its
    settings and takes back exactly those, and never touches a value of the user's.
    """

    def __init__(self, model: Model, style: Style) -> None:
        self.prompt = ""
        self.negative_prompt = ""
        self.model = model
        self.style = style
        self.loras: tuple[LoraUse, ...] = ()
        """Those that were chosen beside the prompt."""
        self._own_defaults: dict[str, str] = {"speed": FAST, "vram_check": "on"}
        self.sources = Sources()
        self._edited: dict[str, str] = {}

    @property
    def mode(self) -> str:
        """Row of MODES."""
        return self._edited.get("mode", TXT2IMG)

    @property
    def edited(self) -> Mapping[str, str]:
        """What the user set, by field."""
        return self._edited

    @property
    def fields(self) -> Collection[str]:
        """The names of all fields."""
        return self._defaults().keys()

    @property
    def has_picture(self) -> bool:
        """Whether the mode starts from one."""
        return starts_from_a_picture(self.mode)

    @property
    def can_be_threaded(self) -> bool:
        """Whether each picture can be made by a thread of its own."""
        return self.mode == TXT2IMG and self.text(hires_fields.FACTOR) == hires_fields.OFF

    def use_settings(self, settings: Settings) -> None:
        """Take what the settings say where the user says nothing."""
        self._own_defaults = {name: getattr(settings, name) for name in FROM_SETTINGS}

    def edit(self, field: str, text: str) -> None:
        """Take the user's value of a field; an empty one gives the field back to whoever fills it in."""
        if text.strip():
            self._edited[field] = text if field in mode_fields.PATHS else text.strip()
        else:
            self._edited.pop(field, None)

    def text(self, field: str) -> str:
        """The value of a field as it is shown; frames are made one by one, and not every mode's pictures larger."""
        if field == "batch" and self.mode == ANIMATE_STEPS:
            return "1"
        if field == hires_fields.FACTOR and self.mode not in hires_fields.MODES:
            return hires_fields.OFF
        if field == "threaded" and not self.can_be_threaded:
            return "off"
        return self._edited.get(field) or self._defaults()[field]

    def source(self, field: str) -> str:
        """Who set a field: USER, STYLE, MODEL or PICTURE."""
        if field in self._edited:
            return USER
        if field == "size" and self._picture_size() is not None:
            return PICTURE
        brought = {"scheduler": self.style.scheduler, "steps": self.style.steps, "guidance": self.style.guidance}
        return MODEL if self.model.distilled or brought.get(field) is None else STYLE

    def with_style(self, style: Style) -> Draft:
        """The same job with another style; this one stays as it is."""
        other = copy(self)
        other.style = style
        return other

    def as_it_is(self) -> Draft:
        """A draft that stays as this one is now."""
        other = copy(self)
        other._edited = dict(self._edited)
        return other

    def become(self, other: Draft) -> None:
        """Say what another draft says from now on."""
        self.prompt, self.negative_prompt = other.prompt, other.negative_prompt
        self.model, self.style, self.loras, self._edited = other.model, other.style, other.loras, dict(other._edited)

    def source_keys(self) -> list[SourceKey]:
        """The files that the job starts from, as far as they are named."""
        init = mode_fields.read_path(self._edited.get("init_image", "")) if self.has_picture else None
        mask = mode_fields.read_path(self._edited.get("mask_image", "")) if self.mode == INPAINT else None
        if init is None:
            return []
        return [SourceKey(init)] if mask is None else [SourceKey(init), SourceKey(init, mask)]

    def known_init(self) -> Known | None:
        """What is known of the init image; None: nothing yet."""
        return self.sources.get(next(iter(self.source_keys()), None))

    def known_mask(self) -> Known | None:
        """What is known of the mask; None: nothing yet."""
        return self.sources.get(next(iter(self.source_keys()[1:]), None))

    def request(self) -> GenerationRequest:
        """Return the job; raise UserError with the sentence for the first value that is out of its range.

        A file that is known to be no picture is refused; one that was not looked at is taken as it is.
        """
        for known in (self.known_init(), self.known_mask()):
            if known is not None and known.sentence:
                raise UserError(known.sentence)
        width, height = parse_size(self.text("size"))
        own: dict[str, Any] = mode_fields.request_fields(self.mode, self.text)
        return GenerationRequest(
            model=self.model,
            prompt=one_line(self.prompt),
            negative_prompt=one_line(self.negative_prompt),
            style=self.style,
            scheduler=self.text("scheduler"),
            steps=parse_whole("Steps", self.text("steps")),
            guidance_scale=parse_guidance(self.text("guidance")),
            width=width,
            height=height,
            batch_size=parse_whole("Batch", self.text("batch")),
            seed=parse_seed(self.text("seed")),
            speed=self.text("speed"),
            mode=self.mode,
            loras=self.loras,
            hires=hires_fields.hires_from(self.text),
            threaded=self.text("threaded") == "on",
            prompt_syntax=self.text("prompt_syntax"),
            **own,
        )

    def remarks(self) -> list[str]:
        """Sentences on what this combination does that the user may not expect."""
        remarks = []
        if remark := words_only(self.model, self.style):
            remarks.append(remark)
        negative = self.style.styled_negative_prompt(self.negative_prompt)
        if negative.strip() and self._guidance_is_off():
            guidance = self.text("guidance").removesuffix(".0")
            remarks.append(f"{self.model.name} runs at guidance {guidance}, so the negative prompt has no effect.")
        return remarks

    def pictures(self) -> str:
        """How many pictures the job makes, as it is shown: ``4``, ``8 frames``."""
        return f"{self.text('frames')} frames" if self.mode == ANIMATE_STEPS else self.text("batch")

    def running_steps(self) -> int | None:
        """How many steps of the sampler will run for each picture; None while the texts are no numbers."""
        steps, strength = self.text("steps"), self.text("strength")
        try:
            return int(int(steps) * float(strength)) if self.has_picture else int(steps)
        except (ValueError, OverflowError):
            return None

    def picture_steps(self) -> float | None:
        """Steps of all pictures together, larger ones counted by their area; None while the texts are no numbers."""
        count = self.text("frames" if self.mode == ANIMATE_STEPS else "batch")
        steps = self.running_steps()
        if steps is None or not count.isdecimal():
            return None
        try:
            hires = hires_fields.hires_from(self.text)
        except UserError:
            return None
        second = 0 if hires is None else hires.denoising_steps * hires.factor**2
        return (steps + second) * int(count)

    def _picture_size(self) -> tuple[int, int] | None:
        """The size that the init image brings: the model's that is nearest in shape."""
        known = self.known_init()
        if known is None or known.size is None:
            return None
        size = nearest_size(*known.size, self.model.width, self.model.height)
        return size.width, size.height

    def scheduler_name(self) -> str:
        """Shown name of the chosen scheduler."""
        return SCHEDULERS[self.text("scheduler")].name

    def sizes(self) -> list[str]:
        """The sizes of the presets, the model's own first."""
        sizes = presets(self.model.width, self.model.height)
        return list(dict.fromkeys(shown_size(size.width, size.height) for size in sizes))

    def remember(self) -> Callable[[], None]:
        """Return what takes the choices and values back to how they are now; the words stay as they are then."""
        model, style, loras, edited = self.model, self.style, self.loras, dict(self._edited)

        def take_back() -> None:
            self.model, self.style, self.loras, self._edited = model, style, loras, dict(edited)

        return take_back

    def _guidance_is_off(self) -> bool:
        try:
            return float(self.text("guidance")) <= 1
        except ValueError:
            return False

    def _defaults(self) -> dict[str, str]:
        defaults = defaults_for(self.model, self.style)
        size = self._picture_size() or (defaults.width, defaults.height)
        return {
            "mode": TXT2IMG,
            **mode_fields.DEFAULTS,
            **hires_fields.defaults(self._edited, self._edited.get("steps", str(defaults.steps))),
            "scheduler": defaults.scheduler,
            "steps": str(defaults.steps),
            "guidance": shown_number(defaults.guidance_scale),
            "size": shown_size(*size),
            "batch": "1",
            "seed": "random",
            "threaded": "off",
            **self._own_defaults,
        }


def shown_size(width: int, height: int) -> str:
    """A size as it is shown: ``1024×768``."""
    return f"{width}×{height}"


def shown_number(value: float) -> str:
    """A number with as many decimals as it has, at least one: ``5.0``, ``6.25``."""
    text = f"{value:g}"
    return text if "." in text or "e" in text else f"{text}.0"
