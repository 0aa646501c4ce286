"""What goes to the terminal beside the painted cells: titles, bells, the clipboard, and the data of pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from sdxl_tui.tui.painting.extras import Laid, Parcel

if TYPE_CHECKING:
    from textual.geometry import Region

    from sdxl_tui.tui.painting.painter import Painter


class Outlet:
    """The one way to the terminal for what Textual does not paint itself. To be called on the event loop."""

    def __init__(self, app: Any) -> None:
        self._app = app

    @property
    def _painter(self) -> Painter | None:
        painter: Painter | None = self._app.painter
        return painter

    def say(self, sequence: str) -> None:
        """Send an escape sequence at once, in order with what is painted; without a terminal nothing happens."""
        if self._painter is not None:
            self._painter.extras.said.append(sequence)
            self._painter.pump()
            return
        driver = self._app._driver
        if driver is not None and not self._app.is_headless:
            driver.write(sequence)
            driver.flush()

    def say_at_the_end(self, sequence: str) -> None:
        """Send an escape sequence behind what is on its way already; what still waits is not sent any more."""
        driver = self._app._driver
        if driver is not None and not self._app.is_headless:
            driver.write(sequence)

    def send(self, name: str, pieces: Sequence[str], then: Callable[[], None], closing: str = "") -> None:
        """Send a picture's data piece by piece, as the link takes it, and call ``then`` when all is on its way.

        Cells are painted between two pieces. What was asked for under the same name is dropped; what has begun of it
        is ended by its ``closing`` piece.
        """
        if self._painter is not None:
            self._painter.extras.send(name, Parcel(pieces, then, closing))
            self._painter.pump()
            return
        for piece in pieces:
            self.say(piece)
        then()

    def drop(self, name: str) -> None:
        """Take back what still waits under a name; nobody is told."""
        if self._painter is not None:
            self._painter.extras.drop(name)

    def lay(self, name: str, region: Region, data: str) -> None:
        """Keep this picture (sixel) on the cells of a region of the screen: it is sent now, and again whenever a cell
        of it was painted. Whoever moves, covers or hides it lifts it first."""
        if self._painter is not None:
            area = (region.x, region.y, region.right, region.bottom)
            self._painter.extras.lay(name, Laid(area, data))
            self._painter.pump()
            return
        self.say(f"\x1b7\x1b[{region.y + 1};{region.x + 1}H{data}\x1b8")

    def lift(self, name: str) -> None:
        """Take that picture away: its cells are painted again."""
        painter = self._painter
        if painter is not None and (area := painter.extras.lift(name)) is not None:
            painter.forget(area)
            painter.pump()
