"""What each terminal can draw, from which of its versions on: by its name in TERM, TERM_PROGRAM or its own answer."""

from __future__ import annotations

import re
from dataclasses import dataclass

Version = tuple[int, ...]

ALWAYS: Version = ()


@dataclass(frozen=True)
class Kind:
    """A terminal program. Of what it draws: from which version on; None: not that is known."""

    name: str
    sextants: Version | None = None
    """U+1FB00 and on, drawn by itself, without a font."""
    octants: Version | None = None
    """U+1CD00 and on (Unicode 16), drawn by itself: hardly any font has them."""
    kitty: Version | None = None
    """Kitty graphics with their placeholder cells (U+10EEEE): who shows them at the cursor only does not count."""
    sixel: Version | None = None
    is_known: bool = True
    """Whether what is not said here is known to be missing."""
    has_quadrants: bool = True


KITTY = Kind("kitty", sextants=ALWAYS, octants=(0, 40), kitty=(0, 28))
"""Its changelog: sextants in 2020 already (0.19), placeholders 0.28, octants 0.40."""
GHOSTTY = Kind("ghostty", sextants=ALWAYS, octants=(1, 2), kitty=ALWAYS)
WEZTERM = Kind("WezTerm", sextants=(20210814,), octants=(20260101,), sixel=ALWAYS)
"""Octants were merged (wezterm #6502) after the release of 20240203; placeholders are not (#986)."""
FOOT = Kind("foot", sextants=ALWAYS, octants=(1, 20), sixel=ALWAYS)
VTE = Kind("VTE", sextants=(0, 66), octants=(0, 78))
"""GNOME's library of terminals; distributions build it without sixel."""
ALACRITTY = Kind("Alacritty", sextants=(0, 14))
"""Sextants: alacritty #7534."""
WINDOWS = Kind("Windows Terminal", sixel=(1, 22))
"""Sextants come with #20424, merged in July 2026; its version is in no variable."""
KONSOLE = Kind("Konsole", sixel=(22, 4))
ITERM = Kind("iTerm2", sixel=(3, 3))
MINTTY = Kind("mintty", sixel=ALWAYS)
MLTERM = Kind("mlterm", sixel=ALWAYS)
CONTOUR = Kind("contour", sextants=ALWAYS, sixel=ALWAYS)
APPLE = Kind("Apple's Terminal")
VSCODE = Kind("VS Code", is_known=False)
RXVT = Kind("rxvt")
VT340 = Kind("VT340", sixel=ALWAYS, has_quadrants=False)
LINUX = Kind("the Linux console", has_quadrants=False)
XTERM = Kind("xterm", is_known=False)
"""Sixel where it was started as `xterm -ti vt340`, which no variable tells."""
DUMB = Kind("a dumb terminal", has_quadrants=False)

BY_TERM = {
    "xterm-kitty": KITTY,
    "xterm-ghostty": GHOSTTY,
    "ghostty": GHOSTTY,
    "wezterm": WEZTERM,
    "foot": FOOT,
    "alacritty": ALACRITTY,
    "contour": CONTOUR,
    "mlterm": MLTERM,
    "mintty": MINTTY,
    "rxvt": RXVT,
    "linux": LINUX,
    "vt340": VT340,
    "dumb": DUMB,
}
"""How TERM begins."""

BY_PROGRAM = {
    "kitty": KITTY,
    "ghostty": GHOSTTY,
    "wezterm": WEZTERM,
    "foot": FOOT,
    "vte": VTE,
    "alacritty": ALACRITTY,
    "konsole": KONSOLE,
    "iterm.app": ITERM,
    "iterm2": ITERM,
    "mintty": MINTTY,
    "mlterm": MLTERM,
    "contour": CONTOUR,
    "apple_terminal": APPLE,
    "vscode": VSCODE,
    "windows terminal": WINDOWS,
    "xterm": XTERM,
}
"""What TERM_PROGRAM, LC_TERMINAL or the terminal's own answer to tmux call it, in small letters."""


def kind_of_term(term: str) -> Kind | None:
    """Return whose TERM this is; None: many terminals say this one."""
    return next((kind for name, kind in BY_TERM.items() if term == name or term.startswith(f"{name}-")), None)


def read_version(text: str) -> Version | None:
    """Return ``(3, 3)`` for ``3.3a``; None: there is no number in it."""
    found = re.search(r"\d+(?:\.\d+)*", text)
    return tuple(map(int, found[0].split("."))) if found else None


def read_answer(answer: str) -> tuple[Kind | None, Version | None]:
    """Return what a terminal's answer to tmux (XTVERSION) says, such as ``kitty(0.41.1)`` or ``ghostty 1.2.0``."""
    found = re.match(r"\s*([A-Za-z][A-Za-z_. ]*[A-Za-z]|[A-Za-z]+\d?)", answer)
    if found is None:
        return None, None
    kind = BY_PROGRAM.get(re.split(r"[ (]", answer.strip(), maxsplit=1)[0].casefold())
    version = read_version(answer[found.end() :])
    return kind, vte_version(version) if kind is VTE else version


def vte_version(version: Version | None) -> Version | None:
    """Return (0, 78, 1) for 7801, as VTE writes it."""
    if version is None or len(version) != 1:
        return version
    return (version[0] // 10000, version[0] // 100 % 100, version[0] % 100)
