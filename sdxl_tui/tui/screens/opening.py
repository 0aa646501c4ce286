"""What stands on the screen while the rest of the lab is imported."""

from __future__ import annotations

from dataclasses import dataclass

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets.text_area import Selection

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

    def __init__(self, prompt: str) -> None:
        super().__init__()
        self._tabs, self._footer = TabRow(), LabFooter()
        self._card = home_prompt()
        self._card.area.text = prompt

    def compose(self) -> ComposeResult:
        """The frame of the home screen, and the one card that is typed into."""
        yield Vertical(self._tabs, classes="header")
        yield Horizontal(Vertical(self._card, id="form"), id="desk")
        yield self._footer

    def on_mount(self) -> None:
        """Begin with the hands in the prompt."""
        area = self._card.area
        area.move_cursor(area.document.end)
        area.focus()
        self._tabs.show(tab_parts("generate", 0, self.app.size.width))
        self._footer.show(area.HANDS, area.KEYS, [("F1", "key"), (" help ", "soft")])

    @property
    def typed(self) -> Typed:
        """What was typed by now."""
        return Typed(self._card.area.text, self._card.area.selection)
