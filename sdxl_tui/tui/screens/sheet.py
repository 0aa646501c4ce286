"""A page of text over the form: help, notices in full."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen

from sdxl_tui.tui.quiet import QuietFocus
from sdxl_tui.tui.widgets.page import Page, Row


class Sheet(QuietFocus, ModalScreen[None]):
    """Lies over the form, and over the picture only where it must; any of its keys puts it away."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,q,f1,w", "put_away", "back", id="page.put_away", tooltip="Put this page away"),
    ]

    def __init__(self, rows: Sequence[Row], *, whole: bool = False) -> None:
        """``whole``: over the picture too, for what is to stand in as few rows as possible."""
        super().__init__(classes="-whole" if whole else "")
        self._rows = rows

    def compose(self) -> ComposeResult:
        """A scrolling column."""
        with VerticalScroll(id="sheet"):
            yield Page([[("esc", "key"), (" goes back", "soft")], [], *self._rows])

    def action_put_away(self) -> None:
        """Go back."""
        self.dismiss(None)
