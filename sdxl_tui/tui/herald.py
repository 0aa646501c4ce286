"""What is told to somebody who does not look at the screen: by the terminal's title, a bell, a notification."""

from __future__ import annotations

import os
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING

from textual.timer import Timer

from sdxl_tui.core import tmux
from sdxl_tui.core.settings import Settings

if TYPE_CHECKING:
    from sdxl_tui.engine import Event
    from sdxl_tui.tui.app import LabApp

REST = 1.0
"""Seconds from one title to the next, at the least."""
AT_HAND = 10.0
"""Seconds after a key in which somebody is there all the same."""

PUSH, POP = "\x1b[22;2t", "\x1b[23;2t"
"""Keep the title that the terminal has, and bring it back; a terminal that does not know them does nothing."""
BELL = "\x07"
NOT_PASSED_ON = (
    "tmux does not pass the notification on: the bell rings instead. `set -g allow-passthrough on` in tmux.conf lets "
    "it through while the lab's window is shown, `all` (tmux 3.4) from any window."
)


class Herald:
    """Tells what the engine reports to the terminal itself. To be called on the event loop."""

    def __init__(self, app: LabApp) -> None:
        self._app = app
        self._shown = ""
        self._is_pushed = False
        self._timer: Timer | None = None
        self._next = 0.0
        self._hears_of_focus = False

    def begin(self) -> None:
        """Keep the title the terminal has now."""
        self.show_title()

    def farewell(self) -> str:
        """What gives the terminal back the title that it had; empty: it has it. Whoever asks sends it."""
        sequence = titled("") + POP if self._is_pushed else ""
        self._is_pushed, self._shown = False, ""
        return sequence

    def say_again(self) -> None:
        """Somebody else may have set another title."""
        self._shown = ""
        self.show_title()

    def heed_focus(self) -> None:
        """The terminal tells whether somebody looks."""
        self._hears_of_focus = True

    def report(self, event: Event) -> None:
        """Show and tell what was reported; the state has taken it already."""
        self.show_title()
        settings = self._settings
        if settings.notify == "off" or self._app.rooms is None or self._somebody_looks:
            return
        from sdxl_tui.tui.herald_wording import news_of

        if news := news_of(event, self._app.rooms.state, settings.notify_about):
            self._app.run_worker(partial(self._tell, settings.notify, news), thread=True, exit_on_error=False)

    def show_title(self) -> None:
        """Bring the title up to date, once a second at most, and only where its words change."""
        if self._timer is not None:
            return
        wait = self._next - monotonic()
        if wait > 0:
            self._timer = self._app.set_timer(wait, self._show_now)
        else:
            self._show_now()

    @property
    def _settings(self) -> Settings:
        return self._app.settings_now

    @property
    def _somebody_looks(self) -> bool:
        """Many a terminal, and tmux by default, never tells: there only a key that was just pressed does."""
        if self._hears_of_focus:
            return self._app.app_focus
        return monotonic() - self._app.last_key_at < AT_HAND

    def _show_now(self) -> None:
        self._timer = None
        if self._settings.title != "on" or os.environ.get("TERM", "dumb") in ("", "dumb", "linux"):
            if sequence := self.farewell():
                self._app.outlet.say(sequence)
            return
        words = self._words()
        if words != self._shown:
            push = "" if self._is_pushed else PUSH
            self._is_pushed, self._shown, self._next = True, words, monotonic() + REST
            self._app.outlet.say(push + titled(words))

    def _words(self) -> str:
        rooms = self._app.rooms
        if rooms is None:
            return "sdxl-tui"
        from sdxl_tui.tui.herald_wording import title_of

        in_ascii = self._settings.glyphs == "ascii"
        return title_of(rooms.state, rooms.shelf, in_ascii=in_ascii, read_only=rooms.desk.is_read_only)

    def _tell(self, way: str, news: str) -> None:
        """Runs on a thread of its own: tmux is asked whether it passes the news on."""
        sequence = {"osc9": f"\x1b]9;{news}\x07", "osc777": f"\x1b]777;notify;sdxl-tui;{news.replace(';', ',')}\x07"}
        here = tmux.pane_here(os.environ)
        is_inside = os.environ.get("TERM", "").startswith(("tmux", "screen"))
        if way not in sequence or (here is None and is_inside):  # screen, or a tmux that a container cannot ask
            self._app.call_later(self._app.outlet.say, BELL)
        elif here is None:
            self._app.call_later(self._app.outlet.say, sequence[way])
        elif tmux.lets_through(here):
            self._app.call_later(self._app.outlet.say, tmux.passed_on(sequence[way]))
        else:
            self._app.call_later(self._app.outlet.say, BELL)
            self._app.call_later(self._say_not_passed_on)

    def _say_not_passed_on(self) -> None:
        from sdxl_tui.tui.notes import WARNING

        self._app.notes.put("notify", WARNING, NOT_PASSED_ON)


def titled(words: str) -> str:
    """The sequence that names the window; ``words`` hold nothing that a terminal acts on."""
    return f"\x1b]2;{words}\x07"
