"""Why pictures look as they do, way by way: a page for who asks."""

from __future__ import annotations

from sdxl_tui.tui.terminals import Facts
from sdxl_tui.tui.ways import NAMES, Can, Choice, ability
from sdxl_tui.tui.widgets.page import Row

COLOURS = {"truecolor": "24 bit", "256": "256", "16": "16", "none": "none"}
WIDTH = 15


def rows(setting: str, choice: Choice, facts: Facts, depth: str) -> list[Row]:
    """Return what is known of the terminal, how pictures are shown in it, and what is to be said of each other way."""
    told: list[Row] = [
        _row("terminal", facts.shown),
        _row("colours", COLOURS[depth]),
        _row("the setting", f'images = "{setting}"'),
        _row("pictures", NAMES[choice.shown], "accent"),
        _row("because", choice.reason),
        [],
    ]
    for way in NAMES:
        if way in ("auto", "off"):
            continue
        can, why = ability(way, facts, depth)
        verdict = {Can.YES: "can be shown", Can.PERHAPS: "can be tried", Can.BY_SETTING: "by --images only"}
        words = verdict.get(can, "not here") + (f": {why}" if why else "")
        told.append(_row(NAMES[way], words, "soft" if can >= Can.PERHAPS else "muted"))
    if facts.multiplexer == "tmux" and not facts.has_focus_events:
        told += [[], [("tmux's focus-events is off: ", "busy"), ("after a re-attach ctrl+l looks again.", "soft")]]
    return told


def _row(name: str, words: str, kind: str = "") -> Row:
    return [(f"{name:<{WIDTH}} ", "muted"), (words, kind)]
