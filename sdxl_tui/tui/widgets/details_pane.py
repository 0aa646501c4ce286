"""The column of details beside a list."""

from __future__ import annotations

from textual.containers import VerticalScroll

from sdxl_tui.tui.widgets.details import Details


class DetailsPane(VerticalScroll):
    """Takes the hands where it holds more than fits, so that the arrows scroll it."""

    HANDS = "details"
    KEYS = (("↑↓", "scroll"), ("tab", "list"))
    HELP = "All that is known of what is selected; the arrows scroll it."

    def __init__(self, *cards: Details) -> None:
        super().__init__(*cards, can_focus=False)

    def fit(self) -> None:
        """Stand in the way of tab only where there is something to scroll."""
        self.can_focus = self.max_scroll_y > 0
