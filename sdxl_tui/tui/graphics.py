"""The terminal's own graphics in a picture's place: kitty's as cells like any others, sixel laid over blank ones.

Only the Picture widget has them. Zoom and compare stay with cells: they are drawn anew at every key, which in graphics
would be a megabyte each.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual.events import Resize, ScreenResume, ScreenSuspend
from textual.geometry import Region
from textual.message import Message

from sdxl_tui.tui import kitty
from sdxl_tui.tui.pixels import THIN_PIXELS, cell_size, fitted, png_of

if TYPE_CHECKING:
    from sdxl_tui.tui.looks import Looks
    from sdxl_tui.tui.widgets.picture import Picture

Wanted = tuple[Path, int, int]
"""A picture and the cells there are for it."""

THIN_COLOURS = 32
"""Of a sixel picture on a thin link."""
SAMPLES = 5
"""Places across and down at which is looked whether anything covers a picture."""


@dataclass(frozen=True)
class Graphic:
    """A picture as the terminal takes it, and the cells it covers."""

    wanted: Wanted
    columns: int
    rows: int
    data: bytes | str


class Graphics(ABC):
    """What a Picture needs of one kind of graphics. On the event loop, but for ``prepare``."""

    way: ClassVar[str]

    def __init__(self, picture: Picture, looks: Looks) -> None:
        self._picture, self._looks = picture, looks
        self._name = f"picture {id(picture):x}"

    @property
    def _is_thin(self) -> bool:
        return self._looks.link.is_thin

    @abstractmethod
    def show(self, wanted: Wanted) -> bool:
        """Show a picture if it is ready; else return False."""

    @abstractmethod
    def prepare(self, wanted: Wanted) -> Graphic:
        """Read a picture and make it ready. For a worker thread; raises what Pillow raises."""

    @abstractmethod
    def take(self, graphic: Graphic, wanted: Wanted | None) -> None:
        """Send what was made ready, if it is what is ``wanted`` now."""

    @abstractmethod
    def leave(self) -> None:
        """Something else stands in the picture's place now."""

    def end(self) -> None:
        """Pictures are shown in another way from now on."""
        self.leave()


class KittyGraphics(Graphics):
    """Cells that stand for a picture of the terminal's store; they are shown when all of it is on its way."""

    way = "kitty"
    _shown = 0
    """The number of the picture whose cells stand there; 0: none."""

    def show(self, wanted: Wanted) -> bool:
        """Show a picture that is in the store."""
        stored = self._looks.kitty.find(wanted)
        if stored is None:
            return False
        if self._shown != stored.id:
            mat = self._picture.rich_style
            self._picture.put(kitty.placeholders(stored.id, stored.columns, stored.rows, mat))
            self._shown = stored.id
        self._looks.kitty.hold(self, wanted)
        return True

    def prepare(self, wanted: Wanted) -> Graphic:
        """Fit it into the cells' pixels, as PNG."""
        path, columns, rows = wanted
        if self._looks.kitty.in_tmux and self._picture.region.right >= self._picture.app.size.width:
            columns -= 1  # tmux 3.3 gives the marks of a letter in the last column to the one before.
        place = max(1, min(columns, kitty.MOST_CELLS)), min(rows, kitty.MOST_CELLS)
        is_thin = self._is_thin
        found = fitted(path, *place, cell_size(self._looks.facts.cell), THIN_PIXELS if is_thin else None)
        return Graphic(wanted, found.columns, found.rows, png_of(found.image, is_thin=is_thin))

    def take(self, graphic: Graphic, wanted: Wanted | None) -> None:
        """Send it, and show it when it is there."""
        if graphic.wanted == wanted and isinstance(graphic.data, bytes):
            then = partial(self._arrived, graphic.wanted)
            self._looks.kitty.send(self._name, wanted, graphic.columns, graphic.rows, graphic.data, then)

    def leave(self) -> None:
        """The store may delete it."""
        self._shown = 0
        self._looks.kitty.hold(self, None)

    def _arrived(self, wanted: Wanted) -> None:
        if self._picture.wants(wanted, self):
            self.show(wanted)


