"""What stands on the screen while the rest of the lab is imported."""

from __future__ import annotations

from dataclasses import dataclass

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets.text_area import Selection

from sdxl_tui.tui import read_only
from sdxl_tui.tui.quiet import QuietFocus
from sdxl_tui.tui.tabs import tab_parts
from sdxl_tui.tui.widgets.footer import LabFooter
from sdxl_tui.tui.widgets.prompt_card import home_prompt
from sdxl_tui.tui.widgets.tab_row import TabRow


@dataclass(frozen=True)
class Typed:
    """A prompt as it stands in its field, and where the cursor is."""

    text: str
    selection: Selection


class OpeningScreen(QuietFocus, Screen[None]):
    """Header, footer and the prompt, in the places they have on the home screen."""

    AUTO_FOCUS = ""

    def __init__(self, prompt: str, *, looks_only: bool = False) -> None:
        """``looks_only``: there is nothing to type into."""
        super().__init__()
        self._looks_only = looks_only
        self._prompt = prompt
        self._tabs, self._footer = TabRow(), LabFooter()
        self._card = home_prompt()
        self._card.area.text = prompt

    def compose(self) -> ComposeResult:
        """The frame of the home screen, and the one card that is typed into."""
        yield Vertical(self._tabs, classes="header")
        yield Horizontal(Vertical(*([] if self._looks_only else [self._card]), id="form"), id="desk")
        yield self._footer

    def on_mount(self) -> None:
        """Begin with the hands in the prompt."""
        if self._looks_only:
            self._tabs.show(tab_parts("gallery", 0, self.app.size.width, names=read_only.TABS))
            return
        area = self._card.area
        area.move_cursor(area.document.end)
        area.focus()
        self._tabs.show(tab_parts("generate", 0, self.app.size.width))
        self._footer.show(area.HANDS, area.KEYS, [("F1", "key"), (" help ", "soft")])

    @property
    def has_changed(self) -> bool:
        """Whether something was typed."""
        return self._card.area.text != self._prompt

    @property
    def typed(self) -> Typed:
        """What was typed by now."""
        return Typed(self._card.area.text, self._card.area.selection)
