"""Where the gallery's search is typed."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.events import Key
from textual.widgets import Input

from sdxl_tui.tui.widgets.line import Line


class SearchInput(Input):
    """One row of words; the arrows still walk through what they find."""

    HANDS = "search"
    KEYS = (("type", "to filter"), ("↑↓", "choose"), ("enter", "list"), ("esc", "clear"))
    HELP = (
        "Any words, and kept:yes, model:real, style:film, scheduler:euler, mode:img2img, status:failed, seed:118, "
        "size:1024x1024, steps:>30, since:monday, day:2026-11; - before one keeps it out, quotes keep words together; "
        "all of them must fit."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "screen.clear_search", "clear", id="search.clear", tooltip="Clear the search"),
        Binding("up", "screen.walk(-1)", "up", id="search.up", tooltip="The row above"),
        Binding("down", "screen.walk(1)", "down", id="search.down", tooltip="The row below"),
    ]

    def __init__(self) -> None:
        super().__init__(placeholder="any word, kept:yes, model:real", compact=True, select_on_focus=False)
        self.cursor_blink = False

    async def _on_key(self, event: Key) -> None:
        """Keep ``alt`` chords out of the text: a hurried ``esc z`` arrives as one."""
        if event.key.startswith("alt+"):
            event.prevent_default()


class SearchRow(Horizontal):
    """A slash, and what is typed behind it."""

    def __init__(self) -> None:
        super().__init__()
        self.slash = Line(id="slash")
        self.input = SearchInput()

    def compose(self) -> ComposeResult:
        """The key that leads here, then the words."""
        yield self.slash
        yield self.input

    def on_mount(self) -> None:
        """Name the key."""
        self.slash.show([("/", "key")])
