"""What the form says: the user's own words and values, and what model and style fill in around them."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy

from sdxl_tui.core.models import Model
from sdxl_tui.core.request import (
    GenerationRequest,
    defaults_for,
    parse_guidance,
    parse_seed,
    parse_size,
    parse_whole,
)
from sdxl_tui.core.schedulers import SCHEDULERS
from sdxl_tui.core.sizes import presets
from sdxl_tui.core.styles import Style
from sdxl_tui.core.text import one_line

USER, STYLE, MODEL = "user", "style", "model"


class Draft:
    """The job that enter would queue.

    Only what the user edited is kept; the rest is asked of model and style each time. So a style brings its settings
    and takes back exactly those, and never touches a value of the user's.
    """

    def __init__(self, model: Model, style: Style) -> None:
        self.prompt = ""
        self.negative_prompt = ""
        self.model = model
        self.style = style
        self._edited: dict[str, str] = {}

    def edit(self, field: str, text: str) -> None:
        """Take the user's value of a field; an empty one gives the field back to model and style."""
        if text.strip():
            self._edited[field] = text.strip()
        else:
            self._edited.pop(field, None)

    def text(self, field: str) -> str:
        """The value of a field as it is shown."""
        return self._edited.get(field) or self._defaults()[field]

    def source(self, field: str) -> str:
        """Who set a field: USER, STYLE or MODEL."""
        if field in self._edited:
            return USER
        brought = {"scheduler": self.style.scheduler, "steps": self.style.steps, "guidance": self.style.guidance}
        return MODEL if self.model.distilled or brought.get(field) is None else STYLE

    def with_style(self, style: Style) -> Draft:
        """The same job with another style; this one stays as it is."""
        other = copy(self)
        other.style = style
        return other

    def request(self) -> GenerationRequest:
        """Return the job; raise UserError with the sentence for the first value that is out of its range."""
        width, height = parse_size(self.text("size"))
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
        )

    def remarks(self) -> list[str]:
        """Sentences on what this combination does that the user may not expect."""
        remarks = []
        if self.model.distilled and self._style_sets_something():
            remarks.append(f"{self.model.name} keeps its own settings: {self.style.name} brings its words only.")
        negative = self.style.styled_negative_prompt(self.negative_prompt)
        if negative.strip() and self._guidance_is_off():
            guidance = self.text("guidance").removesuffix(".0")
            remarks.append(f"{self.model.name} runs at guidance {guidance}, so the negative prompt has no effect.")
        return remarks

    def _style_sets_something(self) -> bool:
        return any(value is not None for value in (self.style.scheduler, self.style.steps, self.style.guidance))

    def scheduler_name(self) -> str:
        """Shown name of the chosen scheduler."""
        return SCHEDULERS[self.text("scheduler")].name

    def sizes(self) -> list[str]:
        """The sizes of the presets, the model's own first."""
        sizes = presets(self.model.width, self.model.height)
        return list(dict.fromkeys(shown_size(size.width, size.height) for size in sizes))

    def remember(self) -> Callable[[], None]:
        """Return what takes the choices and values back to how they are now; the words stay as they are then."""
        model, style, edited = self.model, self.style, dict(self._edited)

        def take_back() -> None:
            self.model, self.style, self._edited = model, style, dict(edited)

        return take_back

    def _guidance_is_off(self) -> bool:
        try:
            return float(self.text("guidance")) <= 1
        except ValueError:
            return False

    def _defaults(self) -> dict[str, str]:
        defaults = defaults_for(self.model, self.style)
        return {
            "scheduler": defaults.scheduler,
            "steps": str(defaults.steps),
            "guidance": shown_number(defaults.guidance_scale),
            "size": shown_size(defaults.width, defaults.height),
            "batch": "1",
            "seed": "random",
        }


def shown_size(width: int, height: int) -> str:
    """A size as it is shown: ``1024×768``."""
    return f"{width}×{height}"


def shown_number(value: float) -> str:
    """A number with as many decimals as it has, at least one: ``5.0``, ``6.25``."""
    text = f"{value:g}"
    return text if "." in text or "e" in text else f"{text}.0"
