"""One picture over everything: all of it, pixel by pixel, and the next one in the same place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widget import Widget

from sdxl_tui.tui import gallery_wording
from sdxl_tui.tui.desk import Desk
from sdxl_tui.tui.notes import ERROR
from sdxl_tui.tui.pictured import Pictured
from sdxl_tui.tui.screens.base import letter
from sdxl_tui.tui.screens.picture_actions import PictureActions, picture_bindings
from sdxl_tui.tui.view import View
from sdxl_tui.tui.widgets.footer import KeyHint
from sdxl_tui.tui.widgets.line import Line
from sdxl_tui.tui.widgets.sentence import Sentence
from sdxl_tui.tui.widgets.zoom_view import ZoomView


def _key(keys: str, action: str, label: str, tooltip: str) -> Binding:
    return Binding(keys, action, label, id=f"zoom.{keys.partition(',')[0]}", tooltip=tooltip)


class ZoomScreen(PictureActions, inherit_bindings=False):
    """Lies over the screen it was opened from; that one selects the picture that was last looked at here."""

    CSS_PATH: ClassVar[Any] = "../gallery.tcss"
    TAB = "zoom"
    HELP = "One picture, as large as the screen and larger."
    BINDINGS: ClassVar[list[BindingType]] = [
        _key("escape", "back", "back", "Back to where you were, with this picture selected"),
        _key("plus", "zoom_by(1)", "zoom in", "Larger"),
        _key("minus", "zoom_by(-1)", "zoom out", "Smaller"),
        _key("0", "fit", "fit", "All of the picture"),
        _key("equals_sign", "one_to_one", "1:1", "One half cell for each pixel"),
        _key("left", "pan(-1, 0)", "pan left", "Further left"),
        _key("right", "pan(1, 0)", "pan right", "Further right"),
        _key("up", "pan(0, -1)", "pan up", "Further up"),
        _key("down", "pan(0, 1)", "pan down", "Further down"),
        _key("shift+left,pageup", "pan_page(-1, 0)", "page left", "A page left"),
        _key("shift+right,pagedown", "pan_page(1, 0)", "page right", "A page right"),
        _key("shift+up", "pan_page(0, -1)", "page up", "A page up"),
        _key("shift+down", "pan_page(0, 1)", "page down", "A page down"),
        _key("tab", "walk(1)", "next picture", "The next picture, in the same place"),
        _key("shift+tab", "walk(-1)", "picture before", "The picture before, in the same place"),
        *(binding for binding in picture_bindings("zoom") if getattr(binding, "action", "") != "zoom"),
        letter("w", "notices", "notices", "Show all notices in full", screen="zoom"),
    ]

    def __init__(self, desk: Desk, pictures: Sequence[Pictured], at: int, select: Callable[[Pictured], None]) -> None:
        super().__init__(desk)
        self._pictures = list(pictures)
        self._at = at
        self._select = select
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

    def show(self) -> None:
        """Say what is in view."""
        pictured = self._pictures[self._at]
        kept = pictured.path in self.desk.kept
        number, count = self._at + 1, len(self._pictures)
        self.facts.show(*gallery_wording.zoom_parts(pictured, number, count, kept, self._view))

    def show_frame(self) -> None:
        """There is no header here."""
        self.footer.show(self.hands(), self.keys(), self.footer_end())

    def keys(self) -> list[KeyHint]:
        """In order of use."""
        moves: list[KeyHint] = [("-+", "zoom"), ("←↑↓→", "pan"), ("0", "fit"), ("=", "1:1")]
        letters = [("u", "use settings"), ("k", "hold seed"), ("o", "path"), ("y", "copy path")]
        return [("esc", "back"), *moves, ("tab", "next picture"), ("space", "keep"), *letters]

    def in_view(self) -> Pictured:
        """The picture."""
        return self._pictures[self._at]

    def say(self, cause: str, glyph: str, sentence: str) -> None:
        """Say it over the foot of the picture too."""
        super().say(cause, glyph, sentence)
        self.sentence.show(glyph, sentence)

    def action_walk(self, distance: int) -> None:
        """Show another picture."""
        at = max(0, min(self._at + distance, len(self._pictures) - 1))
        if at != self._at:
            self._at = at
            self._show_picture()

    def action_zoom_by(self, steps: int) -> None:
        """Larger or smaller."""
        self.view.zoom(steps)

    def action_fit(self) -> None:
        """All of the picture."""
        self.view.fit()

    def action_one_to_one(self) -> None:
        """A half cell for each pixel."""
        self.view.one_to_one()

    def action_pan(self, across: int, down: int) -> None:
        """Move a little."""
        self.view.pan(across, down)

    def action_pan_page(self, across: int, down: int) -> None:
        """Move a page."""
        self.view.pan(across, down, page=True)

    def action_back(self) -> None:
        """Go back."""
        self._select(self._pictures[self._at])
        self.dismiss(None)

    @on(ZoomView.Moved)
    def say_what_is_in_view(self, event: ZoomView.Moved) -> None:
        """Keep the row under the picture true."""
        self._view = event.view
        self.show()

    @on(ZoomView.Unreadable)
    def say_unreadable(self, event: ZoomView.Unreadable) -> None:
        """Say why there is no picture."""
        if event.path == self._pictures[self._at].path:
            self.view.clear()
            self.say("unreadable", ERROR, f"{event.path.name} cannot be shown: {event.reason}.")

    def _show_picture(self) -> None:
        self._view = None
        self.sentence.hide()
        path = self._pictures[self._at].path
        if path is not None:
            self.view.show(path)
        self.show()
