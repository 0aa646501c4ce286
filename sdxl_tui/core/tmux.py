"""What tmux is asked for: where a pane is, a way there, and the clipboard of whoever is attached."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

from sdxl_tui.core.words import named

SECONDS = 1.0
"""How long tmux may take to answer."""


@dataclass(frozen=True)
class Pane:
    """A pane by its server's socket and its id there, such as ``%3``."""

    socket: str
    id: str


@dataclass(frozen=True)
class Place:
    """Where a pane is now."""

    pane: Pane
    session: str
    """The session's name."""
    session_id: str
    """As ``$1``."""
    window: str
    """The window's number."""

    def way(self, environ: Mapping[str, str]) -> list[str]:
        """The command that leads there from here: a client of the same server is switched, another one attached."""
        server = tmux_command(self.pane.socket)
        if same_server(self.pane, environ):
            return [*server, "switch-client", "-t", self.session_id]
        return [*server, "attach-session", "-t", self.session_id]

    def shown_way(self, environ: Mapping[str, str]) -> str:
        """The command as a person types it."""
        verb = "switch-client" if same_server(self.pane, environ) else "attach"
        is_default = Path(self.pane.socket).name == "default"
        server = "" if is_default else f"-S {quote(named(self.pane.socket))} "
        return f"tmux {server}{verb} -t {quote(named(self.session))}"

    def choose(self) -> None:
        """Bring the pane's window and the pane itself to the front of its session."""
        for verb in ("select-window", "select-pane"):
            ask(self.pane.socket, verb, "-t", self.pane.id)


def pane_here(environ: Mapping[str, str]) -> Pane | None:
    """The pane that this process runs in; None: in none, or in a container that does not know."""
    socket = environ.get("TMUX", "").partition(",")[0]
    return Pane(socket, environ.get("TMUX_PANE", "")) if socket else None


def same_server(pane: Pane, environ: Mapping[str, str]) -> bool:
    """Whether this process runs under the server of that pane."""
    here = pane_here(environ)
    return here is not None and os.path.realpath(here.socket) == os.path.realpath(pane.socket)


def place_of(pane: Pane) -> Place | None:
    """Where a pane is; None: it is gone, its server cannot be reached from here, or it is another user's.

    The socket may stand in a file that somebody else wrote, and a tmux client does what its server says.
    """
    if not pane.id or not _is_ours(pane.socket):
        return None
    said = ask(pane.socket, "display-message", "-p", "-t", pane.id, "#{session_id} #{window_index} #{session_name}")
    session_id, _, rest = (said or "").strip("\n").partition(" ")
    window, _, session = rest.partition(" ")
    return Place(pane, session, session_id, window) if session else None


def to_clipboard(pane: Pane, text: str) -> bool:
    """Give a text to tmux's buffer and to the clipboard of the client that is attached; False: tmux cannot (3.2 can).

    Escape sequences would not do: by default tmux keeps those of programs for itself.
    """
    return ask(pane.socket, "load-buffer", "-w", "-", given=text) is not None


def lets_through(pane: Pane) -> bool:
    """Whether sequences that tmux does not know now reach a terminal outside.

    ``allow-passthrough all`` (tmux 3.4) lets them through from any pane, ``on`` from one that is shown to somebody; so
    did each tmux before 3.3, which has no such option.
    """
    fields = "#{allow-passthrough},#{window_active},#{session_attached},#{window_zoomed_flag},#{pane_active}"
    said = ask(pane.socket, "display-message", "-p", "-t", pane.id, fields)
    if said is None:
        return False
    passthrough, window_is_active, attached, is_zoomed, is_active = said.strip("\n").split(",")
    if passthrough in ("0", "off"):
        return False
    is_shown = window_is_active == "1" and attached != "0" and (is_zoomed != "1" or is_active == "1")
    return passthrough == "all" or is_shown


def passed_on(sequence: str) -> str:
    """The sequence as tmux takes it for the terminal outside."""
    return "\x1bPtmux;" + sequence.replace("\x1b", "\x1b\x1b") + "\x1b\\"


def _is_ours(socket: str) -> bool:
    try:
        return os.stat(socket).st_uid == os.geteuid()
    except (OSError, ValueError):
        return False


def tmux_command(socket: str) -> list[str]:
    """The beginning of a command to a server."""
    return ["tmux", "-S", socket]


def ask(socket: str, *arguments: str, given: str | None = None) -> str | None:
    """Return what tmux says; None: there is none, it refuses, or it does not answer. Takes its time."""
    try:
        asked = subprocess.run(
            [*tmux_command(socket), *arguments],
            input=given,
            stdin=None if given is not None else subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=SECONDS,
        )
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return None if asked.returncode else asked.stdout
