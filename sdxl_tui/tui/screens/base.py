"""What all screens of the lab have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.events import DescendantFocus, Resize, ScreenResume
from textual.screen import Screen
from textual.widget import Widget

from sdxl_tui.engine import Event
from sdxl_tui.tui import read_only, wording
from sdxl_tui.tui.desk import Desk
from sdxl_tui.tui.keys import named
from sdxl_tui.tui.quiet import QuietFocus
from sdxl_tui.tui.screens.sheet import Sheet
from sdxl_tui.tui.tabs import TABS
from sdxl_tui.tui.widgets.footer import KeyHint, LabFooter
from sdxl_tui.tui.widgets.header import LabHeader
from sdxl_tui.tui.widgets.tab_row import TabRow
from sdxl_tui.tui.widgets.words import Part

if TYPE_CHECKING:
    from sdxl_tui.tui.app import LabApp
    from sdxl_tui.tui.rooms import Rooms


def letter(key: str, action: str, label: str, tooltip: str, name: str = "", *, screen: str) -> Binding:
    """A command letter works bare where the focus is not in text, and with alt everywhere on its screen.

    ``name`` is for the id, where that is not to be made of the action.
    """
    identity = f"{screen}.{name}" if name else named(screen, action)
    return Binding(f"{key},alt+{key}", action, label, id=identity, tooltip=tooltip)


class LabScreen(QuietFocus, Screen[None]):
    """Header with tabs, a body, footer with the keys of the focus. A subclass gives TAB, ``body`` and ``report``."""

    AUTO_FOCUS = ""
    TAB: ClassVar[str]
    """Its name in TABS."""
    BINDINGS: ClassVar[list[BindingType]] = [
        *(letter(tab.digit, f"app.open('{tab.name}')", tab.name, tab.tooltip, screen="tab") for tab in TABS),
        letter("w", "notices", "notices", "Show all notices in full", screen="lab"),
    ]

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self.header = LabHeader()
        self.footer = LabFooter()

    @property
    def rooms(self) -> Rooms:
        """What leads to the other screens."""
        return cast("Rooms", cast("LabApp", self.app).rooms)

    def compose(self) -> ComposeResult:
        """Header, body, footer."""
        yield self.header
        yield from self.body()
        yield self.footer

    def body(self) -> Iterable[Widget]:
        """What stands between header and footer."""
        raise NotImplementedError

    def report(self, event: Event) -> None:
        """Show what the engine reports; the state has taken it already. Called on every screen, shown or not."""

    def use_settings(self) -> None:
        """The desk has other settings now; for what a screen took of them when it was made."""

    def unsaved(self) -> str:
        """What is typed here and saved nowhere; empty: nothing."""
        return ""

    def left(self) -> dict[str, Any]:
        """What was chosen here, for the next start; as JSON."""
        return {}

    def take_up(self, left: Mapping[str, Any]) -> None:
        """Choose what was chosen when the lab was left; called before the screen is shown. Anything may be in it."""

    def show(self) -> None:
        """Show what the desk says now; called whenever the screen comes to the front."""

    def keys(self) -> list[KeyHint]:
        """The keys of the focus, in order of use."""
        return list(getattr(self.focused, "KEYS", ()))

    def keys_here(self) -> list[KeyHint]:
        """Those of them that do something in this view."""
        return read_only.hints_of(self.keys()) if self.desk.is_read_only else self.keys()

    def hands(self) -> str:
        """Where the hands are, in a word."""
        return str(getattr(self.focused, "HANDS", self.TAB))

    def footer_end(self) -> list[Part]:
        """The keys of everywhere; the model where there is no header."""
        if not self.header.display:
            return [*wording.model_parts(self.desk.state, self.desk.shelf), (" ", "")]
        parts = [("F1", "key"), (" help ", "soft")]
        return parts + ([(" ^p", "key"), (" commands ", "soft")] if self.size.width >= 100 else [])

    def show_frame(self) -> None:
        """Show header and footer as things stand now."""
        self.header.show(self.desk, self.TAB)
        self.footer.show(self.hands(), self.keys_here(), self.footer_end())

    def action_notices(self) -> None:
        """Show all notices in full."""
        self.app.push_screen(Sheet(wording.notice_rows(self.desk.notes.in_order())))

    @on(ScreenResume)
    def come_back(self) -> None:
        """Show the true state: it may have changed while another screen was in front."""
        self.show()
        self.show_frame()

    @on(DescendantFocus)
    def say_where_the_hands_are(self) -> None:
        """Name the keys of the focus."""
        self.show_frame()

    @on(Resize)
    def say_it_at_the_new_length(self) -> None:
        """Header and footer say more where there is more room."""
        self.call_after_refresh(self.show_frame)

    @on(TabRow.Pressed)
    def open_tab(self, event: TabRow.Pressed) -> None:
        """Go where the mouse points."""
        self.rooms.open(event.name)
