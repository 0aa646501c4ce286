"""What a second start does: it says who runs the lab, and offers to go there, to look at the pictures, or to leave."""

from __future__ import annotations

import os
import re
import select
import sys
import termios
import tty
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from sdxl_tui.core.lock_file import Holder, LabIsOpen
from sdxl_tui.core.pinning import VARIABLE
from sdxl_tui.core.tmux import Place, ask, pane_here, place_of, same_server
from sdxl_tui.core.words import named

ATTACH, READ, QUIT = "a", "r", "q"

ESCAPED = 0.05
"""Seconds in which what follows esc makes it a key of its own, such as an arrow."""


@dataclass(frozen=True)
class Way:
    """One of the answers."""

    key: str
    words: str


def decide(other: LabIsOpen) -> str:
    """Ask what to do, and return READ or QUIT; to attach does not return where tmux takes over."""
    place = None if other.holder.pane is None else place_of(other.holder.pane)
    in_this_pane = _in_this_pane(other.holder, os.environ)
    goes = place is not None and not in_this_pane and os.environ.get("TERM", "dumb") not in ("", "dumb")
    ways = [Way(ATTACH, "attach to it")] if goes else []
    look = "look at this folder's pictures" if other.gpu else "look at its pictures"
    ways += [Way(READ, f"{look}, read-only"), Way(QUIT, "quit")]
    _say(other, place, ways, in_this_pane=in_this_pane)
    answer = _answer([way.key for way in ways])
    if answer == ATTACH and place is not None:
        return _attach(place)
    return answer


def _say(other: LabIsOpen, place: Place | None, ways: list[Way], *, in_this_pane: bool) -> None:
    from rich.console import Console
    from rich.text import Text

    holder = other.holder
    facts = [f"pid {holder.pid}" if holder.pid is not None else "", f"on {holder.host}" if holder.host else ""]
    who = " ".join(fact for fact in facts if fact)
    where = f"tmux {named(place.session)}:{place.window} pane {place.pane.id}" if place else "not in tmux"
    if holder.pane is not None and place is None:
        where = "in a tmux that cannot be reached from here"
    told = ", ".join(fact for fact in (who, where) if fact)
    what = "on this GPU" if other.gpu else "in this folder"
    lines = [
        Text.assemble(
            ("▲ ", "yellow"), (f"A lab runs {what}", "bold"), f" {holder.since_words}".rstrip(), ": ", told, "."
        )
    ]
    if other.gpu:
        lines.append(Text(f"  The card is {other.gpu}; {VARIABLE} names another one, if there is one."))
    if other.gpu and holder.folder:
        lines.append(Text(f"  Its pictures are in {holder.folder}; another --output-dir does not free the GPU."))
    if in_this_pane:
        lines.append(Text("  It was stopped in this very terminal: `fg` brings it back."))
    keys = Text("  ")
    for way in ways:
        keys.append(way.key, "bold yellow").append(f" {way.words}   ")
    keys.rstrip()
    console = Console(stderr=True, highlight=False, markup=False, emoji=False, soft_wrap=False)
    console.print(*lines, keys, sep="\n")


def _answer(keys: list[str]) -> str:
    """One of the keys, without enter where the terminal lets a key come by itself."""
    if os.environ.get("TERM", "dumb") in ("", "dumb"):
        return _line(keys)
    try:
        with _key_by_key():
            return _key(keys)
    except termios.error:
        return _line(keys)


def _line(keys: list[str]) -> str:
    while True:
        sys.stderr.write(f"{', '.join(keys)}? ")
        sys.stderr.flush()
        try:
            line = sys.stdin.readline()
        except KeyboardInterrupt:
            return QUIT
        if not line:
            return QUIT
        if line.strip().lower() in keys:
            return line.strip().lower()


def _key(keys: list[str]) -> str:
    while True:
        try:
            typed = os.read(sys.stdin.fileno(), 1)
            if typed == b"\x1b" and _goes_on():
                continue
        except KeyboardInterrupt:
            return QUIT
        if typed in (b"", b"\x1b", b"\x03", b"\x04"):
            return QUIT
        if (key := typed.decode("ascii", "replace").lower()) in keys:
            return key


def _goes_on() -> bool:
    """Whether esc begins an arrow or another key, which is read away."""
    if not (second := _soon()):
        return False
    last = _soon() if second in b"[O" else second
    while last and not last.isalpha() and last != b"~":
        last = _soon()
    return True


def _soon() -> bytes:
    """What comes at once; empty: nothing does."""
    waits = select.select([sys.stdin.fileno()], [], [], ESCAPED)[0]
    return os.read(sys.stdin.fileno(), 1) if waits else b""


@contextmanager
def _key_by_key() -> Iterator[None]:
    before = termios.tcgetattr(sys.stdin.fileno())
    try:
        tty.setcbreak(sys.stdin.fileno())
        yield
    finally:
        termios.tcsetattr(sys.stdin.fileno(), termios.TCSADRAIN, before)


def _in_this_pane(holder: Holder, environ: Mapping[str, str]) -> bool:
    """Whether the other one was stopped by ctrl+z or a signal in the pane that asks now."""
    here = pane_here(environ)
    return holder.pane is not None and here is not None and same_server(holder.pane, environ) and here == holder.pane


def _attach(place: Place) -> str:
    """Go there: the tmux client that asks is switched, or this process becomes one."""
    place.choose()
    way = place.way(os.environ)
    if same_server(place.pane, os.environ):
        if ask(place.pane.socket, *way[3:]) is not None:
            return QUIT
        sys.stderr.write(f"sdxl-tui: tmux did not go there; `{place.shown_way(os.environ)}` may say why.\n")
        return QUIT
    environ = {name: value for name, value in os.environ.items() if not re.fullmatch("TMUX(_PANE)?", name)}
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        os.execvpe(way[0], way, environ)
    except OSError as error:
        sys.stderr.write(f"sdxl-tui: tmux cannot be started: {error.strerror or error}.\n")
    return QUIT
