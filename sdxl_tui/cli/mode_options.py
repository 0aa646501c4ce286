"""The options that make a job another mode than text to image: what each needs beside it, and the fields they set."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from sdxl_tui.core.animation import EASINGS, LATENT, LIGHT, MOTIONS, PROMPT
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.modes import ANIMATE_STEPS, IMG2IMG, INPAINT, TXT2IMG
from sdxl_tui.core.request import parse_number, parse_seed, parse_whole

NEEDS = {
    "strength": "init_image",
    "mask": "init_image",
    "mask_blur": "mask",
    "motion": "frames",
    "variation": "frames",
    "easing": "frames",
    "end_seed": "frames",
    "end_prompt": "frames",
}
"""Option -> the one that it says nothing without."""

OF_MOTIONS = {"variation": (LIGHT,), "easing": (LATENT, PROMPT)}
"""Option -> the motions that it says something about."""


def add_mode_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    picture = parser.add_argument_group("from a picture")
    picture.add_argument("--init-image", metavar="FILE", help="PNG, JPEG or WebP to start from")
    picture.add_argument("--strength", metavar="F", help="above 0, up to 1: how far to leave it (default: 0.6)")
    picture.add_argument("--mask", metavar="FILE", help="inpaint: only what is white here is repainted")
    picture.add_argument("--mask-blur", metavar="N", help="pixels over which it fades out (default: 8)")
    frames = parser.add_argument_group("a sequence of frames")
    frames.add_argument("--frames", metavar="N", help="2 to 999")
    frames.add_argument("--motion", metavar="NAME", help=", ".join(MOTIONS))
    frames.add_argument("--variation", metavar="F", help="light: 0 to 1, how far each frame leaves the first")
    frames.add_argument("--easing", metavar="NAME", help=f"latent, prompt: {', '.join(EASINGS)}")
    frames.add_argument(
        "--end-seed", metavar="N", action="append", help="latent: where to go; more of them one after the other"
    )
    frames.add_argument("--end-prompt", metavar="TEXT", action="append", help="latent, prompt: likewise")


def mode_fields(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the mode that the options mean and its own fields of the request; raise UserError when they do not fit."""
    for option, needed in NEEDS.items():
        if getattr(arguments, option) is not None and getattr(arguments, needed) is None:
            raise UserError(f"{_flag(option)} says nothing without {_flag(needed)}: add it.")
    if arguments.frames is not None and arguments.init_image is not None:
        raise UserError("A sequence of frames starts from noise: leave out --init-image or --frames.")
    if arguments.frames is not None:
        return {"mode": ANIMATE_STEPS, **_frame_fields(arguments)}
    if arguments.init_image is None:
        return {"mode": TXT2IMG}
    fields: dict[str, Any] = {"mode": IMG2IMG, "init_image": _path(arguments.init_image)}
    if arguments.strength is not None:
        fields["strength"] = parse_number("Strength", arguments.strength, "0.6")
    if arguments.mask is not None:
        fields |= {"mode": INPAINT, "mask_image": _path(arguments.mask)}
    if arguments.mask_blur is not None:
        fields["mask_blur"] = parse_whole("Mask blur", arguments.mask_blur)
    return fields


def _frame_fields(arguments: argparse.Namespace) -> dict[str, Any]:
    motion = arguments.motion or LIGHT
    for option, motions in OF_MOTIONS.items():
        if getattr(arguments, option) is not None and motion in MOTIONS and motion not in motions:
            raise UserError(f"{_flag(option)} is for --motion {' or '.join(motions)}: leave it out, or choose that.")
    fields: dict[str, Any] = {"frames": parse_whole("Frames", arguments.frames), "motion": motion}
    if arguments.variation is not None:
        fields["variation"] = parse_number("Variation", arguments.variation, "0.3")
    if arguments.easing is not None:
        fields["easing"] = arguments.easing
    fields["end_seeds"] = tuple(parse_seed(seed) for seed in arguments.end_seed or ())
    fields["end_prompts"] = tuple(arguments.end_prompt or ())
    return fields


def _path(text: str) -> Path:
    return Path(text).expanduser()


def _flag(option: str) -> str:
    return f"--{option.replace('_', '-')}"
