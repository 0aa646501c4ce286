"""The init image as large as its place, what is repainted of it, and the brush."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

from rich.segment import Segment
from rich.style import Style
from textual.events import MouseDown, MouseMove, MouseUp, Resize
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.masks import Rectangle
from sdxl_tui.tui.mask_drawing import Colour, Drawing, in_pixels, mask_of, overlaid
from sdxl_tui.tui.widgets.cells import contained, grain_in_force, strips_of
from sdxl_tui.tui.widgets.grains import GRAINS, Grain

if TYPE_CHECKING:
    from PIL import Image

    from sdxl_tui.tui.looks import Looks

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Look:
    """All that decides what is seen."""

    grid: tuple[int, int]
    brush: Rectangle
    drawing: Drawing
    lamp: Colour
    frame: Colour
    in_signs: bool
    grain: Grain


class MaskView(Widget):
    """The brush is a rectangle of whole cells; a mask has edges between half cells, a picture finer ones."""

    IS_PICTURE = True

    COMPONENT_CLASSES: ClassVar[set[str]] = {"mask-view--lamp", "mask-view--frame"}

    @dataclass
    class Opened(Message):
        """The picture was read, off the event loop."""

        picture: Image.Image
        base: Image.Image | None

    @dataclass
    class Drawn(Message):
        """What is to be seen was drawn, off the event loop."""

        look: _Look
        strips: list[Strip]

    @dataclass
    class Moved(Message):
        """The brush is elsewhere, or of another size."""

    @dataclass
    class Dragged(Message):
        """The mouse drew a rectangle."""

        rectangle: Rectangle

    @dataclass
    class Unreadable(Message):
        """There is no picture to draw on."""

        reason: str

    def __init__(self, init: Path, size: tuple[int, int], drawing: Drawing) -> None:
        super().__init__(id="mask-view")
        self._init, self._pixels = init, size
        self.drawing = drawing
        self.base: Image.Image | None = None
        self._picture: Image.Image | None = None
        self._brush: tuple[float, float, float, float] = (0.375, 0.375, 0.625, 0.625)
        """Left, top, right, bottom, as shares of the picture: a resize keeps its place."""
        self._drag: tuple[int, int] | None = None
        self._strips: list[Strip] = []
        self._shown: _Look | None = None
        self._works = False

    @property
    def grid(self) -> tuple[int, int]:
        """Columns and rows of the picture."""
        return contained(*self._pixels, max(1, self.size.width), max(1, self.size.height))

    @property
    def brush(self) -> Rectangle:
        """In cells."""
        columns, rows = self.grid
        left, top, right, bottom = self._brush
        first = (min(columns - 1, round(left * columns)), min(rows - 1, round(top * rows)))
        last = (max(first[0] + 1, round(right * columns)), max(first[1] + 1, round(bottom * rows)))
        return Rectangle(*first, min(columns, last[0]), min(rows, last[1]))

    @property
    def brush_in_pixels(self) -> Rectangle:
        """In pixels of the init image."""
        return in_pixels(self.brush, self.grid, self._pixels)

    def show(self, drawing: Drawing) -> None:
        """Show this from now on."""
        self.drawing = drawing
        self._look()

    def move(self, across: int, down: int) -> None:
        """Move the brush by cells, up to the picture's edge."""
        columns, rows = self.grid
        left, top, right, bottom = self.brush
        across = max(-left, min(across, columns - right))
        down = max(-top, min(down, rows - bottom))
        self._put(Rectangle(left + across, top + down, right + across, bottom + down))

    def stretch(self, across: int, down: int) -> None:
        """Move the brush's lower right corner by cells."""
        columns, rows = self.grid
        left, top, right, bottom = self.brush
        right, bottom = max(left + 1, min(columns, right + across)), max(top + 1, min(rows, bottom + down))
        self._put(Rectangle(left, top, right, bottom))

    def render_line(self, y: int) -> Strip:
        """One row: the mat, and on it the row of the picture."""
        mat, width = self.rich_style, self.size.width
        row = y - self._corner[1]
        if not 0 <= row < len(self._strips):
            return Strip.blank(width, mat)
        return Strip.join([Strip.blank(self._corner[0], mat), self._strips[row]]).adjust_cell_length(width, mat)

    def on_mount(self) -> None:
        """Read the picture."""
        self.run_worker(self._open, thread=True, exit_on_error=False, group="open")

    def on_resize(self, event: Resize) -> None:
        """Draw it again for the new place."""
        self.post_message(self.Moved())
        self._look()

    def on_mouse_down(self, event: MouseDown) -> None:
        """Begin a rectangle."""
        self._drag = self._cell(event.x, event.y)
        self.capture_mouse()

    def on_mouse_move(self, event: MouseMove) -> None:
        """Stretch it."""
        if self._drag is not None:
            self._put(self._between(self._drag, self._cell(event.x, event.y)))

    def on_mouse_up(self, event: MouseUp) -> None:
        """It is drawn."""
        if self._drag is None:
            return
        self._put(self._between(self._drag, self._cell(event.x, event.y)))
        self._drag = None
        self.release_mouse()
        self.post_message(self.Dragged(self.brush_in_pixels))

    def on_mask_view_opened(self, event: Opened) -> None:
        """Show what was read."""
        event.stop()
        self._picture, self.base = event.picture, event.base
        self._look()

    def on_mask_view_drawn(self, event: Drawn) -> None:
        """Show what was drawn; go on with what was asked for meanwhile."""
        event.stop()
        self._works = False
        changed = self._changed(event.look)
        self._shown, self._strips = event.look, event.strips
        self.refresh(*changed)
        self._look()

    def _changed(self, look: _Look) -> list[Region]:
        """What is to be painted again: where the brush was and is; nothing stands for all."""
        if self._shown is None or replace(self._shown, brush=look.brush) != look:
            return []
        left, top = self._corner
        return [Region.from_corners(*brush).translate((left, top)) for brush in (self._shown.brush, look.brush)]

    @property
    def _corner(self) -> tuple[int, int]:
        columns, rows = self.grid
        return max(0, (self.size.width - columns) // 2), max(0, (self.size.height - rows) // 2)

    def _cell(self, x: int, y: int) -> tuple[int, int]:
        columns, rows = self.grid
        left, top = self._corner
        return min(columns - 1, max(0, x - left)), min(rows - 1, max(0, y - top))

    def _between(self, one: tuple[int, int], other: tuple[int, int]) -> Rectangle:
        (left, right), (top, bottom) = (sorted(pair) for pair in zip(one, other, strict=True))
        return Rectangle(left, top, right + 1, bottom + 1)

    def _put(self, brush: Rectangle) -> None:
        if brush == self.brush:
            return
        columns, rows = self.grid
        self._brush = (brush.left / columns, brush.top / rows, brush.right / columns, brush.bottom / rows)
        self.post_message(self.Moved())
        self._look()

    def draw_anew(self) -> None:
        """Draw it in the cells of now."""
        self._look()

    def _look(self) -> None:
        if self._picture is None or not self.size.area:
            return
        look = _Look(
            self.grid,
            self.brush,
            self.drawing,
            self.get_component_styles("mask-view--lamp").color.rgb,
            self.get_component_styles("mask-view--frame").color.rgb,
            in_signs=cast("Looks", self.app).images == "off",
            grain=grain_in_force(),
        )
        if look != self._shown and not self._works:
            self._works = True
            picture, base = self._picture, self.base if self.drawing.base is not None else None
            self.run_worker(lambda: self._draw(look, picture, base), thread=True, exit_on_error=False, group="draw")

    # On other threads

    def _open(self) -> None:
        from sdxl_tui.core.source_images import read_init, read_mask

        try:
            init = read_init(self._init)
            base = read_mask(self.drawing.base, init, self._init).image if self.drawing.base is not None else None
        except UserError as error:
            self.post_message(self.Unreadable(str(error)))
        else:
            self.post_message(self.Opened(init.image, base))

    def _draw(self, look: _Look, picture: Image.Image, base: Image.Image | None) -> None:
        from PIL import Image

        grain = GRAINS["half"] if look.in_signs else look.grain
        size = grain.pixels(*look.grid)
        try:
            mask = mask_of(look.drawing, self._pixels, base).resize(size, Image.Resampling.BOX)
        except UserError:
            mask = Image.new("L", size, 0)
        mask = mask.point(lambda value: 255 if value >= 128 else 0)
        left, top, right, bottom = look.brush
        brush = Rectangle(*grain.pixels(left, top), *grain.pixels(right, bottom))
        if look.in_signs:
            strips = _in_signs(mask, look.brush, self.rich_style)
        else:
            small = picture.resize(size, Image.Resampling.BOX, reducing_gap=3.0)
            strips = strips_of(overlaid(small, mask, brush, look.lamp, look.frame), grain)
        self.post_message(self.Drawn(look, strips))


def _in_signs(mask: Image.Image, brush: Rectangle, style: Style) -> list[Strip]:
    """The mask where there are no pictures: a sign for each cell."""
    rows = []
    for y in range(mask.height // 2):
        signs = ""
        for x in range(mask.width):
            inside = brush.left <= x < brush.right and brush.top <= y < brush.bottom
            edge = inside and (x in (brush.left, brush.right - 1) or y in (brush.top, brush.bottom - 1))
            signs += "+" if edge else "▒" if mask.getpixel((x, 2 * y)) else "·"
        rows.append(Strip([Segment(signs, style)], len(signs)))
    return rows
