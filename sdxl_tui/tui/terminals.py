"""The terminal that the lab is shown in: found in the environment, and inside tmux by asking tmux, never the terminal.

A terminal's own answer can come late, and is then read as key presses.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

from sdxl_tui.core import tmux
from sdxl_tui.core.container_kind import container_kind
from sdxl_tui.tui.terminal_kinds import (
    BY_PROGRAM,
    KITTY,
    KONSOLE,
    VTE,
    WINDOWS,
    XTERM,
    Kind,
    Version,
    kind_of_term,
    read_answer,
    read_version,
    vte_version,
)

KITTY_SECONDS = 1.0
"""How long a kitty may take to tell its version."""
CLIENT_FIELDS = (
    "window_id",
    "session_id",
    "client_name",
    "client_created",
    "client_utf8",
    "client_termname",
    "client_cell_width",
    "client_cell_height",
    "client_termfeatures",
    "client_termtype",
)
PANE_FIELDS = ("window_id", "session_id", "version", "allow-passthrough", "focus-events", "sixel_support")
OVER_SSH = "over SSH"
AN_OCTANT = 0x1CD00


@dataclass(frozen=True)
class Client:
    """One terminal that shows the lab; outside tmux there is one, inside as many as are attached."""

    kind: Kind | None
    """None: it says what many terminals say."""
    version: Version | None = None
    """None: it is not told."""
    term: str = ""
    """Its TERM."""
    key: str = ""
    """Another one than before has another."""
    cell: tuple[int, int] = (0, 0)
    """Pixels of a cell, across and down; zeros: not told."""
    is_rgb: bool = True
    """Whether tmux sends it 24-bit colours."""
    has_sixel: bool = False
    """Whether tmux knows it to have sixel."""
    is_utf8: bool = True

    @property
    def shown(self) -> str:
        """Its name and version."""
        if self.kind is None:
            return f"a terminal that calls itself {self.term}" if self.term else "an unknown terminal"
        version = ".".join(map(str, self.version or ()))
        return f"{self.kind.name} {version}" if version else self.kind.name


@dataclass(frozen=True)
class Facts:
    """What is known of the terminal in front."""

    clients: tuple[Client, ...] = ()
    """None inside tmux: detached, or tmux does not say."""
    is_terminal: bool = True
    multiplexer: str = ""
    """``tmux``; ``unasked``: one that cannot be asked from here, as from inside a container; empty: none."""
    tmux_version: str = ""
    passthrough: str = ""
    """tmux's allow-passthrough: ``on``, ``all``, ``off``, or empty before tmux 3.3, which passes all on."""
    passes_octants: bool = True
    """tmux drops the signs that its C library does not know."""
    tmux_has_sixel: bool | None = None
    """None: it does not say."""
    has_focus_events: bool = True
    """Whether the lab learns of another terminal by itself."""
    remote: str = ""
    """Why a network is between, or may be: ``over SSH``, ``from a container``; empty: it is on this machine."""
    is_thin: bool = False
    """Whether the link to it was found to be slow."""

    @property
    def shown(self) -> str:
        """The terminal in a phrase."""
        if not self.is_terminal:
            return "no terminal"
        names = list(dict.fromkeys(client.shown for client in self.clients))
        if self.multiplexer == "unasked":
            return "a tmux or screen that cannot be asked from here"
        inside = f" in tmux {self.tmux_version}" if self.multiplexer else ""
        return f"{' and '.join(names) or 'nobody'}{inside}{' ' if self.remote else ''}{self.remote}"

    @property
    def keys(self) -> tuple[str, ...]:
        """Which terminals these are: pictures sent to others are not in their store."""
        return tuple(client.key for client in self.clients)

    @property
    def cell(self) -> tuple[int, int]:
        """Pixels of a cell; zeros: not told."""
        return max((client.cell for client in self.clients), default=(0, 0))


def from_environment(environ: Mapping[str, str] | None = None, *, is_terminal: bool = True) -> Facts:
    """Return what the environment says, at once; what only tmux knows is left open."""
    environ = os.environ if environ is None else environ
    term = environ.get("TERM", "")
    remote = OVER_SSH if any(environ.get(name) for name in ("SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT")) else ""
    if not is_terminal or term in ("", "dumb"):
        return Facts(is_terminal=False)
    if environ.get("TMUX"):
        version = environ.get("TERM_PROGRAM_VERSION", "") if environ.get("TERM_PROGRAM") == "tmux" else ""
        return Facts(multiplexer="tmux", tmux_version=version, passthrough="off", remote=remote)
    remote = remote or ("from a container" if container_kind() else "")
    if term.split("-")[0].split(".")[0] in ("tmux", "screen") or environ.get("STY"):
        return Facts(multiplexer="unasked", remote=remote)
    return Facts((_client_of(environ, term),), remote=remote)


def look(environ: Mapping[str, str] | None = None, *, is_terminal: bool = True) -> Facts:
    """Return what environment and tmux say. It may take a second: for a worker thread."""
    environ = os.environ if environ is None else environ
    facts = from_environment(environ, is_terminal=is_terminal)
    if facts.multiplexer == "tmux":
        answer = _ask_tmux(environ)
        return facts if answer is None else _from_tmux(facts, answer)
    client = facts.clients[0] if facts.clients else None
    if client is not None and client.kind is KITTY and not facts.remote and client.version is None:
        return replace(facts, clients=(replace(client, version=_kitty_here(environ.get("KITTY_PID", ""))),))
    return facts


