"""Two pictures: side by side, one in the other's place, and their difference."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.events import Resize
from textual.widget import Widget

from sdxl_tui.tui.compare_wording import compare, comparison_rows, difference_words, title_parts
from sdxl_tui.tui.desk import Desk
from sdxl_tui.tui.differences import PixelDifference, difference_of
from sdxl_tui.tui.notes import ERROR
from sdxl_tui.tui.pictured import Pictured
from sdxl_tui.tui.screens.base import letter
from sdxl_tui.tui.screens.log_actions import log_bindings
from sdxl_tui.tui.screens.picture_actions import picture_bindings
from sdxl_tui.tui.screens.zooming import ZoomingScreen, key, zoom_bindings
from sdxl_tui.tui.walks import ListWalk, Walk
from sdxl_tui.tui.widgets.details import Details
from sdxl_tui.tui.widgets.footer import KeyHint
from sdxl_tui.tui.widgets.line import Line
from sdxl_tui.tui.widgets.sentence import Sentence
from sdxl_tui.tui.widgets.zoom_view import ZoomView

BESIDE, FLIP, DIFFERENCE = "beside", "flip", "difference"
NEXT = {BESIDE: FLIP, FLIP: DIFFERENCE, DIFFERENCE: BESIDE}
MAP_OF_DIFFERENCE = Path("difference of A and B")
"""What the difference is called where pictures are known by their paths."""


class CompareScreen(ZoomingScreen, inherit_bindings=False):
    """Lies over the screen it was opened from."""

    CSS_PATH: ClassVar[Any] = ["../gallery.tcss", "../compare.tcss"]
    TAB = "compare"
    HELP = (
        "Two pictures in the same place: {compare.change_way:c} goes from side by side to one in the other's "
        "place, to the difference."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        key("escape", "back", "back", "Back to where you were", screen="compare"),
        key("tab,shift+tab", "change_hand", "A or B", "Put the hands on the other picture", screen="compare"),
        letter("c", "change_way", "flip, difference", "Side by side, flip, difference", screen="compare"),
        *zoom_bindings("compare"),
        *(binding for binding in picture_bindings("compare") if getattr(binding, "action", "") != "compare"),
        *log_bindings("compare"),
        letter("w", "notices", "notices", "Show all notices in full", screen="compare"),
    ]

    def __init__(self, desk: Desk, a: Pictured, b: Pictured) -> None:
        super().__init__(desk)
        self._pair = (a, b)
        self._at = 1
        """Which one the hands are on."""
        self._way = BESIDE
        self._comparison = compare(a, b)
        self._difference: PixelDifference | None = None
        self.titles = (Line(), Line())
        self.pair = (ZoomView(), ZoomView())
        self.details = Details(id="differing")
        self.sentence = Sentence()

    def compose(self) -> ComposeResult:
        """All rows but the footer's."""
        yield from self.body()
        yield self.footer

    def body(self) -> Iterable[Widget]:
        """The pictures, what differs, and what is said."""
        left, right = (Vertical(title, view) for title, view in zip(self.titles, self.pair, strict=True))
        right.id = "second"
        yield Horizontal(left, right, id="pair")
        yield self.details
        yield self.sentence

    def on_mount(self) -> None:
        """Show both, and find out what they differ in."""
        self._show_pictures()
        a, b = (pictured.path for pictured in self._pair)
        if a is not None and b is not None:
            self.run_worker(partial(self._measure, a, b), thread=True, exit_on_error=False, group="difference")

    def show(self) -> None:
        """Say what is in view."""
        width = self.titles[0].size.width
        if self._way == BESIDE:
            for number, title in enumerate(self.titles):
                title.show(*self._title(number, width))
        elif self._way == FLIP:
            self.titles[0].show(*self._title(self._at, width))
        else:
            factor = None if self._difference is None else self._difference.factor
            self.titles[0].show(difference_words(factor) if factor is not None else [("…", "muted")])
        mean = None if self._difference is None else self._difference.mean
        self.details.show(comparison_rows(self._comparison, mean, self.details.size.width))

    def keys(self) -> list[KeyHint]:
        """In order of use."""
        ways = {BESIDE: "flip", FLIP: "difference", DIFFERENCE: "side by side"}
        moves: list[KeyHint] = [("-+", "zoom both"), ("←↑↓→", "pan"), ("space", "keep"), ("u", "use settings")]
        return [("tab", "A or B"), ("c", ways[self._way]), *moves, ("0", "fit"), ("=", "1:1"), ("esc", "back")]

    def views(self) -> Sequence[ZoomView]:
        """Those in view."""
        return self.pair if self._way == BESIDE else self.pair[:1]

    def in_view(self) -> Pictured:
        """The one the hands are on."""
        return self._pair[self._at]

    def to_zoom(self, pictured: Pictured) -> Walk:
        """Both."""
        return ListWalk(self._pair, self._at)

    def select(self, pictured: Pictured) -> None:
        """Put the hands on this one."""
        if pictured != self.in_view():
            self.action_change_hand()

    def say(self, cause: str, glyph: str, sentence: str) -> None:
        """Say it over the foot of the screen too."""
        super().say(cause, glyph, sentence)
        self.sentence.show(glyph, sentence)

    def action_change_hand(self) -> None:
        """Put the hands on the other picture; where one stands in the other's place, show that one."""
        self._at = 1 - self._at
        if self._way == FLIP:
            self._show_pictures()
        self.show()

    def action_change_way(self) -> None:
        """Side by side, then flip, then difference."""
        self._way = NEXT[self._way]
        self.set_class(self._way != BESIDE, "-one")
        self._show_pictures()
        self.show_frame()
        self.call_after_refresh(self.show)

    def action_back(self) -> None:
        """Take away what is said, then go back."""
        if self.sentence.is_shown:
            self.sentence.hide()
        else:
            self.dismiss(None)

    @on(Resize)
    def fit(self) -> None:
        """Say it at the new width."""
        self.call_after_refresh(self.show)

    @on(ZoomView.Unreadable)
    def say_unreadable(self, event: ZoomView.Unreadable) -> None:
        """Say why there is no picture."""
        self.say("unreadable", ERROR, f"{event.path.name} cannot be shown: {event.reason}.")

    def _show_pictures(self) -> None:
        if self._way == DIFFERENCE:
            if self._difference is not None:
                self.pair[0].show_picture(MAP_OF_DIFFERENCE, self._difference.picture)
            return
        shown = self._pair if self._way == BESIDE else (self.in_view(),)
        for view, pictured in zip(self.pair, shown, strict=False):
            if pictured.path is not None:
                view.show(pictured.path)
        if self._way == FLIP:
            self.pair[0].expect(one.path for one in self._pair if one.path is not None)

    def _title(self, number: int, width: int) -> Any:
        pictured = self._pair[number]
        return title_parts("AB"[number], pictured, number == self._at, pictured.path in self.desk.kept, width)

    def _take_difference(self, difference: PixelDifference) -> None:
        self._difference = difference
        if self._way == DIFFERENCE:
            self._show_pictures()
        self.show()

    def _measure(self, a: Path, b: Path) -> None:
        """Runs on a thread of its own; a picture that cannot be read is said by its view."""
        try:
            difference = difference_of(a, b)
        except Exception:
            return
        self.app.call_later(self._take_difference, difference)
