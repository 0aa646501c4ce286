"""What goes to the terminal beside the painted cells: titles, bells, the clipboard, and the data of pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from textual.app import App
    from textual.geometry import Region


class Outlet:
    """The one way to the terminal for what Textual does not paint itself. To be called on the event loop."""

    def __init__(self, app: App[Any]) -> None:
        self._app = app

    def say(self, sequence: str) -> None:
        """Send an escape sequence at once; without a terminal nothing happens."""
        driver = self._app._driver
        if driver is not None and not self._app.is_headless:
            driver.write(sequence)
            driver.flush()

    def send(self, name: str, pieces: Sequence[str], then: Callable[[], None]) -> None:
        """Send a picture's data piece by piece, as the link takes it, and call ``then`` when all is on its way.

        Cells are painted between two pieces. What was asked for under the same name and has not begun is dropped.
        """
        for piece in pieces:
            self.say(piece)
        then()

    def lay(self, name: str, region: Region, data: str) -> None:
        """Keep this picture (sixel) on the cells of a region of the screen: it is sent now, and again whenever a cell
        of it was painted. Whoever moves, covers or hides it lifts it first."""
        self.say(f"\x1b7\x1b[{region.y + 1};{region.x + 1}H{data}\x1b8")

    def lift(self, name: str) -> None:
        """Take that picture away: its cells are painted again."""
