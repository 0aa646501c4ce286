"""A sequence of frames: how many, and what moves."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from sdxl_tui.core.animation import FEWEST_FRAMES, MOST_FRAMES, MOTIONS
from sdxl_tui.core.modes import ANIMATE_STEPS
from sdxl_tui.tui import mode_wording
from sdxl_tui.tui.draft import Draft
from sdxl_tui.tui.mode_fields import EASING_NAMES, SEED_GAP, motion_fields, read_lines
from sdxl_tui.tui.widgets.choice_field import ChoiceField
from sdxl_tui.tui.widgets.end_prompts import EndPrompts
from sdxl_tui.tui.widgets.field import Field
from sdxl_tui.tui.widgets.label import CardLabel
from sdxl_tui.tui.widgets.number_field import DIGITS, NumberField
from sdxl_tui.tui.widgets.strength_field import step_share

LABEL = 10
MANY_SEEDS = 400


class MotionCard(Vertical):
    """Only the fields that say something for the motion are there."""

    def __init__(self, draft: Draft) -> None:
        super().__init__(id="moving", classes="card -off")
        self._draft = draft
        self.label = CardLabel("animate")
        self.frames = NumberField("frames", "frames", _step_frames)
        self.motion = ChoiceField("motion", "motion", {name: name for name in MOTIONS})
        self.variation = NumberField("variation", "variation", step_share, DIGITS + ".")
        self.easing = ChoiceField("easing", "easing", EASING_NAMES)
        self.seeds = NumberField("end_seeds", "end seeds", self._step_seeds, DIGITS + ", ", longest=MANY_SEEDS)
        self.prompts = EndPrompts()
        self._fields: tuple[Field, ...] = (self.frames, self.motion, self.variation, self.easing, self.seeds)

    def compose(self) -> ComposeResult:
        """From the count to where it goes."""
        yield self.label
        yield Horizontal(self.frames, self.motion, id="frames-row")
        yield self.variation
        yield self.easing
        yield self.seeds
        yield self.prompts

    def on_mount(self) -> None:
        """Line the values up."""
        for field in self._fields:
            field.label_width = LABEL
        self.motion.label_width = 0

    def show(self) -> None:
        """Show what the draft says."""
        draft = self._draft
        self.set_class(draft.mode != ANIMATE_STEPS, "-off")
        if draft.mode != ANIMATE_STEPS:
            return
        shown = motion_fields(draft.text("motion"))
        self.label.show_count(mode_wording.motion_parts(draft))
        self.frames.show(draft.text("frames"))
        self.motion.show_choice(draft.text("motion"))
        self.variation.show(draft.text("variation"))
        self.easing.show_choice(draft.text("easing"))
        self.seeds.show(draft.text("end_seeds") or mode_wording.no_end_seeds(draft))
        for name, field in (("variation", self.variation), ("easing", self.easing), ("end_seeds", self.seeds)):
            field.set_class(name not in shown, "-off")
        self.prompts.set_class("end_prompts" not in shown, "-off")
        if "end_prompts" in shown:
            self.prompts.show(read_lines(draft.text("end_prompts")), mode_wording.no_end_prompt(draft))

    def _step_seeds(self, text: str, direction: int) -> str:
        """One more that is drawn, or one less."""
        seeds = [seed.strip() for seed in self._draft.text("end_seeds").split(",") if seed.strip()]
        return SEED_GAP.join([*seeds, "random"] if direction > 0 else seeds[:-1])


def _step_frames(text: str, direction: int) -> str:
    count = int(text) if text.isdecimal() else FEWEST_FRAMES
    return str(min(MOST_FRAMES, max(FEWEST_FRAMES, count + direction)))
