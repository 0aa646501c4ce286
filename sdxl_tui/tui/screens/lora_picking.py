"""A screen whose LoRAs are chosen in a list over the form: several at once, each with a weight."""

from __future__ import annotations

from textual import on

from sdxl_tui.core import paths
from sdxl_tui.core.loras import refusal, widths_of
from sdxl_tui.core.text import one_line
from sdxl_tui.tui import lora_wording
from sdxl_tui.tui.lora_wording import FIELD
from sdxl_tui.tui.notes import WARNING
from sdxl_tui.tui.screens.picking import PickingScreen
from sdxl_tui.tui.widgets.lora_field import LoraField
from sdxl_tui.tui.widgets.picker import Picker


class LoraPickingScreen(PickingScreen):
    """Lists the folders off the event loop, and keeps list and form true to each other."""

    _has_turned = False
    """Whether anything was turned since the list came up: then enter only goes back."""

    def action_pick(self, field: str) -> None:
        """Open the list of a setting; that of LoRAs once the folders were looked at."""
        if field != FIELD:
            super().action_pick(field)
            return
        self.run_worker(self._list_loras, thread=True, exit_on_error=False, group="loras")

    def goes_on(self, event: Picker.Taken) -> bool:
        """Enter right after the list came up turns the one in hand on; if that cannot be, the list stays."""
        if event.field == FIELD and not self._has_turned:
            is_on = any(use.name == event.value for use in self.desk.draft.loras)
            return not is_on and not self.turn_lora(event.value)
        return super().goes_on(event)

    def turn_lora(self, name: str, steps: int = 0) -> bool:
        """Turn one that is listed on or off, or weigh it; return False, and say why, if the model cannot use it."""
        draft, lora = self.desk.draft, self.desk.loras.listed[name]
        is_on = any(use.name == name for use in draft.loras)
        if not is_on and (reason := refusal(lora, draft.model, widths_of(draft.model))):
            if self.form.picker.question is None:
                self.desk.notes.put("form", WARNING, one_line(reason))
            self.form.picker.object_to(one_line(reason))
            return False
        self.desk.notes.clear("form")
        draft.loras = lora_wording.turned(draft.loras, lora, steps)
        self._show_loras()
        return True

    @on(Picker.Turned)
    def turn_in_list(self, event: Picker.Turned) -> None:
        """A row is turned on or off, or weighed."""
        self._has_turned |= self.turn_lora(event.value, event.steps)

    @on(LoraField.Asked)
    def open_list(self) -> None:
        """The row of the form was clicked."""
        self.action_pick(FIELD)

    @on(LoraField.Stepped)
    def step_last(self, event: LoraField.Stepped) -> None:
        """Weigh the last one that was chosen, or take all off."""
        draft = self.desk.draft
        if event.steps is None:
            draft.loras = ()
        elif draft.loras:
            draft.loras = (*draft.loras[:-1], lora_wording.weighed(draft.loras[-1], event.steps))
        self._show_loras()

    def _show_loras(self) -> None:
        picker = self.form.picker
        if picker.question is not None and picker.question.field == FIELD:
            picker.renew(lora_wording.lora_question(self.desk.draft, self.desk.loras))
        self.show()

    def _ask_for_loras(self) -> None:
        if not self.desk.loras.listed:
            where = " or ".join(one_line(paths.shown(folder)) for folder in self.desk.loras.folders)
            sentence = f"No LoRA lies in {where}: put .safetensors files there, or set lora_dir."
            self.desk.notes.put("form", WARNING, sentence)
            return
        self._has_turned = False
        self.ask(lora_wording.lora_question(self.desk.draft, self.desk.loras))

    # On another thread

    def _list_loras(self) -> None:
        self.desk.loras.refresh()
        self.app.call_later(self._ask_for_loras)
