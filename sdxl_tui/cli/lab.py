"""``sdxl-tui`` without a command: open the lab, nothing loaded."""

from __future__ import annotations

import argparse
import sys

from sdxl_tui.cli.opening import open_lab
from sdxl_tui.cli.parser import add_picture_option, add_place_options
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.models import load_catalogue
from sdxl_tui.core.names import find_one
from sdxl_tui.core.settings import load_settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--model", metavar="ID", help="the model that is chosen at the start")
    add_place_options(parser)
    add_picture_option(parser)
    parser.add_argument("--read-only", action="store_true", help="look at the pictures; another lab may run beside it")


def run(arguments: argparse.Namespace) -> int:
    """Open the lab; it needs a terminal."""
    flags = {name: getattr(arguments, name) for name in ("output_dir", "log_dir", "model", "images")}
    settings = load_settings(flags)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UserError(
            "The lab needs a terminal (with docker: `docker run -it`; over ssh: `ssh -t`); `sdxl-tui generate` works "
            "without."
        )
    catalogue = load_catalogue()
    model = None
    if settings.model:
        model = catalogue[find_one(settings.model, {i: row.name for i, row in catalogue.items()}, "model")]
    return open_lab(settings, flags, model=model, read_only=arguments.read_only)
