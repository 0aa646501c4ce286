"""The settings of the form."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.events import Resize

from sdxl_tui.core.modes import MODES
from sdxl_tui.core.request import MAX_SEED
from sdxl_tui.core.schedulers import SCHEDULERS
from sdxl_tui.core.text import one_line
from sdxl_tui.tui import hires_fields
from sdxl_tui.tui.draft import PICTURE, STYLE, Draft, shown_number
from sdxl_tui.tui.lora_wording import row_parts
from sdxl_tui.tui.mode_fields import SYNTAX_NAMES
from sdxl_tui.tui.widgets.choice_field import ChoiceField
from sdxl_tui.tui.widgets.field import Field
from sdxl_tui.tui.widgets.lora_field import LoraField
from sdxl_tui.tui.widgets.number_field import DIGITS, NumberField

WIDE_ENOUGH_FOR_COLUMNS = 40
OFF_ON = {"off": "off", "on": "on"}


class SettingsCard(Horizontal):
    """Two columns: what is chosen, and what is counted."""

    def __init__(self, draft: Draft, models: Mapping[str, str], styles: Mapping[str, str]) -> None:
        super().__init__(id="settings", classes="card")
        self._draft = draft
        schedulers = {key: row.name for key, row in SCHEDULERS.items()}
        self._chosen: list[Field] = [
            ChoiceField("style", "s&tyle", styles),
            ChoiceField("scheduler", "schedu&ler", schedulers),
            ChoiceField("model", "&model", models),
            NumberField("size", "&size", self._step_size, DIGITS + "xX×"),
            ChoiceField("mode", "mode &j", {key: mode.name for key, mode in MODES.items()}),
            LoraField(),
            ChoiceField("threaded", "threads &T", OFF_ON),
        ]
        self._counted: list[Field] = [
            NumberField("steps", "st&eps", _whole_step(1, 200)),
            NumberField("guidance", "&guidance", _step_guidance, DIGITS + "."),
            NumberField("batch", "b&atch", _whole_step(1, 64)),
            NumberField("seed", "see&d", _step_seed),
            ChoiceField("prompt_syntax", "syntax", SYNTAX_NAMES),
            ChoiceField("vram_check", "check &C", OFF_ON),
            NumberField(hires_fields.FACTOR, "larger &H", hires_fields.step_factor, DIGITS + "."),
        ]

    def compose(self) -> ComposeResult:
        """The two columns."""
        yield Vertical(*self._chosen, id="chosen")
        yield Vertical(*self._counted, id="counted")

    def show(self) -> None:
        """Show what the draft says."""
        draft = self._draft
        for field in (*self._chosen, *self._counted):
            name = str(field.id)
            if isinstance(field, LoraField):
                field.show_parts(row_parts(draft))
            elif not isinstance(field, ChoiceField):
                field.show(draft.text(name), added=draft.source(name) in (STYLE, PICTURE))
            elif name == "style":
                field.show_choice(
                    draft.style.id,
                    one_line(draft.style.name),
                    added=draft.style.prompt != "" or draft.style.negative != "",
                )
            elif name == "model":
                field.show_choice(draft.model.id, one_line(draft.model.name))
            else:
                field.show_choice(draft.text(name), added=draft.source(name) == STYLE)

    def know_styles(self, styles: Mapping[str, str]) -> None:
        """Offer these styles, names by id, from now on."""
        self.query_one("#style", ChoiceField).choices = dict(styles)

    def know_models(self, models: Mapping[str, str]) -> None:
        """Offer these models, names by id, from now on."""
        self.query_one("#model", ChoiceField).choices = dict(models)

    def on_resize(self, event: Resize) -> None:
        """Line the values up where there is room."""
        columns = event.size.width >= WIDE_ENOUGH_FOR_COLUMNS
        for field in self._chosen:
            field.label_width = 10 if columns else 0
        for field in self._counted:
            field.label_width = 9 if columns else 0

    def _step_size(self, text: str, direction: int) -> str:
        sizes = self._draft.sizes()
        return sizes[(sizes.index(text) + direction) % len(sizes)] if text in sizes else sizes[0]


def _whole_step(lowest: int, highest: int) -> Callable[[str, int], str]:
    def step(text: str, direction: int) -> str:
        number = int(text) if text.isdecimal() else lowest
        return str(min(highest, max(lowest, number + direction)))

    return step


def _step_guidance(text: str, direction: int) -> str:
    try:
        number = float(text)
    except ValueError:
        number = 5.0
    return shown_number(min(50.0, max(0.0, round(number + direction / 2, 2))))


def _step_seed(text: str, direction: int) -> str:
    if not text.isdecimal():
        return str(random.randrange(MAX_SEED + 1))
    return str((int(text) + direction) % (MAX_SEED + 1))
