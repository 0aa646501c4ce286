"""What is to be repainted, drawn over the init image."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widget import Widget

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.masks import store_mask
from sdxl_tui.tui import mode_wording
from sdxl_tui.tui.desk import Desk
from sdxl_tui.tui.mask_drawing import Drawing, mask_of
from sdxl_tui.tui.notes import ERROR
from sdxl_tui.tui.screens.base import LabScreen, letter
from sdxl_tui.tui.widgets.footer import KeyHint
from sdxl_tui.tui.widgets.line import Line
from sdxl_tui.tui.widgets.mask_view import MaskView
from sdxl_tui.tui.widgets.sentence import Sentence

Drawn = tuple[Path, Drawing]
"""Where the mask is kept, and what it was drawn from."""


def _key(keys: str, action: str, label: str, tooltip: str, name: str = "") -> Binding:
    return Binding(keys, action, label, id=f"mask.{name or action}", tooltip=tooltip)


class MaskScreen(LabScreen, inherit_bindings=False):
    """Lies over the home screen. ``esc`` keeps what is drawn; its mask is the screen's result, None: as it was."""

    CSS_PATH: ClassVar[Any] = "../sources.tcss"
    TAB = "mask"
    HELP = (
        "What is lit is repainted. The frame is the brush: move and stretch it, {mask.set:enter} sets it; "
        "the mouse draws too."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        _key("enter,space", "set", "set", "Set a rectangle where the brush is"),
        _key("escape", "done", "done", "Back to the form with this mask"),
        _key("left", "move(-1, 0)", "left", "The brush further left", "left"),
        _key("right", "move(1, 0)", "right", "The brush further right", "right"),
        _key("up", "move(0, -1)", "up", "The brush further up", "up"),
        _key("down", "move(0, 1)", "down", "The brush further down", "down"),
        _key("home", "move(-1000, 0)", "left edge", "The brush to the left edge", "left_edge"),
        _key("end", "move(1000, 0)", "right edge", "The brush to the right edge", "right_edge"),
        _key("pageup", "move(0, -1000)", "upper edge", "The brush to the upper edge", "upper_edge"),
        _key("pagedown", "move(0, 1000)", "lower edge", "The brush to the lower edge", "lower_edge"),
        _key("shift+left,h", "stretch(-1, 0)", "narrower", "A narrower brush", "narrower"),
        _key("shift+right,l", "stretch(1, 0)", "wider", "A wider brush", "wider"),
        _key("shift+up,k", "stretch(0, -1)", "lower", "A brush of less height", "lower"),
        _key("shift+down,j", "stretch(0, 1)", "taller", "A brush of more height", "taller"),
        _key("plus", "stretch(2, 1)", "larger", "A larger brush", "larger"),
        _key("minus", "stretch(-2, -1)", "smaller", "A smaller brush", "smaller"),
        _key("backspace,delete,ctrl+z", "remove", "remove last", "Take back the rectangle that was drawn last"),
        letter("c", "clear", "clear", "Take back all of the mask", screen="mask"),
        letter("v", "invert", "invert", "Repaint all but what is drawn, or no longer", screen="mask"),
        letter("x", "leave", "as it was", "Back to the form, the mask as it was", screen="mask"),
    ]

    def __init__(self, desk: Desk, init: Path, size: tuple[int, int], drawing: Drawing) -> None:
        super().__init__(desk)
        self._init, self._pixels = init, size
        self._before, self._drawing = drawing, drawing
        self.view = MaskView(init, size, drawing)
        self.facts = Line(id="mask-facts")
        self.sentence = Sentence()

    def compose(self) -> ComposeResult:
        """The picture over all rows but two."""
        yield from self.body()
        yield self.footer

    def body(self) -> Iterable[Widget]:
        """The picture, what is said about it, and what is drawn."""
        yield self.view
        yield self.sentence
        yield self.facts

    def on_mount(self) -> None:
        """Say what is drawn."""
        self.show()

    def show(self) -> None:
        """Say what is drawn and where the brush is."""
        self.facts.show(*mode_wording.drawing_parts(self._drawing, self.view.brush_in_pixels, self._pixels))

    def show_frame(self) -> None:
        """There is no header here."""
        self.footer.show(self.hands(), self.keys(), self.footer_end())

    def keys(self) -> list[KeyHint]:
        """In order of use."""
        brush: list[KeyHint] = [("←↑↓→", "move"), ("shift+→", "stretch"), ("enter", "set")]
        mask: list[KeyHint] = [("backspace", "last"), ("c", "clear"), ("v", "invert"), ("x", "as it was")]
        return [("esc", "done"), *brush, *mask]

    def action_move(self, across: int, down: int) -> None:
        """Move the brush."""
        self.view.move(across, down)

    def action_stretch(self, across: int, down: int) -> None:
        """Make the brush larger or smaller."""
        self.view.stretch(across, down)

    def action_set(self) -> None:
        """Set a rectangle."""
        self._draw(self._drawing.with_one_more(self.view.brush_in_pixels))

    def action_remove(self) -> None:
        """Take back the last one."""
        self._draw(self._drawing.without_last())

    def action_clear(self) -> None:
        """Take back all."""
        self._draw(Drawing())

    def action_invert(self) -> None:
        """Repaint the rest."""
        self._draw(replace(self._drawing, is_inverted=not self._drawing.is_inverted))

    def action_leave(self) -> None:
        """Leave the mask as it was."""
        self.dismiss(None)

    def action_done(self) -> None:
        """Keep what is drawn where a repeat finds it, and go back; where nothing is drawn all stays as it was."""
        if self._drawing == self._before or (self._drawing.is_empty and not self._drawing.is_inverted):
            self.dismiss(None)
        else:
            drawing, base = self._drawing, self.view.base if self._drawing.base is not None else None
            self.run_worker(lambda: self._store(drawing, base), thread=True, exit_on_error=False, group="mask")

    @on(MaskView.Moved)
    def say_where_the_brush_is(self) -> None:
        """Keep the row under the picture true."""
        self.show()

    @on(MaskView.Dragged)
    def take_dragged(self, event: MaskView.Dragged) -> None:
        """Set what the mouse drew."""
        self._draw(self._drawing.with_one_more(event.rectangle))

    @on(MaskView.Unreadable)
    def say_unreadable(self, event: MaskView.Unreadable) -> None:
        """Say why there is no picture."""
        self.sentence.show(ERROR, event.reason)

    def _draw(self, drawing: Drawing) -> None:
        self._drawing = drawing
        self.sentence.hide()
        self.view.show(drawing)
        self.show()

    def _store(self, drawing: Drawing, base: Any) -> None:
        """Runs on a thread of its own."""
        try:
            path = store_mask(mask_of(drawing, self._pixels, base))
        except UserError as error:
            self.app.call_later(self.sentence.show, ERROR, str(error))
        else:
            self.app.call_later(self.dismiss, (path, drawing))
