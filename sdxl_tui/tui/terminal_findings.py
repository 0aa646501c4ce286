"""What the doctor says of pictures in this terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from sdxl_tui.core.findings import FINE, RISKY, Finding
from sdxl_tui.core.settings import Settings
from sdxl_tui.tui.terminals import look
from sdxl_tui.tui.ways import NAMES, choose, left_out


def pictures(settings: Settings) -> Iterator[Finding]:
    """Yield how pictures would be shown in the lab, which ways are not open here and why, and what is missing."""
    from rich.console import Console

    from sdxl_tui.tui.looks import depth_of

    is_terminal = any(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr))
    facts = look(is_terminal=is_terminal)
    if not is_terminal:
        yield Finding(FINE, "pictures", "the doctor was not started in a terminal, so it cannot tell")
        return
    depth = depth_of(settings.colours, Console(force_terminal=True).color_system)
    choice = choose(settings.images, facts, depth)
    state = RISKY if choice.is_second_best or choice.way == "off" else FINE
    yield Finding(state, "pictures", f"{NAMES[choice.shown]}, in {facts.shown}: {choice.reason}")
    for way, why in left_out(facts, depth).items():
        yield Finding(FINE, "not here", f"{NAMES[way]}: {why}")
    if facts.multiplexer == "tmux" and facts.clients and not facts.has_focus_events:
        cure = "`set -g focus-events on` in tmux.conf; until then ctrl+l looks at the terminal again"
        yield Finding(RISKY, "focus-events", "tmux does not tell the lab when another terminal is attached", cure)
