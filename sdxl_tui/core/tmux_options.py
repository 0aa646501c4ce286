"""What tmux's options take from the lab, and the line of tmux.conf that gives it back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sdxl_tui.core.findings import FINE, RISKY, Finding
from sdxl_tui.core.tmux import Pane, ask, pane_here

CONF = "~/.tmux.conf"
MOST_ESCAPE_MILLISECONDS = 50


@dataclass(frozen=True)
class Wish:
    """An option, what is well, what is lost otherwise, and the line that mends it."""

    option: str
    is_well: Callable[[str], bool]
    loss: str
    line: str


WISHES = (
    Wish(
        "default-terminal",
        lambda value: value.startswith(("tmux-256color", "tmux-direct")),
        "programs in it do not know all that tmux can show",
        'set -g default-terminal "tmux-256color"',
    ),
    Wish(
        "focus-events",
        lambda value: value == "on",
        "the lab does not learn that you came back, from another terminal too, and meters run on unseen",
        "set -g focus-events on",
    ),
    Wish(
        "escape-time",
        lambda value: value.isdigit() and int(value) <= MOST_ESCAPE_MILLISECONDS,
        "esc waits that many milliseconds, and esc with a letter right behind it becomes alt",
        "set -sg escape-time 10",
    ),
    Wish(
        "set-clipboard",
        lambda value: value in ("external", "on"),
        "a path that is copied does not reach your own clipboard",
        "set -s set-clipboard external",
    ),
    Wish(
        "allow-passthrough",
        lambda value: value in ("on", "all", ""),
        "pictures by kitty graphics do not come through, nor notifications while the lab's window is shown "
        "(`all`: from any window); cells are not concerned",
        "set -g allow-passthrough on",
    ),
)
"""All but colours, which depend on the terminal outside too. An option that is not there is one of a newer tmux."""


def tmux_options(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Yield a finding for each option that takes something; one that all is well; none outside tmux.

    It waits for tmux as long as ``tmux.ask`` does, three times.
    """
    pane = pane_here(environ)
    if pane is None:
        return
    options = _options(pane)
    if options is None:
        yield Finding(RISKY, "tmux", "it does not answer from here, so its options are not known", _by_hand())
        return
    found = [_finding(wish, options[wish.option]) for wish in WISHES if _takes_something(wish, options)]
    found += _colours(pane, options)
    if not found:
        yield Finding(FINE, "tmux", "all its options are as the lab likes them")
        return
    yield from found[:-1]
    yield replace(found[-1], cure=f"{found[-1].cure}; then `tmux source-file {CONF}`, and attach again")


def _options(pane: Pane) -> dict[str, str] | None:
    """The options of the server and of windows by their names, those with several values in one text."""
    options: dict[str, str] = {}
    for scope in ("-s", "-gw"):
        said = ask(pane.socket, "show-options", scope)
        if said is None:
            return None
        for line in said.splitlines():
            name, _, value = line.partition(" ")
            name = re.sub(r"\[\d+\]$", "", name)
            options[name] = " ".join(filter(None, (options.get(name, ""), value.strip().strip('"'))))
    return options


def _takes_something(wish: Wish, options: Mapping[str, str]) -> bool:
    return wish.option in options and not wish.is_well(options[wish.option])


def _finding(wish: Wish, value: str) -> Finding:
    return Finding(RISKY, "tmux", f"{wish.option} is {value or 'empty'}: {wish.loss}", _cure(wish.line))


def _colours(pane: Pane, options: Mapping[str, str]) -> Sequence[Finding]:
    """Whether 24-bit colours reach the terminal that is attached, or would, where none is."""
    said = ask(pane.socket, "display-message", "-p", "-t", pane.id, "#{client_termname} #{client_termfeatures}") or ""
    name, _, features = said.strip("\n").partition(" ")
    known = f"{options.get('terminal-features', '')} {options.get('terminal-overrides', '')}"
    has_it = "RGB" in features.split(",") if features else bool(re.search(r"[:,](RGB|Tc)\b", known))
    if has_it:
        return []
    kind = f"{name.partition('-')[0] or 'xterm'}*"
    told = f"colours are rounded to 256 for {name or 'a terminal such as xterm'}"
    return [Finding(RISKY, "tmux", told, _cure(f'set -as terminal-features ",{kind}:RGB"'))]


def _cure(line: str) -> str:
    return f"add `{line}` to {CONF}"


def _by_hand() -> str:
    return "; ".join(f"`{wish.line}`" for wish in WISHES) + f" in {CONF} show the lab at its best"
