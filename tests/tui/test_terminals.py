"""Which terminal this is, and how pictures are shown in it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from sdxl_tui.core import tmux as tmux_of_core
from sdxl_tui.tui import terminals
from sdxl_tui.tui.terminals import Facts, from_environment, look
from sdxl_tui.tui.ways import NAMES, Can, ability, choose, left_out, open_ways

Tmux = Callable[..., Mapping[str, str]]

XTERM_256 = {"TERM": "xterm-256color"}
PANE = "pane|@1|$0|{version}|{passthrough}|{focus}|"
KITTY = "client|@1|$0|/dev/pts/3|1700000000|1|xterm-kitty|8|17|bpaste,focus,RGB,title|kitty(0.41.1)"
XTERM = "client|@1|$0|/dev/pts/4|1700000009|1|xterm-256color|7|14|256,bpaste,RGB|XTerm(379)"


@pytest.fixture(autouse=True)
def _no_container(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever the tests run."""
    monkeypatch.setattr(terminals, "container_kind", lambda: "")


@pytest.fixture
def tmux(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tmux:
    """Return a way to make a ``tmux`` that answers so; what it gives is the environment to look with."""
    monkeypatch.setattr(terminals, "_knows_octants", lambda: True)
    path = os.environ["PATH"]

    def made(
        *clients: str, version: str = "3.3a", passthrough: str = "1", focus: str = "1", before: str = ""
    ) -> object:
        rows = [PANE.format(version=version, passthrough=passthrough, focus=focus), *clients, "-SSH_CONNECTION"]
        program = tmp_path / "tmux"
        program.write_text("#!/bin/sh\n" + before + "\n" + "\n".join(f"echo '{row}'" for row in rows) + "\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:{path}")
        return {"TERM": "tmux-256color", "TMUX": "/srv/tmux,1,0", "TMUX_PANE": "%1"}

    return made  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("environ", "depth", "shown"),
    [
        (XTERM_256, "truecolor", "quad"),
        (XTERM_256, "256", "quad"),
        ({**XTERM_256, "WT_SESSION": "1"}, "truecolor", "quad"),
        ({**XTERM_256, "VTE_VERSION": "7801"}, "truecolor", "oct"),
        ({**XTERM_256, "VTE_VERSION": "7200"}, "truecolor", "sext"),
        ({**XTERM_256, "VTE_VERSION": "7801", "XTERM_VERSION": "XTerm(379)"}, "truecolor", "quad"),
        ({**XTERM_256, "KONSOLE_VERSION": "230804"}, "truecolor", "quad"),
        ({**XTERM_256, "LC_TERMINAL": "iTerm2", "LC_TERMINAL_VERSION": "3.5.0"}, "truecolor", "quad"),
        ({"TERM": "xterm-kitty"}, "truecolor", "sext"),
        ({"TERM": "foot"}, "truecolor", "sext"),
        ({"TERM": "xterm-ghostty", "TERM_PROGRAM": "ghostty", "TERM_PROGRAM_VERSION": "1.2.0"}, "truecolor", "kitty"),
        (
            {"TERM": "xterm-ghostty", "TERM_PROGRAM": "ghostty", "TERM_PROGRAM_VERSION": "1.2.0", "SSH_TTY": "x"},
            "truecolor",
            "oct",
        ),
        (
            {"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm", "TERM_PROGRAM_VERSION": "20240203-110809-5046fc22"},
            "truecolor",
            "sext",
        ),
        ({"TERM": "vt340"}, "16", "half"),
        ({"TERM": "linux"}, "16", "half"),
        ({"TERM": "dumb"}, "none", "off"),
        ({}, "truecolor", "off"),
        (XTERM_256, "none", "off"),
        ({"TERM": "tmux-256color"}, "truecolor", "quad"),
        ({"TERM": "screen.xterm-256color"}, "256", "quad"),
    ],
    ids=str,
)
def test_what_auto_comes_to_outside_tmux(environ: Mapping[str, str], depth: str, shown: str) -> None:
    choice = choose("auto", from_environment(environ), depth)
    assert choice.shown == shown, choice
    assert choice.reason.endswith(".")
    assert not choice.is_second_best


