"""The clipboard of whoever sits at the terminal, also behind tmux and SSH."""

from __future__ import annotations

import base64
import os
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from sdxl_tui.core import tmux

if TYPE_CHECKING:
    from textual.app import App

    from sdxl_tui.tui.notes import Notes
    from sdxl_tui.tui.outlet import Outlet

MOST = 74_994
"""Characters that terminals take of a sequence for the clipboard (xterm's limit, and that of most others)."""


class Clipboard:
    """Mix-in before App: what is copied goes the way that reaches the clipboard from here."""

    notes: Notes
    outlet: Outlet

    def copy_to_clipboard(self, text: str) -> None:
        """Copy a text: by tmux where the lab runs in one, else by an escape sequence."""
        app = cast("App[Any]", self)
        app._clipboard = text
        here = tmux.pane_here(os.environ)
        if here is None:
            self._send(text)
        else:
            app.run_worker(partial(self._hand_to_tmux, here, text), thread=True, exit_on_error=False, group="clipboard")

    def _hand_to_tmux(self, here: tmux.Pane, text: str) -> None:
        """Runs on a thread of its own. A tmux before 3.2 passes the sequence on, if it is told to."""
        if not tmux.to_clipboard(here, text):
            cast("App[Any]", self).call_later(self._send, text)

    def _send(self, text: str) -> None:
        from sdxl_tui.tui.notes import WARNING

        encoded = base64.b64encode(text.encode("utf-8", "replace")).decode("ascii")
        if len(encoded) > MOST:
            kilobytes = len(text.encode("utf-8", "replace")) // 1000
            self.notes.put("clipboard", WARNING, f"{kilobytes} kB are more than a terminal's clipboard takes.")
            return
        sequence = f"\x1b]52;c;{encoded}\x07"
        self.outlet.say(sequence)
        if os.environ.get("TERM", "").startswith("tmux"):
            # A container in tmux: without its socket all that is left is to ask tmux to pass it on.
            self.outlet.say(tmux.passed_on(sequence))
