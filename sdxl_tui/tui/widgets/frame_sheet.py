"""The frames of a sequence as thumbs, filling as they come."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.strip import Strip

from sdxl_tui.tui.kept import Kept
from sdxl_tui.tui.roll import Roll, RollOfOne
from sdxl_tui.tui.sequences import RUNS, WAITS, FrameSequence
from sdxl_tui.tui.thumbs import Thumb, Thumbs
from sdxl_tui.tui.widgets.browser import Browser
from sdxl_tui.tui.widgets.cells import contained
from sdxl_tui.tui.widgets.words import Part

WIDEST, USUAL, NARROWEST = 15, 9, 7
"""Cells of a thumb and what is beside it: of a few frames, of more than fit, and as small as lets all fit."""
GAP_FROM = 18
"""Rows of the sheet from which an empty one stands between two rows of thumbs."""
ONE_ROW_BELOW = 6


class FrameSheet(Browser, inherit_bindings=False):
    """A cell is a frame: made, being made, or to come. All fit while they are not too many, then it scrolls."""

    IS_PICTURE = True
    COMPONENT_CLASSES: ClassVar[set[str]] = {"frame-sheet--missing"}
    HEADING = 0
    HANDS = "sheet"
    HELP = "The frames of the sequence: the arrows choose one, {frames.play:enter} plays from there."
    KEYS = (
        ("←→↑↓", "choose"),
        ("enter", "play from here"),
        ("space", "keep"),
        ("z", "zoom"),
        ("e", "export"),
        ("u", "use settings"),
        ("i", "use as init"),
        (", .", "sequence"),
        ("n", "new"),
        ("tab", "player"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "step(-1)", "frame before", id="sheet.left", tooltip="The frame before"),
        Binding("right", "step(1)", "next frame", id="sheet.right", tooltip="The next frame"),
        Binding("up", "move(-1)", "up", id="sheet.up", tooltip="A row up"),
        Binding("down,j", "move(1)", "down", id="sheet.down", tooltip="A row down"),
        Binding("pageup", "page(-1)", "page up", id="sheet.page_up", tooltip="A page up"),
        Binding("pagedown", "page(1)", "page down", id="sheet.page_down", tooltip="A page down"),
        Binding("home", "go(0)", "first frame", id="sheet.first", tooltip="The first frame"),
        Binding("end", "go(-1)", "last frame", id="sheet.last", tooltip="The last frame that is made"),
    ]

    def __init__(self, kept: Kept, thumbs: Thumbs) -> None:
        super().__init__(kept, thumbs)
        self.sequence: FrameSequence | None = None

    def show_sequence(self, sequence: FrameSequence | None, at: int) -> None:
        """Show this one from now on; what of it is shown already is not painted again."""
        before, self.sequence = self.sequence, sequence
        if sequence is None:
            self.show(Roll(Path()), 0)
        elif before is None or not _is_the_same(before, sequence) or at != self.at:
            self.show(RollOfOne(sequence.frames), at)
        elif before.step != sequence.step:
            self.refresh(self._region(len(sequence.frames)))

    @property
    def columns(self) -> int:
        """As many as let all frames fit, or else as many as are good to look at."""
        return self._grid()[0]

    @property
    def cell_height(self) -> int:
        """The thumb, its number, and a gap where there is room."""
        return self._grid()[2] + 1 + (self.size.height >= GAP_FROM)

    def cells(self) -> int:
        """One for each frame, made or not."""
        return 0 if self.sequence is None else self.sequence.planned

    def cell_of(self, at: int) -> int:
        """Its own."""
        return at

    def first_of(self, cell: int) -> int:
        """Its own; of one that is not made the last one that is."""
        return min(cell, self.roll.places - 1)

    def thumb_of(self, cell: int) -> Thumb | None:
        """All of the frame, small."""
        path = self._path(cell)
        _, wide, tall = self._grid()
        return None if path is None else Thumb(path, wide, tall, filled=False)

    def cell_strip(self, cell: int, line: int) -> Strip:
        """The thumb or what stands for it, then the number."""
        columns, wide, tall = self._grid()
        width = max(1, self.size.width // columns)
        if line > tall:
            return Strip.blank(width, self.rich_style)
        chosen = cell == self.at and self.roll.places > 0
        bar = self.words_strip([("▌" if chosen else " ", "accent" if self.has_focus else "muted")], [], 1)
        if line == tall:
            strip = self.words_strip(self._number(cell, chosen), [], wide)
        elif cell < self.roll.places:
            strip = self.thumb_strip(cell, line, wide)
        else:
            strip = self._missing(cell, wide, is_middle=line == (tall - 1) // 2)
        return Strip.join([bar, strip]).adjust_cell_length(width, self.rich_style)

    def _path(self, cell: int) -> Path | None:
        pictured = self.roll.pictured(cell)
        return None if pictured is None else pictured.path

    def _number(self, cell: int, chosen: bool) -> list[Part]:
        parts: list[Part] = [(f"{cell + 1:03d}", ("accent" if self.has_focus else "strong") if chosen else "muted")]
        if self._path(cell) in self.kept:
            parts.append((" ◆", "accent"))
        if self._is_made_now(cell):
            parts.append((" ►", "busy"))
        return parts

    def _missing(self, cell: int, wide: int, *, is_middle: bool) -> Strip:
        """What stands for a frame that is not made: how far it is, or that it waits, or nothing where it never was."""
        said = ""
        if is_middle and self.sequence is not None and self.sequence.state in (RUNS, WAITS):
            done, steps = self.sequence.step
            said = f"{max(0, min(done, steps))}/{steps}" if self._is_made_now(cell) else "waits"
        style = self.get_visual_style("frame-sheet--missing")
        text = said[:wide].center(wide)
        return self._strip(self.say((text, "")), wide, style)

    def _is_made_now(self, cell: int) -> bool:
        sequence = self.sequence
        return sequence is not None and sequence.state == RUNS and cell == len(sequence.frames)

    def _grid(self) -> tuple[int, int, int]:
        """Columns, and the cells of a thumb across and down."""
        width, height = self.size
        shape = (1, 1) if self.sequence is None else self.sequence.shape
        if height < ONE_ROW_BELOW:
            wide, tall = contained(*shape, max(1, width - 2), max(1, height - 1))
            return max(1, width // (wide + 2)), wide, tall
        gap = 1 + (height >= GAP_FROM)
        for columns in range(max(1, width // WIDEST), max(1, width // NARROWEST) + 1):
            wide, tall = contained(*shape, max(1, width // columns - 2), height - 1)
            if -(-self.cells() // columns) * (tall + gap) <= height:
                return columns, wide, tall
        columns = max(1, width // USUAL)
        return columns, *contained(*shape, max(1, width // columns - 2), height - 1)


def _is_the_same(before: FrameSequence, now: FrameSequence) -> bool:
    """Whether nothing but the steps differ."""
    return (before.frames, before.planned, before.state) == (now.frames, now.planned, now.state)
