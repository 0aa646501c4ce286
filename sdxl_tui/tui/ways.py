"""How pictures are shown: what a setting comes to in the terminal in front, and why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from sdxl_tui.tui.keys_in_force import key
from sdxl_tui.tui.terminal_kinds import KONSOLE, WEZTERM, Version, read_version
from sdxl_tui.tui.terminals import Client, Facts

CELLS = ("half", "quad", "sext", "oct")
"""Ways to draw with signs of text, from the coarsest: two, four, six, eight parts of a cell."""
GRAPHICS = ("kitty", "sixel")
NAMES = {
    "auto": "as fits the terminal",
    "half": "half cells",
    "quad": "quadrants",
    "sext": "sextants",
    "oct": "octants",
    "kitty": "kitty graphics",
    "sixel": "sixel graphics",
    "off": "not shown",
}
"""Every value of the setting ``images``."""
NEEDS_COLOURS = "pictures need colours: unset NO_COLOR, or start with SDXL_TUI_COLOURS=256"

NEEDS_TERMINAL = "pictures need a terminal that moves its cursor: TERM is dumb or not set"


class Can(IntEnum):
    """Whether a terminal can show pictures in a way."""

    NO = 0
    """It would show garbage or nothing."""
    BY_SETTING = 1
    """Nothing speaks for it or against it: for who knows better."""
    PERHAPS = 2
    """It is to be tried."""
    YES = 3


class Ability(NamedTuple):
    """Whether a way is open here, and what is to be said of that."""

    can: Can
    why: str


@dataclass(frozen=True)
class Choice:
    """How pictures are shown."""

    way: str
    """``cells``, ``kitty``, ``sixel`` or ``off``."""
    grain: str
    """What is drawn in cells, as thumbs and previews always are: ``half``, ``quad``, ``sext`` or ``oct``."""
    reason: str
    """Why, in a sentence."""
    is_second_best: bool = False
    """Whether the setting asked for another way."""

    @property
    def shown(self) -> str:
        """The value of the setting that this is."""
        return self.grain if self.way == "cells" else self.way


def choose(setting: str, facts: Facts, depth: str) -> Choice:
    """Return the way for a value of the setting ``images``; ``depth``: ``truecolor``, ``256``, ``16`` or ``none``.

    What is asked for is done unless it is known not to work. ``auto`` does only what is known to work and stays with
    cells over a network: a picture in kitty's graphics is a megabyte there, and is sent again at every re-attach.
    """
    grain = _finest(facts, depth)
    if depth == "none" or not facts.is_terminal:
        why = NEEDS_COLOURS if facts.is_terminal else NEEDS_TERMINAL
        return Choice("off", "half", f"{_sentence(why)}.", is_second_best=setting not in ("auto", "off"))
    if setting == "off":
        return Choice("off", grain, "Pictures are off.")
    if any(not client.is_utf8 for client in facts.clients):
        return Choice("off", "half", "This tmux client is not in UTF-8: start it as `tmux -u`.", is_second_best=True)
    if setting == "auto":
        return _by_itself(facts, depth, grain)
    can, why = ability(setting, facts, depth)
    if can is Can.NO:
        return Choice("cells", grain, f"Pictures are {NAMES[grain]}: {why}.", is_second_best=True)
    asked = f"{_sentence(NAMES[setting])} as asked for" + (f": {why}." if can < Can.YES else ".")
    return Choice(setting, grain, asked) if setting in GRAPHICS else Choice("cells", setting, asked)


def ability(way: str, facts: Facts, depth: str) -> Ability:
    """Return whether pictures can be shown in this way, and why not, or what makes it doubtful."""
    if way in ("auto", "off"):
        return Ability(Can.YES, "")
    if depth == "none" or not facts.is_terminal:
        return Ability(Can.NO, NEEDS_COLOURS if facts.is_terminal else NEEDS_TERMINAL)
    of_tmux = {"kitty": _kitty_through, "sixel": _sixel_through, "oct": _octants_through}.get(way)
    through = of_tmux(facts, depth) if of_tmux else Ability(Can.YES, "")
    return min([through, *(_of_client(way, client, facts) for client in facts.clients)], key=lambda each: each.can)


def open_ways(facts: Facts, depth: str) -> list[str]:
    """Return the values of ``images`` that F3 walks through."""
    return [way for way in NAMES if ability(way, facts, depth).can >= Can.PERHAPS]


def left_out(facts: Facts, depth: str) -> dict[str, str]:
    """Return the other values, and why they are not offered."""
    found = {way: ability(way, facts, depth) for way in NAMES}
    return {way: each.why for way, each in found.items() if each.can < Can.PERHAPS}


def _by_itself(facts: Facts, depth: str, grain: str) -> Choice:
    kitty = ability("kitty", facts, depth)
    knows_kitty = kitty.can is Can.YES and bool(facts.clients)
    if knows_kitty and not facts.remote:
        return Choice("kitty", grain, f"{_sentence(facts.shown)} shows pictures itself, and is on this machine.")
    if grain in ("half", "quad"):
        why = f"Nothing finer than {NAMES[grain]} is known to look right in {facts.shown}"
    else:
        why = f"{_sentence(NAMES[grain])} look right in {facts.shown}"
    if knows_kitty:
        other = key("app.images", "F3")
        why += f"; kitty graphics, up to a megabyte a picture, are left to {other} where a network lies between"
    return Choice("cells", grain, f"{why}.")


def _finest(facts: Facts, depth: str) -> str:
    """The finest cells that are known to be drawn right; without anything known, quadrants."""
    for way in ("oct", "sext", "quad"):
        least = Can.PERHAPS if way == "quad" else Can.YES
        if facts.clients and ability(way, facts, depth).can >= least:
            return way
    return "half" if facts.clients else "quad"


def _of_client(way: str, client: Client, facts: Facts) -> Ability:
    kind = client.kind
    if way == "half":
        return Ability(Can.YES, "")
    if way == "quad":
        coarse = kind is not None and not kind.has_quadrants
        return Ability(Can.NO, f"{client.shown} has no {NAMES[way]}") if coarse else Ability(Can.YES, "")
    since = None if kind is None else {"sext": kind.sextants, "oct": kind.octants, **_graphics(client)}[way]
    if since is not None:
        return _by_version(client, since, way)
    if way in ("sext", "oct"):
        if kind is not None and not kind.has_quadrants:
            return Ability(Can.NO, f"{client.shown} has no {NAMES[way]}")
        return Ability(Can.PERHAPS, f"{client.shown} may have no {NAMES[way]} in its font")
    if way == "kitty" and kind in (WEZTERM, KONSOLE):
        return Ability(Can.NO, f"{client.shown} shows kitty graphics at the cursor only, not in cells")
    if kind is not None and kind.is_known:
        return Ability(Can.NO, f"{client.shown} has no {NAMES[way]}")
    if way == "sixel":
        return Ability(Can.PERHAPS, f"whether {client.shown} has {NAMES[way]} is not told")
    return Ability(Can.BY_SETTING, f"{client.shown} is not known to have {NAMES[way]}")


def _graphics(client: Client) -> dict[str, Version | None]:
    kind = client.kind
    return {} if kind is None else {"kitty": kind.kitty, "sixel": () if client.has_sixel else kind.sixel}


def _by_version(client: Client, since: Version, way: str) -> Ability:
    if not since:
        return Ability(Can.YES, "")
    name = "" if client.kind is None else client.kind.name
    begins = f"{name} has {NAMES[way]} from version {'.'.join(map(str, since))} on"
    if client.version is None:
        return Ability(Can.PERHAPS, f"{begins}, and which this is, is not told")
    if client.version < since:
        old = f"{begins}, and this is {'.'.join(map(str, client.version))}"
        return Ability(Can.PERHAPS, old) if way in ("sext", "oct") else Ability(Can.NO, old)
    return Ability(Can.YES, "")


def _kitty_through(facts: Facts, depth: str) -> Ability:
    if depth != "truecolor":
        return Ability(Can.NO, f"kitty graphics need 24-bit colour, and this terminal has {depth} colours")
    if facts.multiplexer == "unasked":
        return Ability(Can.BY_SETTING, "a tmux or screen stands before the terminal that cannot be asked from here")
    if facts.multiplexer and facts.passthrough == "off":
        how = "`set -g allow-passthrough on` in tmux.conf lets it"
        return Ability(Can.NO, f"this tmux does not pass kitty graphics on ({how})")
    for client in facts.clients:
        if not client.is_rgb:
            how = f"""`set -as terminal-features ",{client.term}:RGB"` in tmux.conf"""
            return Ability(Can.NO, f"tmux sends {client.shown} 256 colours, kitty graphics need 24 bit ({how})")
    return Ability(Can.YES, "")


def _sixel_through(facts: Facts, depth: str) -> Ability:
    if facts.is_thin:
        return Ability(Can.NO, "the link is thin, and a sixel picture is one piece that keys would wait for")
    if facts.multiplexer == "unasked":
        return Ability(Can.BY_SETTING, "a tmux or screen stands before the terminal that cannot be asked from here")
    if not facts.multiplexer:
        return Ability(Can.YES, "")
    if (read_version(facts.tmux_version) or (3, 4)) < (3, 4):
        return Ability(Can.NO, f"tmux {facts.tmux_version} has no sixel; 3.4 and later can be built with it")
    if facts.tmux_has_sixel is False:
        return Ability(Can.NO, "this tmux was built without sixel")
    return Ability(Can.BY_SETTING, "tmux sends a sixel picture, a megabyte, at every attach and resize")


def _octants_through(facts: Facts, depth: str) -> Ability:
    if facts.multiplexer and not facts.passes_octants:
        return Ability(Can.NO, "this tmux drops them: its C library is older than Unicode 16")
    return Ability(Can.YES, "")


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
