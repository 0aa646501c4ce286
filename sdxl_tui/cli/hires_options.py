"""The options of a second pass that makes pictures larger."""

from __future__ import annotations

import argparse
from typing import Any

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.hires import DEFAULT_METHOD, DEFAULT_STRENGTHS, METHODS, Hires, default_strength
from sdxl_tui.core.request import parse_number, parse_whole

NEED_FACTOR = ("hires_method", "hires_strength", "hires_steps")


def add_hires_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    defaults = ", ".join(f"{method}: {strength:g}" for method, strength in DEFAULT_STRENGTHS.items())
    group = parser.add_argument_group("larger, by a second pass")
    group.add_argument("--hires", metavar="F", help="above 1, up to 4: how many times as wide and as high")
    group.add_argument("--hires-method", metavar="NAME", help=f"{', '.join(METHODS)} (default: {DEFAULT_METHOD})")
    group.add_argument("--hires-strength", metavar="F", help=f"how far to leave the first ({defaults})")
    group.add_argument("--hires-steps", metavar="N", help="1 to 200 (default: as --steps)")


def hires_from(arguments: argparse.Namespace, steps: int) -> dict[str, Any]:
    """Return the field of the request that the options mean; ``steps``: those of the first pass."""
    if arguments.hires is None:
        for option in NEED_FACTOR:
            if getattr(arguments, option) is not None:
                raise UserError(f"--{option.replace('_', '-')} says nothing without --hires: add it.")
        return {}
    method = arguments.hires_method or DEFAULT_METHOD
    if arguments.hires_steps is not None:
        steps = parse_whole("Hires steps", arguments.hires_steps)
    strength = default_strength(method, steps)
    if arguments.hires_strength is not None:
        strength = parse_number("Hires strength", arguments.hires_strength, "0.4")
    return {"hires": Hires(parse_number("Hires factor", arguments.hires, "1.5"), method, steps, strength)}
