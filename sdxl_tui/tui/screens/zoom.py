"""One picture over everything: all of it, pixel by pixel, and the next one in the same place."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widget import Widget

from sdxl_tui.tui import gallery_wording
from sdxl_tui.tui.desk import Desk
from sdxl_tui.tui.notes import ERROR
from sdxl_tui.tui.pictured import Pictured
from sdxl_tui.tui.screens.base import letter
from sdxl_tui.tui.screens.log_actions import log_bindings
from sdxl_tui.tui.screens.picture_actions import picture_bindings
from sdxl_tui.tui.screens.zooming import ZoomingScreen, key, zoom_bindings
from sdxl_tui.tui.view import View
from sdxl_tui.tui.walks import Walk
from sdxl_tui.tui.widgets.footer import KeyHint
from sdxl_tui.tui.widgets.line import Line
from sdxl_tui.tui.widgets.sentence import Sentence
from sdxl_tui.tui.widgets.zoom_view import ZoomView


class ZoomScreen(ZoomingScreen, inherit_bindings=False):
    """Lies over the screen it was opened from; that one selects the picture that was last looked at here."""

    CSS_PATH: ClassVar[Any] = "../gallery.tcss"
    TAB = "zoom"
    HELP = "One picture, as large as the screen and larger."
    BINDINGS: ClassVar[list[BindingType]] = [
        key("escape", "back", "back", "Back to where you were, with this picture selected", screen="zoom"),
        *zoom_bindings("zoom"),
        key("tab", "walk(1)", "next picture", "The next one, in the same place", "next", screen="zoom"),
        key("shift+tab", "walk(-1)", "picture before", "The one before, in the same place", "before", screen="zoom"),
        *(binding for binding in picture_bindings("zoom") if getattr(binding, "action", "") != "zoom"),
        *log_bindings("zoom"),
        letter("w", "notices", "notices", "Show all notices in full", screen="zoom"),
    ]

    def __init__(self, desk: Desk, walk: Walk, select: Callable[[Pictured], None]) -> None:
        super().__init__(desk)
        self._walk = walk
        self._select = select
        self._pictured = walk.pictured
        self._view: View | None = None
        self.view = ZoomView()
        self.facts = Line(id="zoom-facts")
        self.sentence = Sentence()

    def compose(self) -> ComposeResult:
        """The picture over all rows but two."""
        yield from self.body()
        yield self.footer

    def body(self) -> Iterable[Widget]:
        """The picture, what is said about it, and what is in view."""
        yield self.view
        yield self.sentence
        yield self.facts

    def on_mount(self) -> None:
        """Show the picture."""
        self._show_picture()

    def views(self) -> list[ZoomView]:
        """The picture."""
        return [self.view]

    def show(self) -> None:
        """Say what is in view."""
        if self._pictured is not None:
            kept = self._pictured.path in self.desk.kept
            self.facts.show(*gallery_wording.zoom_parts(self._pictured, *self._walk.place, kept, self._view))

    def keys(self) -> list[KeyHint]:
        """In order of use."""
        moves: list[KeyHint] = [("-+", "zoom"), ("←↑↓→", "pan"), ("0", "fit"), ("=", "1:1")]
        letters = [("c", "compare"), ("u", "use settings"), ("k", "hold seed"), ("r", "repeat"), ("H", "larger")]
        return [("esc", "back"), *moves, ("tab", "next picture"), ("space", "keep"), *letters, ("y", "copy path")]

    def in_view(self) -> Pictured | None:
        """The picture."""
        return self._pictured

    def to_zoom(self, pictured: Pictured) -> Walk:
        """The same as here."""
        return self._walk

    def select(self, pictured: Pictured) -> None:
        """It is in view already."""

    def say(self, cause: str, glyph: str, sentence: str) -> None:
        """Say it over the foot of the picture too."""
        super().say(cause, glyph, sentence)
        self.sentence.show(glyph, sentence)

    def action_walk(self, distance: int) -> None:
        """Show another picture."""
        self._walk.step(distance)
        if self._walk.pictured not in (None, self._pictured):
            self._pictured = self._walk.pictured
            self._show_picture()

    def action_back(self) -> None:
        """Go back."""
        if self._pictured is not None:
            self._select(self._pictured)
        self.dismiss(None)

    @on(ZoomView.Moved)
    def say_what_is_in_view(self, event: ZoomView.Moved) -> None:
        """Keep the row under the picture true."""
        self._view = event.view
        self.show()

    @on(ZoomView.Unreadable)
    def say_unreadable(self, event: ZoomView.Unreadable) -> None:
        """Say why there is no picture."""
        if self._pictured is not None and event.path == self._pictured.path:
            self.view.clear()
            self.say("unreadable", ERROR, f"{event.path.name} cannot be shown: {event.reason}.")

    def _show_picture(self) -> None:
        self._view = None
        self.sentence.hide()
        if self._pictured is not None and self._pictured.path is not None:
            self.view.show(self._pictured.path)
            self.view.expect(self._walk.beside())
        self.show()
