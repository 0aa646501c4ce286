"""The picture that a job starts from, how far it is left behind, and which part of it is repainted."""

from __future__ import annotations

from pathlib import Path

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from sdxl_tui.core.modes import INPAINT
from sdxl_tui.core.request import MOST_MASK_BLUR
from sdxl_tui.tui import mode_wording
from sdxl_tui.tui.draft import Draft
from sdxl_tui.tui.lab_state import LabState
from sdxl_tui.tui.mode_fields import read_path
from sdxl_tui.tui.thumbs import Thumbs
from sdxl_tui.tui.widgets.label import CardLabel
from sdxl_tui.tui.widgets.line import Line
from sdxl_tui.tui.widgets.number_field import NumberField
from sdxl_tui.tui.widgets.path_input import PathInput
from sdxl_tui.tui.widgets.strength_field import StrengthField
from sdxl_tui.tui.widgets.thumb_view import ThumbView

LABEL = 10
BLUR_STEP = 4


class SourceCard(Vertical):
    """Thumb left, words right; below them the mask, where a part is repainted."""

    def __init__(self, draft: Draft, state: LabState, thumbs: Thumbs) -> None:
        super().__init__(id="source", classes="card -off")
        self._draft, self._state = draft, state
        self.label = CardLabel("init image")
        self.thumb = ThumbView(thumbs)
        self.path = PathInput("init_image", "init image", "a PNG, JPEG or WebP")
        self.origin, self.size_line = Line(id="origin"), Line(id="source-size")
        self.steps, self.ready = Line(id="running-steps"), Line(id="img2img")
        self.strength = StrengthField()
        self.mask_label = CardLabel("mask")
        self.mask = PathInput("mask_image", "mask", "white is repainted")
        self.mask_line = Line(id="mask-line")
        self.fade = NumberField("mask_blur", "mask blur", _step_blur)
        self.mask_rows = Vertical(self.mask_label, self.mask, self.mask_line, self.fade, id="mask-rows")
        self.drawn_parts = 0
        """Rectangles of the mask that were drawn here."""

    def compose(self) -> ComposeResult:
        """From the label down."""
        yield self.label
        with Horizontal(id="source-rows"):
            yield self.thumb
            with Vertical(id="source-words"):
                yield self.path
                yield self.origin
                yield self.size_line
                yield self.strength
                yield self.steps
                yield self.ready
        yield self.mask_rows

    def on_mount(self) -> None:
        """Line the values up."""
        self.strength.label_width = self.fade.label_width = LABEL

    def show(self) -> None:
        """Show what the draft says, and what is known of its files."""
        draft, state = self._draft, self._state
        self.set_class(not draft.has_picture, "-off")
        self.mask_rows.set_class(draft.mode != INPAINT, "-off")
        if not draft.has_picture:
            return
        self.label.show_count(mode_wording.BACK)
        for field in (self.path, self.mask):
            if not field.has_focus:
                field.put(draft.text(str(field.id)))
        known = draft.known_init()
        self.thumb.show(_absolute(draft.text("init_image")) if known and known.size else None)
        candidates = _count(self.path)
        self.origin.show(mode_wording.origin_parts(draft, state, self.path.has_focus, candidates))
        self.size_line.show(mode_wording.size_parts(draft))
        self.strength.show(draft.text("strength"))
        self.steps.show(mode_wording.steps_parts(draft))
        self.ready.show(mode_wording.ready_parts(draft, state))
        self.mask_label.show_count(mode_wording.DRAW if draft.text("mask_image") else [])
        self.mask_line.show(
            mode_wording.mask_parts(draft, self.drawn_parts, self.mask.has_focus, _count(self.mask)),
        )
        self.fade.show(draft.text("mask_blur"))

    def write(self) -> None:
        """Put the draft's paths in, also where the hands are."""
        for field in (self.path, self.mask):
            field.put(self._draft.text(str(field.id)))


def _count(field: PathInput) -> int:
    return len([text for text in field.completer.found if text != field.value])


def _absolute(text: str) -> Path | None:
    path = read_path(text)
    return None if path is None else path.absolute()


def _step_blur(text: str, direction: int) -> str:
    pixels = int(text) if text.isdecimal() else 0
    return str(min(MOST_MASK_BLUR, max(0, pixels + direction * BLUR_STEP)))
