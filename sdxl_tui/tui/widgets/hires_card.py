"""The second pass that makes pictures larger: to what size, by what, how far it leaves the first."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.events import Resize

from sdxl_tui.tui import hires_fields, hires_wording
from sdxl_tui.tui.draft import Draft
from sdxl_tui.tui.hires_fields import METHOD, METHOD_NAMES, OFF, STEPS, STRENGTH
from sdxl_tui.tui.widgets.choice_field import ChoiceField
from sdxl_tui.tui.widgets.label import CardLabel
from sdxl_tui.tui.widgets.number_field import DIGITS, NumberField
from sdxl_tui.tui.widgets.strength_field import step_share

LABEL = 10
WIDE_ENOUGH_FOR_COLUMNS = 40


class HiresCard(Vertical):
    """There while the form has a factor; the factor itself stands among the settings."""

    def __init__(self, draft: Draft) -> None:
        super().__init__(id="hires-card", classes="card -off")
        self._draft = draft
        self.label = CardLabel("larger")
        self.method = ChoiceField(METHOD, "by", METHOD_NAMES)
        self.strength = NumberField(STRENGTH, "strength", step_share, DIGITS + ".")
        self.steps = NumberField(STEPS, "steps", _step_steps)

    def compose(self) -> ComposeResult:
        """Two rows."""
        yield self.label
        yield Horizontal(self.method, self.strength, id="hires-row")
        yield self.steps

    def on_resize(self, event: Resize) -> None:
        """Line the values up where there is room."""
        columns = event.size.width >= WIDE_ENOUGH_FOR_COLUMNS
        self.method.label_width = self.steps.label_width = LABEL if columns else 0

    def show(self) -> None:
        """Show what the draft says."""
        draft = self._draft
        self.set_class(draft.text(hires_fields.FACTOR) == OFF, "-off")
        self.label.show_count(hires_wording.size_parts(draft))
        self.method.show_choice(draft.text(METHOD))
        self.strength.show(draft.text(STRENGTH))
        self.steps.show(draft.text(STEPS), after=hires_wording.steps_parts(draft))


def _step_steps(text: str, direction: int) -> str:
    number = int(text) if text.isdecimal() else 1
    return str(min(200, max(1, number + direction)))
