"""The app's side of painting: Textual says what is on the screen, the painter sends it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, Any, cast

from rich.color import ColorSystem
from textual.drivers.linux_driver import LinuxDriver

from sdxl_tui.tui.link_signs import LinkSigns
from sdxl_tui.tui.notes import WARNING, Notes
from sdxl_tui.tui.painting import textual_parts
from sdxl_tui.tui.painting.areas import PictureAreas
from sdxl_tui.tui.painting.painter import Painter
from sdxl_tui.tui.painting.pens import RESET

if TYPE_CHECKING:
    from textual.app import App
    from textual.driver import Driver
    from textual.events import Resize

    from sdxl_tui.tui.link import Link
    from sdxl_tui.tui.painting.driver import LabDriver

SYSTEMS = {
    "truecolor": ColorSystem.TRUECOLOR,
    "256": ColorSystem.EIGHT_BIT,
    "standard": ColorSystem.STANDARD,
}
SETTLING = 2.0
"""Seconds after the start in which terminals tell a size that is known already."""

log = logging.getLogger(__name__)


class Painted:
    """Mix-in before App: only the cells that changed are sent. With a Textual that is not known it does nothing."""

    link: Link
    notes: Notes
    painter: Painter | None = None
    """None: Textual paints by its own means."""
    _takes_over = False
    _began_at = 0.0

    def get_driver_class(self) -> type[Driver]:
        """Textual's driver, with a line of ours where the painter can work."""
        usual = cast("type[Driver]", super().get_driver_class())  # type: ignore[misc]
        reason = textual_parts.obstacle()
        if reason is not None:
            log.warning("The whole of what changes is painted, by Textual's own means: %s.", reason)
        if reason is not None or usual is not LinuxDriver:
            return usual
        from sdxl_tui.tui.painting.driver import LabDriver

        self._takes_over = True
        return LabDriver

    def rest(self) -> None:
        """Send nothing more until the lab has the terminal again."""
        if self.painter is not None:
            self.painter.rests = True

    def repaint_all(self) -> None:
        """Send every cell again: whatever stood in the terminal may be gone."""
        self._began_at = monotonic()
        if self.painter is not None:
            self.painter.rests = False
            self.painter.forget()
            self.painter.pump()

    def forget_pictures(self) -> None:
        """Send the cells of pictures again: a terminal that drops their signs has shifted what stood behind them."""
        if self.painter is not None:
            for area in self.painter.areas.pictures:
                self.painter.forget(area)

    def say_link(self) -> None:
        """Say that pictures are slow here, while they are; whoever set the rate knows it."""
        if self.link.is_thin and self.link.is_measured:
            sentence = f"The link takes {self.link.budget / 1000:.0f} kB/s: previews are small until it is quiet."
            self.notes.put("link", WARNING, sentence)
        else:
            self.notes.clear("link")

    def paint_on(self) -> None:
        """The terminal has taken everything: go on."""
        if self.painter is not None:
            self._guarded(self.painter.pump)

    def on_resize(self, event: Resize) -> None:
        """A terminal of another size may show anything."""
        if self.painter is None:
            return
        if tuple(event.size) != self.painter.size:
            self.painter.drop()
        elif monotonic() - self._began_at > SETTLING:
            self.repaint_all()

    def _display(self, screen: Any, renderable: Any) -> None:
        app = cast("App[Any]", self)
        if not self._takes_over or app.is_headless or not textual_parts.is_paint(renderable):
            super()._display(screen, renderable)  # type: ignore[misc]
            return
        if not textual_parts.is_ready(app):
            app.post_display_hook()
            return
        if self.painter is None:
            self.painter = self._new_painter()
        if self._guarded(lambda: self._take(renderable)):
            app.post_display_hook()
        else:
            app._driver.write(RESET)  # type: ignore[union-attr]
            super()._display(screen, renderable)  # type: ignore[misc]

    def _take(self, update: Any) -> bool:
        """Give an update to the painter; return False where Textual has to write it itself: the size is not known."""
        painter, app = cast("Painter", self.painter), cast("App[Any]", self)
        size = textual_parts.size_of(update)
        if size is not None:
            painter.begin(*size)
        elif not painter.size[0]:
            return False
        painter.take_whole(textual_parts.whole_rows(update))
        painter.take_parts(textual_parts.parts_of_rows(update))
        areas = PictureAreas(textual_parts.picture_areas(app))
        if areas != painter.areas:
            painter.areas = areas
        painter.put_cursor(textual_parts.cursor_of(app))
        painter.holds_frames = textual_parts.can_hold_frames(app)
        painter.pump()
        return True

    def _new_painter(self) -> Painter:
        app = cast("App[Any]", self)
        driver = cast("LabDriver", app._driver)
        system = SYSTEMS.get(app.console.color_system or "", ColorSystem.TRUECOLOR)
        loop = asyncio.get_running_loop()
        LinkSigns(self.link, loop.call_soon_threadsafe)
        return Painter(_Way(driver), self.link, system, loop.call_later)

    def _guarded(self, work: Callable[[], Any]) -> Any:
        """Do a part of the painter's work; should it fail, Textual paints from then on."""
        try:
            return work()
        except Exception:
            log.exception("The painter failed; from now on the whole of what changes is painted, by Textual's means.")
            self.painter, self._takes_over = None, False
            cast("App[Any]", self).screen.refresh()
            return None


class _Way:
    """A driver as the painter sees it."""

    def __init__(self, driver: LabDriver) -> None:
        self._driver = driver

    @property
    def is_free(self) -> bool:
        """Whether everything before is written."""
        return self._driver.line.is_free

    def write(self, text: str) -> None:
        """Write a text after everything before it."""
        self._driver.write(text)
