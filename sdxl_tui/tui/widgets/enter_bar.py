"""What enter does now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.events import Click
from textual.message import Message

from sdxl_tui.tui.widgets.line import Line


class EnterBar(Line):
    """The one row that says what enter will do; a click does the same."""

    KEEP: ClassVar[str] = "left"

    @dataclass
    class Pressed(Message):
        """The user clicked it."""

    def on_click(self, event: Click) -> None:
        """Act as the enter key."""
        self.post_message(self.Pressed())
