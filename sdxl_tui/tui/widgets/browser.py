"""What the list and the grid of the gallery share: the jobs, the picture that is chosen, the keys that walk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.events import Click, MouseScrollDown, MouseScrollUp, Resize
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.style import Style
from textual.visual import Visual

from sdxl_tui.tui.kept import Kept
from sdxl_tui.tui.pictured import Pictured
from sdxl_tui.tui.thumbs import Thumb, Thumbs
from sdxl_tui.tui.widgets.words import Part, Words

Jobs = Sequence[Sequence[Pictured]]
"""The pictures of each job; one without a path where there is none."""

NO_PICTURE = "▒"


class Browser(Words, can_focus=True):
    """Draws only the rows in view. Its cells are jobs or pictures; the chosen one is always a picture."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"browser--chosen"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "step(-1)", "picture before", id="browser.left", tooltip="The picture before"),
        Binding("right", "step(1)", "next picture", id="browser.right", tooltip="The next picture"),
        Binding("up", "move(-1)", "up", id="browser.up", tooltip="A row up: newer"),
        Binding("down,j", "move(1)", "down", id="browser.down", tooltip="A row down: earlier"),
        Binding("pageup", "page(-1)", "page up", id="browser.pageup", tooltip="A page up"),
        Binding("pagedown", "page(1)", "page down", id="browser.pagedown", tooltip="A page down"),
        Binding("home", "go(0)", "newest", id="browser.home", tooltip="The newest picture of the day"),
        Binding("end", "go(-1)", "first of the day", id="browser.end", tooltip="The first picture of the day"),
    ]

    @dataclass
    class Chosen(Message):
        """Another picture is chosen."""

        at: int
        """Its place among all pictures."""
        opened: bool = False
        """Whether a click on the chosen one asks to see it large."""

    def __init__(self, kept: Kept, thumbs: Thumbs) -> None:
        super().__init__()
        self.kept, self.thumbs = kept, thumbs
        self.pictures: list[Pictured] = []
        """All of them, in the order of the jobs."""
        self.jobs: list[range] = []
        """The places of each job's pictures."""
        self.at = 0
        self.top = 0
        """The first row of cells in view."""

    # What a subclass says about its cells

    @property
    def columns(self) -> int:
        """Cells beside each other."""
        return 1

    @property
    def cell_height(self) -> int:
        """Rows of the screen that a row of cells takes."""
        raise NotImplementedError

    def cells(self) -> int:
        """How many cells there are."""
        raise NotImplementedError

    def cell_of(self, at: int) -> int:
        """The cell that a picture stands in."""
        raise NotImplementedError

    def first_of(self, cell: int) -> int:
        """The picture that is chosen with a cell."""
        raise NotImplementedError

    def thumb_of(self, cell: int) -> Thumb | None:
        """The small picture of a cell; None: its job made none."""
        raise NotImplementedError

    def cell_strip(self, cell: int, line: int) -> Strip:
        """One row of a cell."""
        raise NotImplementedError

    # What is shown

    def show(self, jobs: Jobs, at: int) -> None:
        """Show these from now on."""
        self.pictures = [pictured for job in jobs for pictured in job]
        self.jobs = []
        start = 0
        for job in jobs:
            self.jobs.append(range(start, start + len(job)))
            start += len(job)
        self.at = min(at, max(0, len(self.pictures) - 1))
        self._scroll()
        self.refresh()
        self._want()

    def choose(self, at: int, *, tell: bool = True) -> None:
        """Choose the picture at this place, and bring it into view."""
        at = max(0, min(at, len(self.pictures) - 1))
        if at == self.at or not self.pictures:
            return
        before, self.at = self.at, at
        if self._scroll():
            self.refresh()
            self._want()
        else:
            self.refresh(self._region(self.cell_of(before)), self._region(self.cell_of(at)))
        if tell:
            self.post_message(self.Chosen(at))

    def render_line(self, y: int) -> Strip:
        """One row of the screen: a row of each cell beside the others."""
        row, line = self.top + y // self.cell_height, y % self.cell_height
        here = range(row * self.columns, min((row + 1) * self.columns, self.cells()))
        width = self.size.width
        return Strip.join(self.cell_strip(cell, line) for cell in here).adjust_cell_length(width, self.rich_style)

    def words_strip(self, left: Sequence[Part], right: Sequence[Part], width: int, *, chosen: bool = False) -> Strip:
        """Words at both ends of a row."""
        if width <= 0:
            return Strip([])
        style = self.get_visual_style("browser--chosen") if chosen else self.visual_style
        end = self._parts(right)
        room = width - end.cell_length - (1 if right else 0)
        start = self._parts(left).truncate(max(0, room), ellipsis=True)
        gap = " " * max(0, width - start.cell_length - end.cell_length)
        return self._strip(Content.assemble(start, gap, end), width, style)

    def thumb_strip(self, cell: int, line: int, columns: int) -> Strip:
        """One row of a cell's small picture."""
        thumb = self.thumb_of(cell)
        drawn = None if thumb is None else self.thumbs.get(thumb)
        if thumb is not None and drawn is None:
            return Strip.blank(columns, self.rich_style)
        if not drawn:
            return self.words_strip([(NO_PICTURE * columns, "track")], [], columns)
        blank = (thumb.rows - len(drawn)) // 2 if thumb else 0
        if not 0 <= line - blank < len(drawn):
            return Strip.blank(columns, self.rich_style)
        strip = drawn[line - blank]
        left = (columns - strip.cell_length) // 2
        return Strip.join([Strip.blank(left, self.rich_style), strip]).adjust_cell_length(columns, self.rich_style)

    # What the keys and the mouse do

    def action_step(self, distance: int) -> None:
        """Walk picture by picture."""
        self.choose(self.at + distance)

    def action_move(self, rows: int) -> None:
        """Walk row by row."""
        cell = self.cell_of(self.at) + rows * self.columns
        if 0 <= cell < self.cells():
            self.choose(self.first_of(cell))
        elif abs(rows) > 1 and self.cells():
            self.choose(self.first_of(0 if rows < 0 else self.cells() - 1))

    def action_page(self, pages: int) -> None:
        """Walk by as many rows as there are in view."""
        self.action_move(pages * max(2, self.rows_in_view))

    def action_go(self, at: int) -> None:
        """Go to one end."""
        self.choose(at if at >= 0 else len(self.pictures) - 1)

    def on_click(self, event: Click) -> None:
        """Choose what is under the mouse; the chosen one is opened."""
        row = self.top + event.y // self.cell_height
        cell = row * self.columns + min(event.x * self.columns // max(1, self.size.width), self.columns - 1)
        if 0 <= cell < self.cells():
            if cell == self.cell_of(self.at):
                self.post_message(self.Chosen(self.at, opened=True))
            else:
                self.choose(self.first_of(cell))

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        """Go to earlier ones."""
        self.action_move(1)

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """Go to newer ones."""
        self.action_move(-1)

    def on_resize(self, event: Resize) -> None:
        """Keep the chosen one in view."""
        self._scroll()
        self._want()
        self.refresh()

    @property
    def rows_in_view(self) -> int:
        """Whole rows of cells that fit."""
        return max(1, self.size.height // self.cell_height)

    def _scroll(self) -> bool:
        """Move the rows so that the chosen one is in view and none is wasted; return whether they moved."""
        row = self.cell_of(self.at) // self.columns if self.pictures else 0
        last = max(0, -(-self.cells() // self.columns) - self.rows_in_view)
        top = min(max(self.top, row - self.rows_in_view + 1), row, last)
        moved, self.top = top != self.top, top
        return moved

    def _want(self) -> None:
        if not self.size.area:
            return
        wanted = [thumb for thumb in map(self.thumb_of, self._cells_in_view()) if thumb is not None]
        self.thumbs.want(self, wanted, lambda thumb: self.call_later(self._show_thumb, thumb))

    def _show_thumb(self, thumb: Thumb) -> None:
        """Paint the cells that waited for it, and nothing else."""
        self.refresh(*(self._region(cell) for cell in self._cells_in_view() if self.thumb_of(cell) == thumb))

    def _cells_in_view(self) -> range:
        first = self.top * self.columns
        rows = -(-self.size.height // self.cell_height)
        return range(first, min(first + rows * self.columns, self.cells()))

    def _region(self, cell: int) -> Region:
        row, column = divmod(cell, self.columns)
        width = self.size.width // self.columns
        return Region(column * width, (row - self.top) * self.cell_height, width, self.cell_height)

    def _parts(self, parts: Sequence[Part]) -> Content:
        # Partial, so that the row under the cursor keeps its background under the words.
        return Content.assemble(*((text, self.look(kind, partial=True)) if kind else text for text, kind in parts))

    def _strip(self, content: Content, width: int, style: Style) -> Strip:
        strips = Visual.to_strips(self, content, width, 1, style)
        return strips[0].adjust_cell_length(width, style.rich_style) if strips else Strip.blank(width)
