"""Where the path of a picture is typed, and completed."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from textual import on
from textual.binding import Binding, BindingType
from textual.events import Blur, Key, Paste
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input

from sdxl_tui.core.text import one_line
from sdxl_tui.tui.files import SUFFIXES, completions
from sdxl_tui.tui.mode_fields import pasted_path


class PathSuggester(Suggester):
    """Looks into the folder that is typed, off the event loop."""

    def __init__(self, suffixes: tuple[str, ...]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._suffixes = suffixes
        self.found: list[str] = []
        """What the text that was looked at last can go on as."""

    async def get_suggestion(self, value: str) -> str | None:
        """The first one that goes on; behind a slash nothing is proposed, so that tab leaves."""
        self.found = await asyncio.to_thread(completions, value, self._suffixes)
        longer = [text for text in self.found if text != value]
        return longer[0] if longer and not value.endswith("/") else None


class PathInput(Input):
    """A path in one row: what it can go on as stands behind it in grey."""

    KEYS: ClassVar[tuple[tuple[str, str], ...]] = (
        ("→", "complete"),
        ("↑↓", "candidates"),
        ("^o", "files"),
        ("enter", "generate"),
        ("esc", "look"),
    )
    HELP = (
        "The path of a picture: tab and → complete it, ↑ and ↓ walk through what it can go on as. A path can be pasted."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "walk(1)", "next candidate", id="path.next", tooltip="Take the next candidate"),
        Binding("up", "walk(-1)", "candidate before", id="path.before", tooltip="Take the candidate before"),
    ]

    @dataclass
    class Named(Message):
        """Another path stands here."""

        input: PathInput
        text: str

        @property
        def control(self) -> PathInput:
            """The field it comes from."""
            return self.input

    @dataclass
    class Entered(Message):
        """The user pressed enter."""

    def __init__(self, field: str, hands: str, placeholder: str, suffixes: tuple[str, ...] = SUFFIXES) -> None:
        self.completer = PathSuggester(suffixes)
        super().__init__(
            placeholder=placeholder,
            compact=True,
            select_on_focus=False,
            suggester=self.completer,
            id=field,
        )
        self.cursor_blink = False
        self.HANDS = hands
        self._walked: list[str] = []
        """The candidates that are walked through; empty: none are."""

    def put(self, text: str) -> None:
        """Show this path, the cursor at its end; it came from elsewhere and is not told again."""
        text = one_line(text)
        if text != self.value:
            with self.prevent(Input.Changed):
                self.value = text
            self.cursor_position = len(text)
        if not self.has_focus:
            self.call_after_refresh(self._show_end)

    def _show_end(self) -> None:
        """The file's name says more than the folders before it."""
        self.scroll_to(x=max(0, cell_len(self.value) - self.size.width + 1), animate=False, force=True, immediate=True)

    def action_walk(self, distance: int) -> None:
        """Put another candidate in; from the text as it was typed on and back to it."""
        if not self._walked:
            others = [text for text in self.completer.found if text != self.value]
            if not others:
                return
            self._walked = [self.value, *others]
            place = 0
        else:
            place = self._walked.index(self.value) if self.value in self._walked else 0
        self.value = self._walked[(place + distance) % len(self._walked)]
        self.cursor_position = len(self.value)

    async def _on_key(self, event: Key) -> None:
        """Complete by tab, make by enter, and keep ``alt`` chords out of the text."""
        if event.key.startswith("alt+"):
            event.prevent_default()
        elif event.key == "enter":
            event.stop()
            event.prevent_default()
            self.post_message(self.Entered())
        elif event.key == "tab" and self._suggestion and self.cursor_at_end:
            event.stop()
            event.prevent_default()
            self.action_cursor_right()
        if event.key not in ("up", "down"):
            self._walked = []

    def _on_paste(self, event: Paste) -> None:
        """Take a path as it is pasted or dropped; alone in the field it replaces what stands there."""
        event.stop()
        event.prevent_default()
        text = one_line(pasted_path(event.text.strip().partition("\n")[0]))
        if text.startswith(("/", "~")):
            self.value = text
            self.cursor_position = len(text)
        else:
            self.insert_text_at_cursor(text)

    def on_blur(self, event: Blur) -> None:
        """Begin anew next time."""
        self._walked = []
        self.call_after_refresh(self._show_end)

    @on(Input.Changed)
    def tell(self, event: Input.Changed) -> None:
        """Tell in the form's own words."""
        event.stop()
        self.post_message(self.Named(self, event.value))
