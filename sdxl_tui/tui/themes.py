"""The two themes: a darkroom with one amber lamp, and a light table. Every colour of the lab stands here.

Every accent and every dark surface is an exact colour of the 256, so the frame looks the same without 24 bit.
"""

from __future__ import annotations

from textual.theme import Theme

SAFELIGHT = Theme(
    name="safelight",
    dark=True,
    primary="#ffaf5f",
    accent="#ffaf5f",
    foreground="#e4e4e4",
    background="#121212",
    surface="#1c1c1c",
    panel="#262626",
    success="#87ffd7",
    warning="#ffff87",
    error="#ff5f87",
    variables={
        "mat": "#080808",
        "raised": "#262626",
        "select": "#303030",
        "line": "#3a3a3a",
        "edge": "#6c6c6c",
        "soft": "#b2b2b2",
        "muted": "#949494",
        "fill": "#ffaf5f",
        "on-fill": "#121212",
        "added": "#87afff",
        "ok": "#87ffd7",
        "busy": "#ffff87",
    },
)

LIGHTBOX = Theme(
    name="lightbox",
    dark=False,
    primary="#875f00",
    accent="#875f00",
    foreground="#1c1c1c",
    background="#eeeeee",
    surface="#ffffff",
    panel="#e4e4e4",
    success="#005f5f",
    warning="#5f5f00",
    error="#af005f",
    variables={
        "mat": "#bcbcbc",
        "raised": "#e4e4e4",
        "select": "#e4e4e4",
        "line": "#bcbcbc",
        "edge": "#767676",
        "soft": "#444444",
        "muted": "#585858",
        "fill": "#ffaf5f",
        "on-fill": "#1c1c1c",
        "added": "#005faf",
        "ok": "#005f5f",
        "busy": "#5f5f00",
    },
)