@pytest.mark.parametrize(
    ("environ", "setting", "depth", "shown", "why"),
    [
        (XTERM_256, "kitty", "truecolor", "kitty", "is not known to have kitty graphics"),
        (XTERM_256, "kitty", "256", "quad", "kitty graphics need 24-bit colour, and this terminal has 256 colours"),
        (XTERM_256, "sixel", "256", "sixel", "is not told"),
        (XTERM_256, "oct", "truecolor", "oct", "may have no octants in its font"),
        (XTERM_256, "off", "truecolor", "off", "off"),
        ({"TERM": "vt340"}, "sixel", "16", "sixel", ""),
        ({"TERM": "linux"}, "quad", "16", "half", "has no quadrants"),
        ({"TERM": "xterm-kitty"}, "kitty", "truecolor", "kitty", "from version 0.28 on, and which this is"),
        ({"TERM": "xterm-kitty"}, "sixel", "truecolor", "sext", "kitty has no sixel graphics"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}, "kitty", "truecolor", "quad", "at the cursor only"),
        ({"TERM": "dumb"}, "kitty", "none", "off", "TERM is dumb"),
        (XTERM_256, "half", "none", "off", "need colours"),
        ({"TERM": "tmux-256color"}, "kitty", "truecolor", "kitty", "cannot be asked from here"),
    ],
    ids=str,
)
def test_a_setting_is_obeyed_unless_it_cannot_work(
    environ: Mapping[str, str], setting: str, depth: str, shown: str, why: str
) -> None:
    choice = choose(setting, from_environment(environ), depth)
    assert choice.shown == shown
    assert why in choice.reason
    assert choice.is_second_best == (shown != setting)


def test_f3_walks_what_can_be_shown_and_the_rest_has_reasons() -> None:
    for environ in (XTERM_256, {"TERM": "linux"}, {"TERM": "xterm-kitty"}, {"TERM": "tmux-256color"}):
        facts = from_environment(environ)
        for depth in ("truecolor", "256", "16"):
            ways, missing = open_ways(facts, depth), left_out(facts, depth)
            assert {*ways, *missing} == set(NAMES)
            assert ways[0] == "auto"
            assert ways[-1] == "off"
            assert all(missing.values())


def test_nothing_is_asked_of_a_terminal_that_is_none() -> None:
    assert not from_environment(XTERM_256, is_terminal=False).is_terminal
    assert choose("auto", from_environment(XTERM_256, is_terminal=False), "truecolor").shown == "off"


def test_kitty_in_tmux_with_passthrough_shows_pictures_itself(tmux: Tmux) -> None:
    facts = look(tmux(KITTY))
    assert facts.shown == "kitty 0.41.1 in tmux 3.3a"
    assert facts.cell == (8, 17)
    assert choose("auto", facts, "truecolor").shown == "kitty"
    assert choose("auto", facts, "256").shown == "oct"


def test_over_ssh_kitty_graphics_are_left_to_f3(tmux: Tmux, tmp_path: Path) -> None:
    environ = tmux(KITTY)
    facts = look({**environ, "SSH_CONNECTION": "stale"})
    assert not facts.remote, "tmux knows better than the shell that was started yesterday"
    program = tmp_path / "tmux"
    program.write_text(program.read_text().replace("-SSH_CONNECTION", "SSH_CONNECTION=10.0.0.1 1 10.0.0.2 22"))
    facts = look(environ)
    choice = choose("auto", facts, "truecolor")
    assert choice.shown == "oct"
    assert "left to F3" in choice.reason
    assert "kitty" in open_ways(facts, "truecolor")


@pytest.mark.parametrize("off", ["0", "off", ""])
def test_tmux_that_passes_nothing_on_says_what_would_let_it(tmux: Tmux, off: str) -> None:
    facts = look(tmux(KITTY, passthrough=off))
    assert choose("auto", facts, "truecolor").shown == "oct"
    choice = choose("kitty", facts, "truecolor")
    assert choice.shown == "oct"
    assert "set -g allow-passthrough on" in choice.reason
    assert "kitty" not in open_ways(facts, "truecolor")


def test_old_tmux_passes_all_on(tmux: Tmux) -> None:
    assert choose("auto", look(tmux(KITTY, version="3.2", passthrough="")), "truecolor").shown == "kitty"


