"""The two themes: a darkroom with one amber lamp, and a light table. Every colour of the lab stands here.

Every accent and every dark surface is an exact colour of the 256, so the frame looks the same without 24 bit. For a
terminal with 16 colours each theme has a variant of those sixteen by name: rounded, several would become the same. With
no colours at all there is one plain theme, and bold, underline, reverse and the glyphs tell things apart.
"""

from __future__ import annotations

from textual.theme import BUILTIN_THEMES, Theme

TOKENS = (
    "background",
    "foreground",
    "mat",
    "surface",
    "raised",
    "select",
    "line",
    "edge",
    "soft",
    "muted",
    "accent",
    "fill",
    "on_fill",
    "added",
    "ok",
    "busy",
    "error",
)
"""What the style sheet asks of a theme."""

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
        "accent": "#ffaf5f",
        "error": "#ff5f87",
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
        "accent": "#875f00",
        "error": "#af005f",
        "added": "#005faf",
        "ok": "#005f5f",
        "busy": "#5f5f00",
    },
)


def _of_names(name: str, *, dark: bool, **tokens: str) -> Theme:
    """Return a theme of ANSI names; the terminal's own palette says what they look like."""
    tokens = {token.replace("_", "-"): f"ansi_{colour}" for token, colour in tokens.items()}
    error, line, edge = tokens["error"], tokens["line"], tokens["edge"]
    inherited = BUILTIN_THEMES["ansi-dark" if dark else "ansi-light"].variables
    scrollbars = {f"scrollbar-background{state}": tokens["raised"] for state in ("", "-hover", "-active")}
    return Theme(
        name=name,
        ansi=True,
        dark=dark,
        primary=tokens["accent"],
        accent=tokens["accent"],
        foreground=tokens["foreground"],
        background=tokens["background"],
        success=tokens["ok"],
        warning=tokens["busy"],
        error=error,
        variables={**inherited, **scrollbars, "scrollbar": edge, "border": line, "panel": tokens["raised"], **tokens},
    )


SAFELIGHT_16 = _of_names(
    "safelight-16",
    dark=True,
    background="black",
    foreground="bright_white",
    mat="black",
    surface="black",
    raised="black",
    select="bright_black",
    line="bright_black",
    edge="bright_black",
    soft="white",
    muted="white",
    accent="bright_yellow",
    fill="yellow",
    on_fill="black",
    added="bright_cyan",
    ok="bright_green",
    busy="bright_yellow",
    error="bright_red",
)

LIGHTBOX_16 = _of_names(
    "lightbox-16",
    dark=False,
    background="bright_white",
    foreground="black",
    mat="white",
    surface="bright_white",
    raised="white",
    select="white",
    line="white",
    edge="bright_black",
    soft="black",
    muted="bright_black",
    accent="blue",
    fill="yellow",
    on_fill="black",
    added="magenta",
    ok="green",
    busy="black",
    error="red",
)

PLAIN = _of_names("plain", dark=True, **dict.fromkeys(TOKENS, "default"))

ALL = (SAFELIGHT, LIGHTBOX, SAFELIGHT_16, LIGHTBOX_16, PLAIN)


def theme_for(theme: str, depth: str) -> str:
    """Return the name of a theme's variant for a terminal with so many colours."""
    if depth == "none":
        return PLAIN.name
    return f"{theme}-16" if depth == "16" else theme
