"""A screen that knows what was made before, and how many tokens a prompt has."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial

from textual import on

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.models import Model
from sdxl_tui.core.text import one_line
from sdxl_tui.tui.choices import prompt_question
from sdxl_tui.tui.desk import Desk
from sdxl_tui.tui.history import Past, PromptHistory, earlier_jobs, read_past
from sdxl_tui.tui.notes import WARNING
from sdxl_tui.tui.recipe_wording import recipe
from sdxl_tui.tui.screens.lora_picking import LoraPickingScreen
from sdxl_tui.tui.token_counts import TokenCounts, border_words, borders_of, count_parts, own_borders
from sdxl_tui.tui.widgets.earlier_list import EarlierList
from sdxl_tui.tui.widgets.picker import Picker
from sdxl_tui.tui.widgets.picture_pane import PicturePane
from sdxl_tui.tui.widgets.prompt_area import PromptArea
from sdxl_tui.tui.widgets.prompt_card import PromptCard
from sdxl_tui.tui.widgets.rail import Rail


class RecallingScreen(LoraPickingScreen):
    """Reads the log and the tokenizer off the event loop, after the first paint."""

    pane: PicturePane
    rail: Rail

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.prompts = PromptHistory()
        self._tokens = TokenCounts()
        self._is_painted = False

    def recall(self) -> None:
        """Begin to read once there is something to look at."""
        self.call_after_refresh(self._read)

    def count_tokens(self, *, again: bool = False) -> None:
        """Say how many tokens the effective prompts have, and where the encoders cut them.

        ``again``: the model's folder may be another one now.
        """
        draft = self.desk.draft
        if again:
            self._tokens.look_again()
        if self._is_painted and not self._tokens.knows(draft.model):
            self._tokens.expect(draft.model)
            self.run_worker(partial(self._load_tokenizer, draft.model), thread=True, exit_on_error=False)
        style, prompt, negative = draft.style, one_line(draft.prompt), one_line(draft.negative_prompt)
        self._show_count(self.form.prompt, style.styled_prompt(prompt), style.prompt, prompt)
        self._show_count(self.form.negative, style.styled_negative_prompt(negative), style.negative, negative)

    def action_pick(self, field: str) -> None:
        """Open the list of a setting, or of the earlier prompts."""
        if field != "prompt":
            super().action_pick(field)
            return
        self.form.read()
        of_session = {job.prompt: job.picture for job in reversed(earlier_jobs(self.desk.state.paintings, Past()))}
        pictures = {**self.past.pictures, **of_session}
        self.ask(prompt_question(self.prompts.newest_first, pictures, self.desk.draft.prompt))

    def remember(self, field: str) -> Callable[[], None]:
        """The prompt is taken back by its own list only."""
        if field != "prompt":
            return super().remember(field)
        return partial(self.set_value, field, self.desk.draft.prompt)

    def goes_on(self, event: Picker.Taken) -> bool:
        """What is taken stands in the form, also where it was not walked to."""
        if event.field == "prompt":
            self.set_value(event.field, event.value)
            self.show()
        return super().goes_on(event)

    def show_past(self) -> None:
        """Show the jobs before the one in view, and what that was made with."""
        state, shown = self.desk.state, self.pane.shown
        jobs = earlier_jobs(state.paintings, self.past)
        others = [job for job in jobs if shown is None or job.job_id != shown.job.id]
        self.form.earlier.show(others)
        self.form.recipe.show(*recipe(state, self.desk.draft, shown))
        self.rail.grid.show(shown, state.paintings)
        self.rail.earlier.show(others)

    @on(PromptArea.Walked, "#prompt-area")
    def walk_prompts(self, event: PromptArea.Walked) -> None:
        """Put an earlier prompt in, or the draft again."""
        text = self.prompts.walk(event.area.text, event.distance)
        if text is not None:
            event.area.put(text)

    @on(EarlierList.Pressed)
    def show_earlier(self, event: EarlierList.Pressed) -> None:
        """Show the job that was clicked, if it is of this session."""
        paintings = [painting for painting in self.desk.state.paintings if painting.job.id == event.job_id]
        if paintings:
            self.pane.show(paintings[0])
            self.show_past()

    def _show_count(self, card: PromptCard, text: str, style_words: str, own: str) -> None:
        draft = self.desk.draft
        measures = self._tokens.measures(draft.model, text, draft.text("prompt_syntax")) if text else ()
        borders = borders_of(measures)
        mine = own_borders(borders, style_words, own)
        card.area.mark(mine)
        card.label.show_count([*(border_words(borders, text) if not mine else []), *count_parts(measures)])

    def _read(self) -> None:
        self._is_painted = True
        self.count_tokens()
        self.run_worker(self._read_log, thread=True, exit_on_error=False)

    def _read_log(self) -> None:
        folder = self.desk.settings.output_dir.absolute()
        try:
            past = read_past(folder, date.today())
        except UserError as error:
            self.app.call_later(self.desk.notes.put, "log", WARNING, str(error))
        else:
            self.app.call_later(self._take_past, past)

    def _take_past(self, past: Past) -> None:
        self.past = past
        self.prompts.add_past(past.prompts)
        self.show_past()

    def _load_tokenizer(self, model: Model) -> None:
        self._tokens.load(model)
        self.app.call_later(self.count_tokens)
