"""The ways to make a picture. A mode's own fields are fields of the request, keys of its log line, rows of a form."""

from __future__ import annotations

from dataclasses import dataclass

TXT2IMG, IMG2IMG, INPAINT, ANIMATE_STEPS = "txt2img", "img2img", "inpaint", "animate_steps"


@dataclass(frozen=True)
class Mode:
    """One row."""

    name: str
    description: str
    fields: tuple[str, ...] = ()
    """Fields of GenerationRequest that not every mode has."""


MODES: dict[str, Mode] = {
    TXT2IMG: Mode("Text to image", "from words alone"),
    IMG2IMG: Mode("Image to image", "from a picture and words", ("init_image", "strength")),
    INPAINT: Mode("Inpaint", "repaint a part of a picture", ("init_image", "strength", "mask_image", "mask_blur")),
    ANIMATE_STEPS: Mode(
        "Animate steps",
        "a sequence of frames",
        ("frames", "motion", "variation", "easing", "end_seeds", "end_prompts"),
    ),
}


def starts_from_a_picture(mode: str) -> bool:
    """Whether a mode takes an init image."""
    return "init_image" in MODES[mode].fields
