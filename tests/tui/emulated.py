"""What a terminal shows of a lab that runs without one: painted by Textual's means, and by ours, side by side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyte
import pytest
from rich.color import ColorSystem
from rich.console import Console
from rich.control import Control
from rich.style import Style
from textual.strip import Strip

from sdxl_tui.tui.painting import textual_parts
from sdxl_tui.tui.painting.painted import SYSTEMS
from sdxl_tui.tui.painting.painter import Painter
from tests.tui.conftest import Lab


class Emulator:
    """A terminal as the painter sees it: it counts what it is sent, and shows it."""

    def __init__(self, columns: int, rows: int) -> None:
        self.screen = pyte.Screen(columns, rows)
        self.stream = pyte.Stream(self.screen)
        self.bytes = 0
        self.sent: list[str] = []
        self.is_free = True

    def write(self, text: str) -> None:
        """Show a text."""
        self.bytes += len(text.encode())
        self.sent.append(text)
        self.stream.feed(text)

    @property
    def text(self) -> str:
        """The characters."""
        return "\n".join(self.screen.display)


def without_memory(patch: pytest.MonkeyPatch) -> None:
    """Let Textual render every strip anew: what it keeps may be of a lab before, with other colours."""
    render, render_style = Strip.render, Strip.render_style

    def anew(strip: Strip, console: Console) -> str:
        strip._render_cache = None
        return render(strip, console)

    def style_anew(style: Style, text: str, color_system: ColorSystem) -> str:
        style._ansi = None
        return render_style(style, text, color_system)

    patch.setattr(Strip, "render", anew)
    patch.setattr(Strip, "render_style", staticmethod(style_anew))


class Painting:
    """Paints the same updates both ways from now on."""

    def __init__(self, lab: Lab) -> None:
        self.lab, self.app = lab, lab.app
        self.sized()
        self._timers: list[Callable[[], None]] = []
        system = SYSTEMS[str(self.app.console.color_system)]
        self.app.painter = Painter(self.ours, self.app.link, system, lambda _, call: self._timers.append(call))
        self.app._display = self._display  # type: ignore[method-assign]
        self.app.screen.refresh()

    def sized(self) -> None:
        """Begin with terminals of the app's size."""
        self.stock, self.ours = Emulator(*self.app.size), Emulator(*self.app.size)
        if self.app.painter is not None:
            self.app.painter._terminal = self.ours
            self.app.painter.forget()

    async def resize(self, columns: int, rows: int) -> None:
        """Give the window another size."""
        for terminal in (self.stock, self.ours):
            terminal.screen.resize(rows, columns)
        await self.lab.pilot.resize_terminal(columns, rows)
        await self.lab.pilot.pause()

    def _display(self, screen: Any, update: Any) -> None:
        if not textual_parts.is_paint(update) or self.app._batch_count:
            return
        cursor = textual_parts.cursor_of(self.app)
        rows = [list(row) for row in getattr(update, "strips", [])]
        if rows:
            update.strips = rows
        usual = update.render_segments(self.app.console)
        usual += Control.move_to(*cursor).segment.text if cursor else ""
        self.stock.write(usual)
        if not self.app._take(update):
            self.ours.write(usual)

    def finish(self) -> None:
        """Let the painter send all that is left."""
        for _ in range(2000):
            if not self.app.painter.is_behind:
                return
            self.app.painter.pump()
            while self._timers:
                self._timers.pop()()
        raise AssertionError("the painter never came to an end")

    def differences(self) -> list[str]:
        """Where the two terminals show something else."""
        self.finish()
        found = []
        for y in range(self.app.size.height):
            for x in range(self.app.size.width):
                stock, ours = self.stock.screen.buffer[y][x], self.ours.screen.buffer[y][x]
                if seen(stock) != seen(ours):
                    found.append(f"{x},{y}: {stock} is painted as {ours}")
        return found


def seen(cell: Any) -> Any:
    """What of a cell is seen: of a blank, nothing but its ground."""
    marks = (cell.underscore, cell.strikethrough, cell.reverse, cell.blink)
    return (" ", cell.bg) if cell.data == " " and not any(marks) else cell
