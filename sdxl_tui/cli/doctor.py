"""``sdxl-tui doctor``: look at this machine, and say what to do about what is in the way."""

from __future__ import annotations

import argparse
import os
import textwrap
from collections.abc import Iterator

from sdxl_tui.cli.parser import add_place_options
from sdxl_tui.cli.printing import print_line, terminal_width
from sdxl_tui.core import machine
from sdxl_tui.core.container import container
from sdxl_tui.core.findings import BROKEN, FINE, RISKY, Finding
from sdxl_tui.core.settings import Settings, load_settings
from sdxl_tui.core.speeds import EAGER, EXACT, FAST
from sdxl_tui.core.stack import installed, older_stack
from sdxl_tui.core.text import one_line
from sdxl_tui.core.tmux_options import tmux_options

LABEL_WIDTH = 14


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_place_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print each finding as it is made; return 1 when something keeps the lab from making pictures."""
    settings = load_settings({"output_dir": arguments.output_dir, "log_dir": arguments.log_dir})
    states = []
    for finding in _findings(settings):
        states.append(finding.state)
        _print(finding)
    broken, risky = states.count(BROKEN), states.count(RISKY)
    print_line("")
    print_line(_verdict(broken, risky))
    return 1 if broken else 0


def _findings(settings: Settings) -> Iterator[Finding]:
    yield from machine.versions()
    yield from older_stack(installed())
    yield from machine.graphics_cards()
    yield from _torch(settings)
    yield from machine.models()
    yield from machine.styles()
    yield from machine.folders(settings)
    yield from machine.limits()
    yield from container(settings, os.environ)
    yield from machine.terminal(chosen=settings.colours)
    yield from tmux_options(os.environ)
    yield from _pictures(settings)


def _pictures(settings: Settings) -> Iterator[Finding]:
    """How the lab would show pictures here."""
    from sdxl_tui.tui.terminal_findings import pictures

    yield from pictures(settings)


def _torch(settings: Settings) -> Iterator[Finding]:
    """What torch itself can use; importing it takes some seconds."""
    from sdxl_tui.core.errors import UserError
    from sdxl_tui.engine import choose_device, why_no_gpu

    try:
        device = choose_device(settings.device)
    except UserError as error:
        yield Finding(BROKEN, "runs on", str(error), why_no_gpu())
    except Exception as error:
        yield Finding(BROKEN, "runs on", f"torch does not start: {error}", "install torch again with pip")
    else:
        yield Finding(FINE, "runs on", device.shown)
        if device.kind == "cpu" and settings.device == "auto" and (reason := why_no_gpu()):
            yield Finding(RISKY, "no GPU", "torch sees none", reason)
        yield from _speeds(settings)


def _speeds(settings: Settings) -> Iterator[Finding]:
    """Whether jobs can run faster than stock diffusers."""
    from sdxl_tui.engine import obstacle_to, triton_version

    instead = EAGER if obstacle_to(EXACT, settings.device) else EXACT
    for speed in (FAST, EXACT):
        if obstacle := obstacle_to(speed, settings.device):
            what = f"cannot run, it needs {obstacle.reason}: its jobs run {instead}"
            yield Finding(RISKY, speed, what, obstacle.cure)
        else:
            yield Finding(FINE, speed, f"can run, Triton {triton_version()}" if speed == FAST else "can run")


def _print(finding: Finding) -> None:
    indent = " " * (LABEL_WIDTH + 4)
    width = max(50, (terminal_width() or 110))
    lines = textwrap.wrap(one_line(finding.value), width - len(indent), break_on_hyphens=False) or [""]
    print_line(f"{finding.state} {finding.topic:<{LABEL_WIDTH}}  {lines[0]}")
    cure = textwrap.wrap(f"→ {finding.cure}", width - len(indent), break_on_hyphens=False) if finding.cure else []
    for line in [*lines[1:], *cure]:
        print_line(indent + line)


def _verdict(broken: int, risky: int) -> str:
    if broken:
        return f"{BROKEN} {broken} of these must be mended before pictures can be made."
    if risky:
        return f"{RISKY} Pictures can be made; {risky} of these could be better."
    return f"{FINE} All is well."