def _client_of(environ: Mapping[str, str], term: str) -> Client:
    """Variables leak from the terminal that another one was started from, so TERM goes before them."""
    kind = kind_of_term(term)
    program = environ.get("TERM_PROGRAM", "").casefold()
    version = read_version(environ.get("TERM_PROGRAM_VERSION", ""))
    if kind is not None:
        return Client(kind, version if BY_PROGRAM.get(program) is kind else None, term)
    if environ.get("XTERM_VERSION"):
        return Client(XTERM, read_version(environ["XTERM_VERSION"]), term)
    if program in BY_PROGRAM:
        return Client(BY_PROGRAM[program], version, term)
    if environ.get("LC_TERMINAL", "").casefold() in BY_PROGRAM:  # What iTerm2 sends over SSH.
        named = BY_PROGRAM[environ["LC_TERMINAL"].casefold()]
        return Client(named, read_version(environ.get("LC_TERMINAL_VERSION", "")), term)
    if environ.get("WT_SESSION"):
        return Client(WINDOWS, None, term)
    if environ.get("KONSOLE_VERSION"):
        number = read_version(environ["KONSOLE_VERSION"]) or (0,)
        return Client(KONSOLE, (number[0] // 10000, number[0] // 100 % 100, number[0] % 100), term)
    if environ.get("VTE_VERSION"):
        return Client(VTE, vte_version(read_version(environ["VTE_VERSION"])), term)
    if environ.get("KITTY_WINDOW_ID"):
        return Client(KITTY, None, term)
    return Client(None, None, term)


def _ask_tmux(environ: Mapping[str, str]) -> str | None:
    """Return the pane's row, a row for each client, then tmux's environment of the session; None: no answer."""
    pane = tmux.pane_here(environ)
    if pane is None:
        return None
    at = ["-t", pane.id] if pane.id else []
    command = ["display-message", "-p", *at, _format("pane", PANE_FIELDS)]
    command += [";", "list-clients", "-F", _format("client", CLIENT_FIELDS), ";", "show-environment", *at]
    answer = tmux.ask(pane.socket, *command)
    return answer if answer is not None and answer.startswith("pane|") else None


def _format(what: str, fields: tuple[str, ...]) -> str:
    return "|".join([what, *(f"#{{{field}}}" for field in fields)])


def _from_tmux(facts: Facts, answer: str) -> Facts:
    rows = answer.splitlines()
    pane = _fields(rows[0], PANE_FIELDS)
    clients = [_fields(row, CLIENT_FIELDS) for row in rows if row.startswith("client|")]
    here = [row for row in clients if row["window_id"] == pane["window_id"]]
    here = here or [row for row in clients if row["session_id"] == pane["session_id"]]
    over_ssh = [row for row in rows if row.startswith(("SSH_CONNECTION=", "-SSH_CONNECTION"))]
    version = pane["version"]
    return replace(
        facts,
        clients=tuple(_client_in_tmux(row) for row in here),
        tmux_version=version,
        passthrough=_switch(pane["allow-passthrough"]) if (read_version(version) or (9,)) >= (3, 3) else "",
        passes_octants=_knows_octants(),
        tmux_has_sixel=None if pane["sixel_support"] == "" else pane["sixel_support"] == "1",
        has_focus_events=_switch(pane["focus-events"]) == "on",
        remote=facts.remote if not over_ssh else OVER_SSH if over_ssh[0].startswith("SSH") else "",
    )


def _fields(row: str, names: tuple[str, ...]) -> dict[str, str]:
    values = row.split("|", len(names))[1:]
    return dict(zip(names, [*values, *[""] * len(names)], strict=False))


def _switch(value: str) -> str:
    return {"0": "off", "1": "on", "": "off"}.get(value, value)


def _client_in_tmux(row: Mapping[str, str]) -> Client:
    kind, version = read_answer(row["client_termtype"])
    features = row["client_termfeatures"].split(",")
    cell = (row["client_cell_width"], row["client_cell_height"])
    return Client(
        kind or kind_of_term(row["client_termname"]),
        version,
        row["client_termname"],
        key=f"{row['client_name']} {row['client_created']}",
        cell=(int(cell[0]), int(cell[1])) if all(side.isdecimal() for side in cell) else (0, 0),
        is_rgb="RGB" in features,
        has_sixel="sixel" in features,
        is_utf8=row["client_utf8"] != "0",
    )


def _knows_octants() -> bool:
    """Whether the C library, which tmux asks too, knows Unicode 16; one that does not makes tmux drop octants."""
    try:
        import ctypes

        library = ctypes.CDLL(None)
        return bool(library.wcwidth(ctypes.c_wchar(chr(AN_OCTANT))) == 1)
    except (OSError, AttributeError):
        return False


@cache
def _kitty_here(pid: str) -> Version | None:
    """The version of the kitty that runs on this machine, which no variable tells."""
    command = [f"/proc/{pid}/exe", "--version"]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=KITTY_SECONDS)
    except (OSError, subprocess.SubprocessError):
        return None
    return read_version(done.stdout.decode(errors="replace"))
