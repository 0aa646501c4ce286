"""The gallery's picture, and what it was made with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from time import monotonic

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.timer import Timer

from sdxl_tui.tui import gallery_wording
from sdxl_tui.tui.kept import Kept
from sdxl_tui.tui.pictured import Pictured
from sdxl_tui.tui.widgets.first_run import FirstRun
from sdxl_tui.tui.widgets.line import Line
from sdxl_tui.tui.widgets.picture import Picture
from sdxl_tui.tui.widgets.words import Part, Words

REST = 0.1
"""Seconds between two pictures while a key is held: those walked over are not read."""

Rows = Sequence[tuple[Sequence[Part], Sequence[Part]]]


class Settings(Words):
    """A few rows, each with two ends."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: Rows = ()

    def show(self, rows: Rows) -> None:
        """Say this from now on."""
        if rows != self._rows:
            self._rows = rows
            self.refresh()

    def render(self) -> Content:
        """The rows."""
        return Content("\n").join(self.between(self.say(*left), self.say(*right)) for left, right in self._rows)


class Seen(Vertical):
    """Title, picture or the reason why there is none, settings."""

    def __init__(self, kept: Kept) -> None:
        super().__init__(id="seen")
        self._kept = kept
        self._shown: Pictured | None = None
        self._unreadable: set[Path] = set()
        self._timer: Timer | None = None
        self._last = 0.0
        self.title = Line(id="seen-title")
        self.picture = Picture(id="seen-picture")
        self.instead = FirstRun()
        self.settings = Settings()

    def compose(self) -> ComposeResult:
        """From the title down."""
        yield self.title
        yield self.picture
        yield self.instead
        yield self.settings

    def on_mount(self) -> None:
        """Nothing is chosen yet."""
        self.picture.display = False

    def look_again(self) -> None:
        """Files may have come back since."""
        self._unreadable.clear()

    def show(
        self, pictured: Pictured | None, differing: Sequence[str] | None, nothing: Sequence[Sequence[Part]]
    ) -> None:
        """Show this picture from now on; where there is none at all, say ``nothing``."""
        another = pictured != self._shown
        self._shown = pictured
        if pictured is None:
            self.title.show([])
            self.settings.show([])
            self._say_instead(nothing)
            return
        short = self.settings.size.height < 2
        kept = pictured.path in self._kept
        self.title.show(*gallery_wording.title_of(pictured, kept, self.size.width))
        self.settings.show(gallery_wording.settings_rows(pictured, differing, short))
        if pictured.path is None or pictured.is_gone or pictured.path in self._unreadable:
            self._say_instead(gallery_wording.missing_rows(pictured))
        elif another or not self.picture.display:
            self._show_soon()

    def on_picture_unreadable(self, event: Picture.Unreadable) -> None:
        """Say in the picture's place why there is none."""
        event.stop()
        self._unreadable.add(event.path)
        if self._shown is not None and self._shown.path == event.path:
            self._say_instead(gallery_wording.missing_rows(self._shown))

    def _show_soon(self) -> None:
        if self._timer is not None:
            return
        wait = self._last + REST - monotonic()
        if wait <= 0:
            self._show_picture()
        else:
            self._timer = self.set_timer(wait, self._show_picture)

    def _show_picture(self) -> None:
        self._timer, self._last = None, monotonic()
        path = None if self._shown is None else self._shown.path
        if path is not None and path not in self._unreadable:
            if not self.picture.display:
                self.instead.display, self.picture.display = False, True
            self.picture.show(path)

    def _say_instead(self, rows: Sequence[Sequence[Part]]) -> None:
        self.instead.show(rows)
        if self.picture.display:
            self.picture.display, self.instead.display = False, True
        self.picture.path = None
