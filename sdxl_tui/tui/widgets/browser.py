"""What the list and the grid of the gallery share: days of jobs, the picture that is chosen, the keys that walk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.events import Click, MouseScrollDown, MouseScrollUp, Resize
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.style import Style
from textual.visual import Visual

from sdxl_tui.tui import gallery_wording
from sdxl_tui.tui.kept import Kept
from sdxl_tui.tui.roll import Roll
from sdxl_tui.tui.thumbs import Thumb, Thumbs
from sdxl_tui.tui.widgets.day_rows import DayRows
from sdxl_tui.tui.widgets.words import Part, Words

NO_PICTURE = "▒"


class Browser(Words, can_focus=True):
    """Draws only the rows in view. Its cells are jobs or pictures; the chosen one is always a picture."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"browser--chosen"}
    HEADING: ClassVar[int] = 1
    """Lines above the cells of a day."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "step(-1)", "picture before", id="browser.left", tooltip="The picture before"),
        Binding("right", "step(1)", "next picture", id="browser.right", tooltip="The next picture"),
        Binding("up", "move(-1)", "up", id="browser.up", tooltip="A row up: newer"),
        Binding("down,j", "move(1)", "down", id="browser.down", tooltip="A row down: earlier"),
        Binding("pageup", "page(-1)", "page up", id="browser.page_up", tooltip="A page up"),
        Binding("pagedown", "page(1)", "page down", id="browser.page_down", tooltip="A page down"),
        Binding("home", "go(0)", "newest", id="browser.first", tooltip="The newest picture of all"),
        Binding("end", "go(-1)", "oldest", id="browser.last", tooltip="The oldest picture of all"),
    ]

    @dataclass
    class Chosen(Message):
        """Another picture is chosen."""

        at: int
        """Its place among all pictures."""
        opened: bool = False
        """Whether a click on the chosen one asks to see it large."""

    @dataclass
    class Wanted(Message):
        """The lines of these jobs are looked at, or will be next."""

        jobs: range

    def __init__(self, kept: Kept, thumbs: Thumbs) -> None:
        super().__init__()
        self.kept, self.thumbs = kept, thumbs
        self.roll = Roll(Path())
        self.at = 0
        """The chosen place of the roll."""
        self.top = 0
        """The first line in view."""
        self.nothing: tuple[Part, ...] = ()
        """What stands here while there is no cell."""
        self._days = DayRows([], 0, 1, 1, 1)

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

    def cell_of(self, place: int) -> int:
        """The cell that a place of the roll stands in."""
        raise NotImplementedError

    def first_of(self, cell: int) -> int:
        """The place that is chosen with a cell."""
        raise NotImplementedError

    def thumb_of(self, cell: int) -> Thumb | None:
        """The small picture of a cell; None: its job made none."""
        raise NotImplementedError

    def cell_strip(self, cell: int, line: int) -> Strip:
        """One row of a cell."""
        raise NotImplementedError

    # What is shown

    def show(self, roll: Roll, at: int) -> None:
        """Show this roll from now on."""
        self.roll = roll
        self.at = max(0, min(at, roll.places - 1))
        self._lay_out()

    def show_lines(self) -> None:
        """Show the lines that were read meanwhile."""
        self.refresh()
        self._want()

    def choose(self, at: int, *, tell: bool = True) -> None:
        """Choose this place, and bring it into view."""
        at = max(0, min(at, self.roll.places - 1))
        if at == self.at or not self.roll.places:
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
        """One row of the screen: a heading, or a row of each cell beside the others."""
        width, line = self.size.width, self.top + y
        if line >= self._days.lines:
            said = [(" ", ""), *self.nothing] if y == 0 and self.nothing and not self._days.lines else []
            return self.words_strip(said, [], width) if said else Strip.blank(width, self.rich_style)
        row, day, within = self._days.at_line(line)
        if row is None:
            return self._heading(day, within)
        cells = self._days.cells_of(row)
        return Strip.join(self.cell_strip(cell, within) for cell in cells).adjust_cell_length(width, self.rich_style)

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

    def draw_anew(self) -> None:
        """Draw the small pictures in the cells of now."""
        self._want()
        self.refresh()

    # What the keys and the mouse do

    def action_step(self, distance: int) -> None:
        """Walk picture by picture."""
        self.choose(self.at + distance)

    def action_move(self, rows: int) -> None:
        """Walk row by row."""
        if not self.roll.places:
            return
        cell = self.cell_of(self.at)
        row = self._days.row_of(cell)
        column = cell - self._days.cells_of(row).start
        if abs(rows) == 1 and not 0 <= row + rows < self._days.rows:
            return
        cells = self._days.cells_of(max(0, min(row + rows, self._days.rows - 1)))
        self.choose(self.first_of(min(cells.start + column, cells.stop - 1)))

    def action_page(self, pages: int) -> None:
        """Walk by as many rows as there are in view."""
        self.action_move(pages * max(2, self.rows_in_view))

    def action_go(self, at: int) -> None:
        """Go to one end."""
        self.choose(at if at >= 0 else self.roll.places - 1)

    def on_click(self, event: Click) -> None:
        """Choose what is under the mouse; the chosen one is opened."""
        if not 0 <= self.top + event.y < self._days.lines:
            return
        row, _, _ = self._days.at_line(self.top + event.y)
        if row is None:
            return
        cells = self._days.cells_of(row)
        cell = cells.start + min(event.x * self.columns // max(1, self.size.width), self.columns - 1)
        if cell in cells:
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
        self._lay_out()

    @property
    def rows_in_view(self) -> int:
        """Whole rows of cells that fit."""
        return max(1, self.size.height // self.cell_height)

    def _lay_out(self) -> None:
        firsts = [self.cell_of(self.roll.places_of(job).start) for _, job in self.roll.days]
        self._days = DayRows(firsts, self.cells(), self.columns, self.cell_height, self.HEADING)
        self._scroll()
        self.refresh()
        self._want()

    def _scroll(self) -> bool:
        """Move the lines so that the chosen row is in view and none is wasted; return whether they moved."""
        top = 0
        if self.roll.places:
            height = self.size.height
            row = self._days.row_of(self.cell_of(self.at))
            first = self._days.top_of(row, with_heading=True)
            end = self._days.top_of(row) + self.used_height
            top = min(max(self.top, end - height), first, max(0, self._days.lines - height))
            top = max(top, end - height)
        top = max(0, top)
        moved, self.top = top != self.top, top
        return moved

    @property
    def used_height(self) -> int:
        """Lines of a cell without the gap below it."""
        return self.cell_height

    def _want(self) -> None:
        if not self.size.area or not self.roll.places:
            return
        wanted = [thumb for thumb in map(self.thumb_of, self._cells_in_view()) if thumb is not None]
        self.thumbs.want(self, wanted, lambda thumb: self.call_later(self._show_thumb, thumb))
        cells = self._cells_in_view()
        jobs = [self.roll.job_at(self.first_of(cell)) for cell in (cells[0], cells[-1], self.cell_of(self.at))]
        ahead = len(cells)
        wider = range(max(0, min(jobs) - ahead), min(max(jobs) + ahead + 1, self.roll.jobs))
        if self.roll.missing(range(min(jobs), max(jobs) + 1)):
            self.post_message(self.Wanted(wider))

    def _show_thumb(self, thumb: Thumb) -> None:
        """Paint the cells that waited for it, and nothing else."""
        self.refresh(*(self._region(cell) for cell in self._cells_in_view() if self.thumb_of(cell) == thumb))

    def _cells_in_view(self) -> range:
        last = min(self.top + self.size.height, self._days.lines) - 1
        rows = [row for line in (self.top, last) if (row := self._row_near(line)) is not None]
        return range(self._days.cells_of(rows[0]).start, self._days.cells_of(rows[-1]).stop)

    def _row_near(self, line: int) -> int:
        """The row that a line shows; of a heading the one below it."""
        row, _, _ = self._days.at_line(line)
        while row is None:
            line += 1
            row, _, _ = self._days.at_line(line)
        return row

    def _region(self, cell: int) -> Region:
        row = self._days.row_of(cell)
        width = self.size.width // self.columns
        column = cell - self._days.cells_of(row).start
        return Region(column * width, self._days.top_of(row) - self.top, width, self.cell_height)

    def _heading(self, day: int, line: int) -> Strip:
        """The day's name, and how many jobs of it are here."""
        name, first = self.roll.days[day]
        end = self.roll.days[day + 1][1] if day + 1 < len(self.roll.days) else self.roll.jobs
        count = end - first if self.roll.is_whole else None
        return self.words_strip(*gallery_wording.heading_parts(name, date.today(), count), self.size.width)

    def _parts(self, parts: Sequence[Part]) -> Content:
        # Partial, so that the row under the cursor keeps its background under the words.
        said = map(self.worded, parts)
        return Content.assemble(*((text, self.look(kind, partial=True)) if kind else text for text, kind in said))

    def _strip(self, content: Content, width: int, style: Style) -> Strip:
        strips = Visual.to_strips(self, content, width, 1, style)
        return strips[0].adjust_cell_length(width, style.rich_style) if strips else Strip.blank(width)
