"""A screen that says, while a job is typed, what it means for the card."""

from __future__ import annotations

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.vram import Outlook
from sdxl_tui.engine import CardRead, Event
from sdxl_tui.tui import queue_wording, vram_wording, wording
from sdxl_tui.tui.notes import OK, WARNING
from sdxl_tui.tui.screens.previewing import PreviewingScreen

LOOKS = ("-busy", "-blocked", "-risky")
"""Classes of the enter bar."""


class WeighingScreen(PreviewingScreen):
    """Compares the form's job with the card as it was last read; where there is no card it says nothing."""

    def outlook(self) -> Outlook | None:
        """How the form's job stands to the card; None: no GPU, no check, or no job."""
        meter, draft = self.desk.state.meter, self.desk.draft
        if meter is None or not self.desk.checks_vram or self.desk.shelf.obstacle(draft.model):
            return None
        try:
            request = draft.request()
        except UserError:
            return None
        return self.desk.precheck.outlook(request, meter.card, self.desk.settings)

    def say_what_fits(self) -> None:
        """Warn of a job that would not fit, in one line; show what enter does."""
        outlook = self.outlook()
        if outlook is None or outlook.fits:
            self.desk.notes.clear("vram")
        else:
            self.desk.notes.put("vram", WARNING, vram_wording.short_outlook(outlook, self.desk.draft.request()))
        self.show_enter_bar()

    def show_enter_bar(self) -> None:
        """Show what enter does now."""
        desk, bar = self.desk, self.form.enter_bar
        asks = desk.settings.vram_fit == "ask"
        parts = wording.enter_parts(desk.state, desk.shelf, desk.draft)
        if desk.editing is not None:
            parts = (parts[0], *queue_wording.editing_parts(desk.editing.number))
        looks, left, right = vram_wording.enter_verdict(*parts, self.outlook(), asks, bar.size.width)
        for name in LOOKS:
            bar.set_class(looks == name, name)
        bar.show(left, right)

    def weighty_remarks(self) -> list[str]:
        """Sentences on what costs more than the user may expect."""
        draft = self.desk.draft
        remarks = [vram_wording.THREADED] if draft.text("threaded") == "on" else []
        if draft.model.heavy and (outlook := self.outlook()) is not None:
            remarks.append(vram_wording.heavy_sentence(outlook, draft.model))
        return remarks

    def report(self, event: Event) -> None:
        """Weigh again when the card has changed."""
        super().report(event)
        if isinstance(event, CardRead):
            self.say_what_fits()

    def action_switch(self, field: str) -> None:
        """Switch a field on or off; the hands stay where they are."""
        draft = self.desk.draft
        if field == "threaded" and not draft.can_be_threaded:
            self.say("form", WARNING, "The threaded batch makes pictures from text only, without a second pass.")
            return
        draft.edit(field, "off" if draft.text(field) == "on" else "on")
        self.desk.notes.clear("form")
        if field == "vram_check":
            check = draft.text(field)
            told = "jobs are compared with the card first" if check == "on" else "jobs are sent as they are"
            self.say("check", OK, f"Memory check: {check}; {told}.")
        self.show()