class SixelGraphics(Graphics):
    """A picture laid over blank cells, as long as nothing else is on them."""

    way = "sixel"

    def __init__(self, picture: Picture, looks: Looks) -> None:
        super().__init__(picture, looks)
        self._ready: Graphic | None = None
        self._laid: tuple[Region, Graphic] | None = None
        picture.screen.message_signal.subscribe(picture, self._follow, immediate=True)
        picture.screen.screen_layout_refresh_signal.subscribe(picture, self._settle_soon, immediate=True)

    def show(self, wanted: Wanted) -> bool:
        """Lay it again if it is the one at hand."""
        if self._ready is None or self._ready.wanted != wanted:
            return False
        self._settle_soon()
        return True

    def prepare(self, wanted: Wanted) -> Graphic:
        """Fit it into the cells' pixels, as one sequence."""
        from sdxl_tui.tui import sixel

        path, columns, rows = wanted
        found = fitted(path, columns, rows, cell_size(self._looks.facts.cell))
        colours = THIN_COLOURS if self._is_thin else sixel.COLOURS
        return Graphic(wanted, found.columns, found.rows, sixel.encoded(found.image, colours))

    def take(self, graphic: Graphic, wanted: Wanted | None) -> None:
        """Blank the cells, and lay it when they are."""
        if graphic.wanted == wanted:
            self._picture.put([])
            self._ready = graphic
            self._settle_soon()

    def leave(self) -> None:
        """Lift it."""
        self._ready = None
        self._lift()

    def end(self) -> None:
        """Lift it, and follow the screen no more."""
        self.leave()
        self._picture.screen.message_signal.unsubscribe(self._picture)
        self._picture.screen.screen_layout_refresh_signal.unsubscribe(self._picture)

    def _follow(self, message: Message) -> None:
        if isinstance(message, (ScreenSuspend, ScreenResume, Resize)):
            self._settle_soon()

    def _settle_soon(self, _: Any = None) -> None:
        """When the screen in front has its new layout."""
        if self._picture.app.screen_stack:
            self._picture.app.screen.call_after_refresh(self._settle)

    def _settle(self) -> None:
        """Lay the picture where it belongs, or lift it where it is out of sight."""
        ready = self._ready
        if ready is None:
            return
        place = self._picture.content_region
        left, top = max(0, (place.width - ready.columns) // 2), max(0, (place.height - ready.rows) // 2)
        region = Region(place.x + left, place.y + top, ready.columns, ready.rows)
        if not self._is_in_sight(region):
            self._lift()
        elif self._laid != (region, ready):
            self._lift()
            assert isinstance(ready.data, str)
            self._looks.outlet.lay(self._name, region, ready.data)
            self._laid = (region, ready)

    def _lift(self) -> None:
        if self._laid is not None:
            self._looks.outlet.lift(self._name)
            self._laid = None

    def _is_in_sight(self, region: Region) -> bool:
        picture, stack = self._picture, self._picture.app.screen_stack
        if not picture.is_attached or picture.screen not in stack or not picture.screen.region.contains_region(region):
            return False
        for above in stack[stack.index(picture.screen) + 1 :]:
            if above.styles.background.a == 1 or any(
                child.region.overlaps(region) for child in above.displayed_children
            ):
                return False
        columns = {region.x + (region.width - 1) * part // (SAMPLES - 1) for part in range(SAMPLES)}
        rows = {region.y + (region.height - 1) * part // (SAMPLES - 1) for part in range(SAMPLES)}
        return all(picture.screen.get_widget_at(x, y)[0] is picture for x in columns for y in rows)


GRAPHICS: dict[str, type[Graphics]] = {each.way: each for each in (KittyGraphics, SixelGraphics)}
