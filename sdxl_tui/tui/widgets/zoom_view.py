"""A picture as large as its place and larger; only what is in view is resampled."""

from __future__ import annotations

import logging
import math
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.events import MouseScrollDown, MouseScrollUp, Resize
from textual.message import Message
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from sdxl_tui.tui.view import View, draw
from sdxl_tui.tui.widgets.cells import contained, grain_in_force, strips_of

if TYPE_CHECKING:  # Pillow waits until there is a picture
    from PIL import Image

STEP = math.sqrt(2)
LARGEST = 4.0
"""Subpixels, across, that one pixel of the picture takes at most."""
PAN = 1 / 8
"""Share of the view that one arrow moves."""
MAP = (22, 11)
"""Cells of the position map at most; a fifth of the window's columns and a third of its rows."""
NARROWEST_WITH_MAP = 60
OPEN = 3
"""Decoded pictures that are held: the one in view and its neighbours."""
READY = 6
"""Drawn views that are held, so that walking there and back shows them at once."""
REST = 0.2
"""Seconds in one place, after which its neighbours are drawn for it too."""

log = logging.getLogger(__name__)


class ZoomView(Widget):
    """Shows a part of one picture. The one before stays until the next one is drawn."""

    IS_PICTURE = True

    COMPONENT_CLASSES: ClassVar[set[str]] = {"zoom-view--frame", "zoom-view--lamp"}

    @dataclass
    class Opened(Message):
        """A picture was read, off the event loop."""

        path: Path
        picture: Image.Image

    @dataclass
    class Drawn(Message):
        """A view was drawn, off the event loop."""

        view: View
        strips: list[Strip]

    @dataclass
    class Moved(Message):
        """Another part is in view, or another picture."""

        view: View | None

    @dataclass
    class Unreadable(Message):
        """A picture cannot be shown."""

        path: Path
        reason: str

    def __init__(self) -> None:
        super().__init__()
        self._path: Path | None = None
        self._pictures: OrderedDict[Path, Image.Image] = OrderedDict()
        self._scale: float | None = None
        """None: as large as the place."""
        self._centre = (0.5, 0.5)
        """Of the view, as shares of the picture: the next picture of a batch is looked at in the same place."""
        self._drawing = False
        self._drawn: View | None = None
        self._strips: list[Strip] = []
        self._near: tuple[Path, ...] = ()
        self._unreadable: set[Path] = set()
        self._ready: OrderedDict[View, list[Strip]] = OrderedDict()
        self._rest_timer: Timer | None = None

    # What the screen asks for

    def show(self, path: Path) -> None:
        """Show this picture from now on, at the scale and the place of the one before."""
        self._path = path
        if path in self._pictures:
            self._look()
        else:
            self.run_worker(lambda: self._open(path), thread=True, exit_on_error=False, group="open")

    def expect(self, paths: Iterable[Path]) -> None:
        """Draw these, too, in the same place, as soon as there is time: one of them may be asked for next."""
        self._near = tuple(paths)[: OPEN - 1]
        self._rest()

    def show_picture(self, path: Path, picture: Image.Image) -> None:
        """Show a picture that is in memory only; ``path`` is what it is known by."""
        self._path, self._pictures[path] = path, picture
        self._look()

    def clear(self) -> None:
        """Show nothing but the mat."""
        self._strips, self._drawn = [], None
        self.refresh()

    def fit(self) -> None:
        """As large as the place."""
        self._scale = None
        self._look()

    def one_to_one(self) -> None:
        """One subpixel, across, for each pixel of the picture: nothing is left out from left to right."""
        self._scale = 1.0
        self._look()

    def zoom(self, steps: int) -> None:
        """Larger or smaller by steps; 1:1 is never stepped over."""
        fit = self._fit_scale(self._path)
        if fit is None:
            return
        before = fit if self._scale is None else self._scale
        after = before * STEP**steps
        for stop in (1.0, fit):
            if min(before, after) < stop < max(before, after) and abs(before - stop) > 1e-6:
                after = stop
                break
        after = max(min(fit, 1.0), min(after, max(LARGEST, fit)))
        self._scale = None if abs(after - fit) < 1e-6 else after
        self._look()

    def pan(self, across: int, down: int, *, page: bool = False) -> None:
        """Move the view by a part of itself."""
        view = self._view()
        if view is not None:
            share = 1.0 if page else PAN
            moves = (across * share * view.part[0] / view.whole[0], down * share * view.part[1] / view.whole[1])
            self._centre = (self._centre[0] + moves[0], self._centre[1] + moves[1])
            self._look()

    def render_line(self, y: int) -> Strip:
        """One row: the mat, and on it the row of the picture."""
        mat, width = self.rich_style, self.size.width
        row = y - max(0, (self.size.height - len(self._strips)) // 2)
        if not 0 <= row < len(self._strips):
            return Strip.blank(width, mat)
        strip = self._strips[row]
        left = max(0, (width - strip.cell_length) // 2)
        return Strip.join([Strip.blank(left, mat), strip]).adjust_cell_length(width, mat)

    # What happens

    def draw_anew(self) -> None:
        """Draw it in the cells of now."""
        self._drawn = None
        self._look()

    def on_resize(self, event: Resize) -> None:
        """Draw it again for the new place."""
        self._look()

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """Larger."""
        self.zoom(1)

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        """Smaller."""
        self.zoom(-1)

    def on_zoom_view_opened(self, event: Opened) -> None:
        """Keep what was read, and show it if it is still wanted."""
        event.stop()
        self._pictures[event.path] = event.picture
        if self._path is not None and self._path in self._pictures:
            self._pictures.move_to_end(self._path)
        while len(self._pictures) > OPEN:
            self._pictures.popitem(last=False)
        self._look()

    def on_zoom_view_drawn(self, event: Drawn) -> None:
        """Show what was drawn; go on with what was asked for meanwhile."""
        event.stop()
        self._drawing = False
        self._ready[event.view] = event.strips
        while len(self._ready) > READY:
            self._ready.popitem(last=False)
        if event.view.path == self._path:
            self._drawn, self._strips = event.view, event.strips
            self.refresh()
        self._look()

    def _look(self) -> None:
        view = self._view()
        if view is None:
            return
        self._centre = (
            (view.corner[0] + view.part[0] / 2) / view.whole[0],
            (view.corner[1] + view.part[1] / 2) / view.whole[1],
        )
        self.post_message(self.Moved(view))
        if view != self._drawn and view in self._ready:
            self._drawn, self._strips = view, self._ready[view]
            self.refresh()
        if view != self._drawn:
            self._begin_to_draw(view)
        else:
            self._rest()

    def _begin_to_draw(self, view: View) -> None:
        if not self._drawing:
            self._drawing = True
            picture = self._pictures[view.path]
            self.run_worker(lambda: self._draw(view, picture), thread=True, exit_on_error=False, group="draw")

    def _rest(self) -> None:
        if self._rest_timer is not None:
            self._rest_timer.stop()
        self._rest_timer = self.set_timer(REST, self._prepare) if self._near and self.is_mounted else None

    def _prepare(self) -> None:
        """Read or draw the first neighbour that is not ready; what comes of it asks for the next one."""
        for path in self._near:
            if path in self._unreadable or path == self._path:
                continue
            if path not in self._pictures:
                self.run_worker(lambda path=path: self._open(path), thread=True, exit_on_error=False, group="open")
                return
            view = self._view(path)
            if view is not None and view not in self._ready:
                self._begin_to_draw(view)
                return

    def _fit_scale(self, path: Path | None) -> float | None:
        picture = self._pictures.get(path) if path else None
        if picture is None or not self.size.area:
            return None
        across = grain_in_force().across
        return across * min(self.size.width / picture.width, 2 * self.size.height / picture.height)

    def _view(self, path: Path | None = None) -> View | None:
        """What would be in view of a picture; without a path, of the one that is to be shown."""
        path = path or self._path
        fit = self._fit_scale(path)
        if fit is None or path is None:
            return None
        whole = self._pictures[path].size
        scale, grain = fit if self._scale is None else self._scale, grain_in_force()
        size = scale / grain.across
        columns = max(1, min(self.size.width, round(whole[0] * size)))
        rows = max(1, min(self.size.height, round(whole[1] * size / 2)))
        part = (min(float(whole[0]), columns / size), min(float(whole[1]), 2 * rows / size))
        if self._scale is None:
            part = (float(whole[0]), float(whole[1]))
        corner = (
            max(0.0, min(self._centre[0] * whole[0] - part[0] / 2, whole[0] - part[0])),
            max(0.0, min(self._centre[1] * whole[1] - part[1] / 2, whole[1] - part[1])),
        )
        map_cells = None
        if part != whole and self.size.width >= NARROWEST_WITH_MAP:
            most = (min(MAP[0], self.size.width // 5), min(MAP[1], self.size.height // 3))
            map_cells = contained(*whole, *most)
        frame = self.get_component_styles("zoom-view--frame").color.rgb
        lamp = self.get_component_styles("zoom-view--lamp").color.rgb
        return View(path, whole, corner, part, (columns, rows), scale, grain, map_cells, frame, lamp)

    # On other threads

    def _open(self, path: Path) -> None:
        from PIL import Image

        try:
            with Image.open(path) as picture:
                read = picture.convert("RGB")
        except Exception as error:
            if not isinstance(error, FileNotFoundError):
                log.warning("%s cannot be shown", path, exc_info=True)
            reason = "it is not there any more" if isinstance(error, FileNotFoundError) else str(error)
            self._unreadable.add(path)
            if path == self._path:
                self.post_message(self.Unreadable(path, reason))
        else:
            self.post_message(self.Opened(path, read))

    def _draw(self, view: View, picture: Image.Image) -> None:
        self.post_message(self.Drawn(view, strips_of(draw(view, picture), view.grain)))
