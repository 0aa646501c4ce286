"""``sdxl-tui demo``: the lab on the embedded model; without a terminal, one picture."""

from __future__ import annotations

import argparse
import sys

from sdxl_tui.cli.generate import generate
from sdxl_tui.cli.opening import open_lab
from sdxl_tui.cli.parser import add_picture_option, add_place_options
from sdxl_tui.core.models import DEMO, DEMO_PROMPT, load_catalogue
from sdxl_tui.core.request import GenerationRequest, defaults_for
from sdxl_tui.core.settings import load_settings
from sdxl_tui.core.styles import NONE, Style


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_place_options(parser)
    add_picture_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Open the lab with the demo model loaded, or make one picture and print its path."""
    flags = {name: getattr(arguments, name) for name in ("output_dir", "log_dir", "images")}
    settings = load_settings(flags)
    model = load_catalogue()[DEMO]
    if sys.stdin.isatty() and sys.stdout.isatty():
        return open_lab(settings, flags, model=model, load=True, prompt=DEMO_PROMPT)
    style = Style(NONE, "None / Raw")
    defaults = defaults_for(model, style)
    request = GenerationRequest(
        model=model,
        prompt=DEMO_PROMPT,
        negative_prompt="",
        style=style,
        scheduler=defaults.scheduler,
        steps=defaults.steps,
        guidance_scale=defaults.guidance_scale,
        width=defaults.width,
        height=defaults.height,
        speed=settings.speed,
    )
    return generate(settings, request, as_json=False)
