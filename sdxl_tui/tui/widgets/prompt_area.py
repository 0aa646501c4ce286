"""A text field for a prompt: it grows with its text, and enter generates."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.events import Key, Paste, Resize
from textual.message import Message
from textual.widgets import TextArea

from sdxl_tui.core.text import one_line

WORD = re.compile(r"[^\s,]+")


class PromptArea(TextArea):
    """The user's own words, in one paragraph."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"prompt-area--border"}
    HANDS = "type"
    KEYS: ClassVar[tuple[tuple[str, str], ...]] = (
        ("enter", "generate"),
        ("tab", "picture keys"),
        ("↑", "earlier prompt"),
        ("^r", "find prompt"),
    )
    HELP = (
        "A prompt: type, and enter generates. Pasted line breaks become spaces; ctrl+z and ctrl+y undo and redo. "
        "An underlined word is where the text encoder begins its next 75 tokens."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+x", "cut", "cut", show=False, id="prompt.cut", tooltip="Cut what is selected"),
    ]

    @dataclass
    class Submitted(Message):
        """The user pressed enter."""

        area: PromptArea

        @property
        def control(self) -> PromptArea:
            """The field it comes from."""
            return self.area

    @dataclass
    class Walked(Message):
        """The user went up from the first row, or down from the last."""

        area: PromptArea
        distance: int
        """1: one prompt earlier, -1: one later."""

        @property
        def control(self) -> PromptArea:
            """The field it comes from."""
            return self.area

    def __init__(self, placeholder: str, id: str) -> None:
        super().__init__(id=id, compact=True, placeholder=placeholder, highlight_cursor_line=False)
        self.cursor_blink = False
        self.match_cursor_bracket = False
        self._put: str | None = None
        """The earlier prompt that stands here as it was put."""
        self._borders: tuple[int, ...] = ()

    def mark(self, borders: Sequence[int]) -> None:
        """Underline the words with which the text encoder begins anew, at these places in the text."""
        if tuple(borders) != self._borders:
            self._borders = tuple(borders)
            self._line_cache.clear()
            self.refresh()

    def get_line(self, line_index: int) -> Text:
        """The line with its marks; a prompt is one line."""
        line = super().get_line(line_index)
        for border in self._borders if line_index == 0 else ():
            if word := WORD.search(line.plain, border):
                line.stylize(self.get_component_rich_style("prompt-area--border", partial=True), *word.span())
        return line

    async def _on_key(self, event: Key) -> None:
        """Keep ``enter`` and ``alt`` chords out of the text.

        A hurried ``esc z`` arrives as ``alt+z`` with a printable character, which TextArea would type.
        """
        if event.key == "enter":
            event.stop()
            event.prevent_default()
            self.post_message(self.Submitted(self))
        elif event.key.startswith("alt+"):
            event.prevent_default()

    async def _on_paste(self, event: Paste) -> None:
        """Put pasted text in as one paragraph, with nothing in it that a terminal would act on."""
        event.prevent_default()
        event.stop()
        if result := self._replace_via_keyboard(one_line(event.text.strip("\r\n")), *self.selection):
            self.move_cursor(result.end_location)

    def put(self, text: str) -> None:
        """Put an earlier prompt in the place of the text; ctrl+z brings that back too."""
        self._put = text
        self.replace(text, self.document.start, self.document.end)
        self.move_cursor(self.document.end)

    def action_cursor_up(self, select: bool = False) -> None:
        """Go up; from the first row to the prompt before."""
        if not select and (self._walks or self.navigator.is_first_wrapped_line(self.selection.end)):
            self.post_message(self.Walked(self, 1))
        else:
            super().action_cursor_up(select)

    def action_cursor_down(self, select: bool = False) -> None:
        """Go down; from the last row to the prompt after."""
        if not select and (self._walks or self.navigator.is_last_wrapped_line(self.selection.end)):
            self.post_message(self.Walked(self, -1))
        else:
            super().action_cursor_down(select)

    @property
    def _walks(self) -> bool:
        """Whether an earlier prompt stands here untouched, so that arrows go on walking from any of its rows."""
        return self.text == self._put and self.selection.end == self.document.end

    def on_resize(self, event: Resize) -> None:
        """Take the rows that the text needs at this width; TextArea asks for them before it has wrapped the text."""
        if event.size.height != self.wrapped_document.height:
            self.call_after_refresh(self.refresh, layout=True)

    def action_cut(self) -> None:
        """Cut the selection; without one, TextArea would cut the line, which here is the whole prompt."""
        if self.selected_text:
            super().action_cut()
