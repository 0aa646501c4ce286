"""A list of rows of words: one item selected, found by typing, scrolled to what is selected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.events import Click, MouseScrollDown, MouseScrollUp, Resize
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.style import Style
from textual.visual import Visual

from sdxl_tui.core.text import one_line
from sdxl_tui.tui.keys import walking
from sdxl_tui.tui.widgets.words import Part, Words

Ends = tuple[Sequence[Part], Sequence[Part]]
"""Left and right end of a row; the left one gives way where both do not fit."""

BAR = "▌"
WHEEL_ROWS = 3


@dataclass(frozen=True)
class ListItem:
    """One item: its rows, and the words it is found by. Without a key it is a heading, which is never selected."""

    key: str
    rows: tuple[Ends, ...]
    words: str = ""


class LabList(Words, can_focus=True):
    """Arrows and ``j`` ``k`` walk, the mouse points; only the rows that say something else are painted again."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"lab-list--selected", "lab-list--bar"}
    KEYS: ClassVar[tuple[tuple[str, str], ...]] = (("↑↓", "choose"),)
    HELP = "A list: arrows walk, the mouse points and scrolls."
    BINDINGS: ClassVar[list[BindingType]] = walking("list")

    @dataclass
    class Selected(Message):
        """Another item is selected."""

        list: LabList
        key: str

        @property
        def control(self) -> LabList:
            """The list it comes from."""
            return self.list

    @dataclass
    class Pressed(Message):
        """An item was clicked twice."""

        list: LabList
        key: str

        @property
        def control(self) -> LabList:
            """The list it comes from."""
            return self.list

    def __init__(self, hands: str, *, spacious: bool = False) -> None:
        """``hands`` says where the hands are; ``spacious``: a row stays empty between items where there is room."""
        super().__init__(id=hands)
        self.HANDS = hands
        self.selected = ""
        """Key of the selected item; empty: there is none."""
        self.query_words = ""
        """What the items are found by now."""
        self._spacious = spacious
        self._items: tuple[ListItem, ...] = ()
        self._lines: list[tuple[ListItem, int] | None] = []
        """What stands in each row, from the first to the last item: an item and which of its rows; None: nothing."""
        self._top = 0
        self._painted: list[object] = []

    @property
    def shown(self) -> list[str]:
        """Keys of the items that can be selected now."""
        return [item.key for item in self._found() if item.key]

    def show(self, items: Sequence[ListItem]) -> None:
        """Say this from now on; what is selected stays so while it is there."""
        self._items = tuple(items)
        self._arrange()

    def find(self, words: str) -> None:
        """Show the items that have all these words; empty: all items."""
        self.query_words = words
        self._top = 0
        self._arrange()

    def select(self, key: str) -> None:
        """Select an item, and scroll to it."""
        if key != self.selected and key in self.shown:
            self.selected = key
            self.post_message(self.Selected(self, key))
        self._reveal()
        self._paint()

    def action_walk(self, distance: int) -> None:
        """Select the item that many places away."""
        if keys := self.shown:
            here = keys.index(self.selected) if self.selected in keys else 0
            self.select(keys[min(max(0, here + distance), len(keys) - 1)])

    def action_page(self, direction: int) -> None:
        """Select the item a page away."""
        rows = max(1, max((len(item.rows) for item in self._items), default=1))
        self.action_walk(direction * max(1, self.size.height // rows - 1))

    def on_click(self, event: Click) -> None:
        """Select what is under the mouse; a second click presses it."""
        if (line := self._line(event.get_content_offset_capture(self).y)) and line[0].key:
            self.select(line[0].key)
            if event.chain == 2:
                self.post_message(self.Pressed(self, line[0].key))

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        """Look further down; the selection stays."""
        self._scroll(WHEEL_ROWS)
        event.stop()

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """Look further up; the selection stays."""
        self._scroll(-WHEEL_ROWS)
        event.stop()

    def on_resize(self, event: Resize) -> None:
        """Lay the rows out for this height."""
        self._arrange()

    def on_focus(self) -> None:
        """Light the bar."""
        self._paint()

    def render_line(self, y: int) -> Strip:
        """One row."""
        width = self.size.width
        line = self._line(y)
        content = Content(" " * width) if line is None else self._row(*line)
        return Visual.to_strips(self, content, width, 1, self.visual_style)[0].adjust_cell_length(width)

    def _row(self, item: ListItem, number: int) -> Content:
        left, right = item.rows[number]
        chosen = bool(item.key) and item.key == self.selected
        if chosen:
            left, right = _lit(left), _lit(right)
        row = self.between(self.say((" ", ""), *left), self.say(*right, (" ", "")))
        if not chosen:
            return row
        row = Content.assemble((BAR, self.get_visual_style("lab-list--bar")), row[1:])
        return row.stylize(Style(background=self.get_visual_style("lab-list--selected").background))

    def _line(self, y: int) -> tuple[ListItem, int] | None:
        number = self._top + y
        return self._lines[number] if 0 <= number < len(self._lines) else None

    def _found(self) -> list[ListItem]:
        wanted = self.query_words.casefold().split()
        if not wanted:
            return list(self._items)
        return [item for item in self._items if item.key and all(word in item.words.casefold() for word in wanted)]

    def _arrange(self) -> None:
        found = self._found()
        if self.selected not in (keys := self.shown):
            self.selected = keys[0] if keys else ""
            self.post_message(self.Selected(self, self.selected))
        rows = sum(len(item.rows) for item in found)
        gap = self._spacious and rows + len(found) - 1 <= self.size.height
        self._lines = []
        for item in found:
            if gap and self._lines:
                self._lines.append(None)
            self._lines += [(item, number) for number in range(len(item.rows))]
        if not found and self.query_words:
            sentence = f'Nothing matches "{one_line(self.query_words)}"; {self.key_in_force("esc")} clears the search.'
            self._lines = [(ListItem("", (([(sentence, "muted")], ()),)), 0)]
        self._reveal()
        self._paint()

    def _reveal(self) -> None:
        """Scroll as little as shows the selected item whole, and the heading right above it."""
        rows = [number for number, line in enumerate(self._lines) if line and line[0].key == self.selected]
        height = self.size.height
        if rows and height:
            first = rows[0]
            while first and (above := self._lines[first - 1]) is not None and not above[0].key:
                first -= 1
            self._top = max(min(self._top, first), rows[-1] - height + 1)
        self._top = min(max(0, self._top), max(0, len(self._lines) - height))

    def _scroll(self, rows: int) -> None:
        self._top = min(max(0, self._top + rows), max(0, len(self._lines) - self.size.height))
        self._paint()

    def _paint(self) -> None:
        """Refresh the rows that say something else than they were last painted with."""
        width, height = self.size
        painted: list[object] = [self._said(y) for y in range(height)]
        if len(self._painted) != height:
            self.refresh()
        elif changed := [y for y in range(height) if painted[y] != self._painted[y]]:
            self.refresh(*(Region(0, y, width, 1) for y in changed))
        self._painted = painted

    def _said(self, y: int) -> object:
        line = self._line(y)
        return line and (line[0].key == self.selected, line[0].rows[line[1]])


def _lit(parts: Sequence[Part]) -> list[Part]:
    """The parts as they are readable on the selected row."""
    return [(text, {"muted": "soft", "label": "soft"}.get(kind, kind)) for text, kind in parts]
