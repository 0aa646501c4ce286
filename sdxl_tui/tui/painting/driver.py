"""Textual's driver with our line to the terminal: a slow terminal never holds up the event loop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from textual.drivers.linux_driver import LinuxDriver

from sdxl_tui.tui.painting.line import Line
from sdxl_tui.tui.painting.pens import RESET

if TYPE_CHECKING:
    from textual.app import App

    from sdxl_tui.tui.painting.painted import Painted


class LabDriver(LinuxDriver):
    """Hands what is to be written to a line without a limit; the painter keeps it short."""

    def __init__(self, app: App[Any], **options: Any) -> None:
        super().__init__(app, **options)
        self._painted = cast("Painted", app)
        assert self._file is not None
        self.line = Line(self._file.fileno(), self._say_free, self._say_drained)

    def write(self, data: str) -> None:
        """Write this after everything before it, some time."""
        self.line.write(data)

    def start_application_mode(self) -> None:
        """Take the terminal, at the start and whenever the lab comes back to it: what stood there is gone."""
        super().start_application_mode()
        self._loop.call_soon_threadsafe(self._painted.repaint_all)

    def stop_application_mode(self) -> None:
        """Give the terminal back, with nothing of our last colours in its hand."""
        self._painted.rest()
        self.write(RESET)
        super().stop_application_mode()

    def close(self) -> None:
        """Write what is left; a terminal that reads nothing is not waited for."""
        self.line.close()
        super().close()

    def _say_free(self) -> None:
        self._on_loop(self._painted.paint_on)

    def _say_drained(self, count: int, seconds: float) -> None:
        self._on_loop(self._painted.link.learn, count, seconds)

    def _on_loop(self, call: Any, *values: Any) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(call, *values)
