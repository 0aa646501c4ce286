"""A long list in sections, each below its heading; only the rows in view are ever drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.binding import BindingType
from textual.events import Click, MouseScrollDown, MouseScrollUp, Resize
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from sdxl_tui.tui.keys import walking
from sdxl_tui.tui.widgets.section_rows import LEAD, SWATCH, Row, line_of, lit
from sdxl_tui.tui.widgets.words import Part, Words

BAR = "▌"
WHEEL_ROWS = 3

Place = tuple[str, str]
"""A section, and the key of a row in it; an empty key is its heading, an empty section an empty row."""


class SectionList(Words, can_focus=True):
    """Arrows and ``j`` ``k`` walk, the mouse points; a row that says the same as before is not painted again."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"section-list--selected", "section-list--slot"}
    HELP = "The queue: arrows walk, the mouse points and scrolls, a double click is enter."
    BINDINGS: ClassVar[list[BindingType]] = walking("rows")

    @dataclass
    class Selected(Message):
        """Another row is selected, or what it stands for has changed."""

        place: Place

    @dataclass
    class Pressed(Message):
        """A row was clicked twice, or a heading once."""

        place: Place

    def __init__(self, hands: str, draw: Callable[[Place, int], Row], wanted: Callable[[Sequence[Place]], object]):
        """``draw``: a row, and for how many cells; ``wanted`` is told which rows are in view now."""
        super().__init__(id=hands)
        self.HANDS = hands
        self._draw, self._wanted = draw, wanted
        self._sections: dict[str, Sequence[str]] = {}
        self._rows: list[Place] = []
        self.selected: Place = ("", "")
        """What the keys act on; empty: there is nothing."""
        self._index = 0
        """Its place in its section."""
        self._top = 0
        self._painted: list[tuple[Row, bool]] = []
        self._looks: dict[tuple[str, bool], Style] = {}
        """By the kind of words, and whether they stand on the selected row."""

    def show(self, sections: Mapping[str, Sequence[str]]) -> None:
        """Show these rows from now on, each section under its heading.

        What is selected stays so while its section has it; then its place in the section is.
        """
        section, key = self.selected
        self._sections = dict(sections)
        self._rows = []
        for name, keys in sections.items():
            self._rows += [("", "")] if self._rows else []
            self._rows.append((name, ""))
            self._rows += [(name, key) for key in keys]
        if key and key in (keys := sections.get(section, ())):
            self._index = keys.index(key)
        else:
            before, self.selected = self.selected, self._nearest(section)
            if self.selected != before:
                self.post_message(self.Selected(self.selected))
        self._reveal()
        self.paint()

    def select(self, place: Place) -> None:
        """Select a row, and scroll to it."""
        section, key = place
        if not key or key not in self._sections.get(section, ()):
            return
        self._index = self._sections[section].index(key)
        is_other, self.selected = place != self.selected, place
        self._reveal()
        self.paint()
        if is_other:
            self.post_message(self.Selected(place))

    def paint(self) -> None:
        """Draw the rows in view, and paint those that say something else than before."""
        width, height = self.size
        if not width or not height:
            return
        now = [self._drawn(y) for y in range(height)]
        before, self._painted = self._painted, now
        if len(before) != height:
            self.refresh()
        else:
            regions = [self._changed(y, before[y], now[y]) for y in range(height) if before[y] != now[y]]
            if regions:
                self.refresh(*regions)
        self._wanted(self._rows[self._top : self._top + height])

    def action_walk(self, distance: int) -> None:
        """Select the row that many places away, whichever section it is in."""
        places = [place for place in self._rows if place[1]]
        if places:
            here = places.index(self.selected) if self.selected in places else 0
            self.select(places[min(max(0, here + distance), len(places) - 1)])

    def action_page(self, direction: int) -> None:
        """Select the row a page away."""
        self.action_walk(direction * max(1, self.size.height - 2))

    def next_section(self) -> None:
        """Select the first row of the section below, after the last one that of the first."""
        names = [name for name, keys in self._sections.items() if keys]
        if names:
            here = names.index(self.selected[0]) if self.selected[0] in names else -1
            name = names[(here + 1) % len(names)]
            self.select((name, self._sections[name][0]))

    def on_click(self, event: Click) -> None:
        """Select what is under the mouse; a second click presses it, a heading the first."""
        number = self._top + event.get_content_offset_capture(self).y
        section, key = self._rows[number] if 0 <= number < len(self._rows) else ("", "")
        self.select((section, key))
        if section and (event.chain == 2 or not key):
            self.post_message(self.Pressed((section, key)))

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        """Look further down; the selection stays."""
        self._scroll(WHEEL_ROWS)
        event.stop()

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """Look further up; the selection stays."""
        self._scroll(-WHEEL_ROWS)
        event.stop()

    def on_resize(self, event: Resize) -> None:
        """Draw for this size."""
        self._painted = []
        self._reveal()
        self.paint()

    def on_focus(self) -> None:
        """Light the bar."""
        self.refresh()

    def on_blur(self) -> None:
        """Dim the bar."""
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One row, as it was drawn last."""
        width = self.size.width
        if y >= len(self._painted):
            return Strip.blank(width, self.rich_style)
        row, is_selected = self._painted[y]
        mark, kind = row.mark
        if not mark:
            return Strip(self._segments(line_of(row, width), is_selected), width)
        mark = f" {mark:<3}" if len(mark) < LEAD - 1 else mark
        bar = (BAR, "accent" if self.has_focus else "track")
        lead = self._segments([bar, (mark, kind)] if is_selected else [(f" {mark}", kind)], is_selected)
        swatch = row.swatch or Strip.blank(SWATCH, self.get_visual_style("section-list--slot").rich_style)
        words = self._segments(line_of(row, width - LEAD - SWATCH), is_selected)
        return Strip([*lead, *swatch, *words], width)

    def notify_style_update(self) -> None:
        """Other looks."""
        super().notify_style_update()
        self._looks.clear()

    def _segments(self, parts: Sequence[Part], is_selected: bool) -> list[Segment]:
        shown = lit(parts) if is_selected else parts
        return [Segment(text, self._look(kind, is_selected)) for text, kind in map(self.worded, shown)]

    def _look(self, kind: str, is_selected: bool) -> Style:
        """The style of a kind of words; partial, so that the selected row keeps its background under them."""
        known = self._looks.get((kind, is_selected))
        if known is None:
            base = self.get_visual_style("section-list--selected") if is_selected else self.visual_style
            known = (base + self.look(kind, partial=True) if kind else base).rich_style
            self._looks[kind, is_selected] = known
        return known

    def _drawn(self, y: int) -> tuple[Row, bool]:
        number = self._top + y
        if number >= len(self._rows) or not self._rows[number][0]:
            return Row(()), False
        place = self._rows[number]
        return self._draw(place, self.size.width), bool(place[1]) and place == self.selected

    def _changed(self, y: int, before: tuple[Row, bool], now: tuple[Row, bool]) -> Region:
        """What of a row is to be painted again."""
        width = self.size.width
        (was, was_selected), (row, is_selected) = before, now
        kept = row.right_cells
        same_left = (was.left, was.mark, was.right_cells, was_selected) == (row.left, row.mark, kept, is_selected)
        if same_left and kept and was.right != row.right and was.swatch is row.swatch:
            return Region(width - kept - 1, y, kept + 1, 1)
        if same_left and was.right == row.right:
            return Region(LEAD, y, SWATCH, 1)
        return Region(0, y, width, 1)

    def _nearest(self, section: str) -> Place:
        """The row in the place of one that is gone: of its section, else of the first that has any."""
        keys = self._sections.get(section, ())
        if not keys:
            section, keys = next(((name, keys) for name, keys in self._sections.items() if keys), ("", ()))
            self._index = 0
        if not keys:
            return "", ""
        self._index = min(self._index, len(keys) - 1)
        return section, keys[self._index]

    def _reveal(self) -> None:
        """Scroll as little as shows the selected row, and the heading right above it."""
        height = self.size.height
        if self.selected[1] and height:
            number = first = self._number()
            while first and not self._rows[first - 1][1]:
                first -= 1
            self._top = max(min(self._top, first), number - height + 1)
        self._top = min(max(0, self._top), max(0, len(self._rows) - height))

    def _number(self) -> int:
        """The selected row among all."""
        number = 0
        for name, keys in self._sections.items():
            if name == self.selected[0]:
                break
            number += len(keys) + 2
        return number + 1 + self._index

    def _scroll(self, rows: int) -> None:
        self._top = min(max(0, self._top + rows), max(0, len(self._rows) - self.size.height))
        self.paint()
