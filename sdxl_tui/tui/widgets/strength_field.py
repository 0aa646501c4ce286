"""How far a picture is left behind, as a number and a bar."""

from __future__ import annotations

from textual.content import Content

from sdxl_tui.tui.widgets.number_field import DIGITS, NumberField

STEP = 0.05
LONGEST_BAR = 20
FEWEST_CELLS = 3


def step_share(text: str, direction: int) -> str:
    """A share of 0 to 1, one step away."""
    try:
        share = float(text)
    except ValueError:
        share = 0.5
    return f"{min(1.0, max(0.0, round(share + direction * STEP, 2))):g}"


def _step_strength(text: str, direction: int) -> str:
    return step_share(text, direction) if step_share(text, direction) != "0" else f"{STEP:g}"


class StrengthField(NumberField):
    """The bar stands behind the number."""

    HELP = "Strength: how far the picture is left behind, and the share of the steps that run. 1 leaves a trace of it."

    def __init__(self) -> None:
        super().__init__("strength", "strengt&h", _step_strength, DIGITS + ".")

    def render(self) -> Content:
        """Label, value, bar."""
        words = super().render()
        words = Content.assemble(words, " " * max(1, self.label_width + 6 - words.cell_length))
        length = min(LONGEST_BAR, self.size.width - words.cell_length)
        if length < FEWEST_CELLS:
            return words
        try:
            share = min(1.0, max(0.0, float(self.value)))
        except ValueError:
            share = 0.0
        halves = round(2 * length * share)
        done = "━" * (halves // 2) + "╸" * (halves % 2)
        return Content.assemble(words, self.say((done, "accent"), ("─" * (length - len(done)), "track")))