def test_of_several_clients_the_least_decides(tmux: Tmux) -> None:
    facts = look(tmux(KITTY, XTERM))
    assert len(facts.clients) == 2
    assert choose("auto", facts, "truecolor").shown == "quad"
    assert left_out(facts, "truecolor")["kitty"] == "xterm 379 is not known to have kitty graphics"
    elsewhere = XTERM.replace("@1", "@7").replace("$0", "$3")
    assert choose("auto", look(tmux(KITTY, elsewhere)), "truecolor").shown == "kitty"


def test_a_client_that_tmux_sends_256_colours_has_no_kitty_graphics(tmux: Tmux) -> None:
    facts = look(tmux(KITTY.replace("RGB,", "")))
    choice = choose("kitty", facts, "truecolor")
    assert choice.shown == "oct"
    assert "terminal-features" in choice.reason


def test_old_kitty_has_no_placeholders(tmux: Tmux) -> None:
    facts = look(tmux(KITTY.replace("0.41.1", "0.26.5")))
    assert choose("auto", facts, "truecolor").shown == "sext"
    assert (
        "kitty has kitty graphics from version 0.28 on, and this is 0.26.5"
        in choose("kitty", facts, "truecolor").reason
    )


def test_tmux_drops_octants_that_its_library_does_not_know(tmux: Tmux, monkeypatch: pytest.MonkeyPatch) -> None:
    environ = tmux(KITTY, passthrough="0")
    monkeypatch.setattr(terminals, "_knows_octants", lambda: False)
    facts = look(environ)
    assert choose("auto", facts, "truecolor").shown == "sext"
    assert "drops them" in choose("oct", facts, "truecolor").reason


def test_sixel_in_tmux_is_for_who_asks(tmux: Tmux) -> None:
    mintty = XTERM.replace("XTerm(379)", "mintty 3.7.0").replace("RGB", "RGB,sixel")
    assert "tmux 3.3a has no sixel" in choose("sixel", look(tmux(mintty)), "truecolor").reason
    facts = look(tmux(mintty, version="3.5"))
    assert choose("sixel", facts, "truecolor").shown == "sixel"
    assert ability("sixel", facts, "truecolor").can is Can.BY_SETTING
    assert "sixel" not in open_ways(facts, "truecolor")


def test_a_client_that_is_not_in_utf_8_is_told_how_to_be(tmux: Tmux) -> None:
    facts = look(tmux(XTERM.replace("|1|xterm", "|0|xterm")))
    assert choose("auto", facts, "truecolor").shown == "off"
    assert "tmux -u" in choose("auto", facts, "truecolor").reason


@pytest.mark.parametrize("before", ["exit 1", "echo no server running >&2; exit 1", "echo garbage; exit 0"])
def test_tmux_that_fails_leaves_what_every_font_has(tmux: Tmux, before: str) -> None:
    facts = look(tmux(KITTY, before=before))
    assert facts.multiplexer == "tmux"
    assert choose("auto", facts, "truecolor").shown == "quad"


def test_tmux_that_hangs_is_not_waited_for(tmux: Tmux, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tmux_of_core, "SECONDS", 0.2)
    began = time.monotonic()
    facts = look(tmux(KITTY, before="exec sleep 20"))
    assert time.monotonic() - began < 5
    assert choose("auto", facts, "truecolor").shown == "quad"


def test_no_tmux_in_the_path(tmux: Tmux, monkeypatch: pytest.MonkeyPatch) -> None:
    environ = tmux(KITTY)
    monkeypatch.setenv("PATH", "/nowhere")
    assert look(environ) == from_environment(environ)


def test_detached_there_is_nobody(tmux: Tmux) -> None:
    assert look(tmux()).clients == ()
    assert look(tmux()).shown == "nobody in tmux 3.3a"


def test_facts_say_who_is_there() -> None:
    assert Facts(multiplexer="unasked").shown == "a tmux or screen that cannot be asked from here"
    assert from_environment({"TERM": "xterm-kitty", "SSH_TTY": "x"}).shown == "kitty over SSH"


def test_from_a_container_a_network_may_be_between(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminals, "container_kind", lambda: "docker")
    facts = from_environment({"TERM": "xterm-ghostty", "TERM_PROGRAM": "ghostty", "TERM_PROGRAM_VERSION": "1.2.0"})
    assert facts.shown == "ghostty 1.2.0 from a container"
    assert choose("auto", facts, "truecolor").shown == "oct"
