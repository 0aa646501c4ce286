"""The left column: everything that is typed, and what enter will do with it."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.events import Resize
from textual.widget import Widget

from sdxl_tui.tui.choices import Question
from sdxl_tui.tui.draft import Draft
from sdxl_tui.tui.lab_state import LabState
from sdxl_tui.tui.notes import Notes
from sdxl_tui.tui.shelf import Shelf
from sdxl_tui.tui.thumbs import Thumbs
from sdxl_tui.tui.widgets.earlier_list import EarlierList
from sdxl_tui.tui.widgets.enter_bar import EnterBar
from sdxl_tui.tui.widgets.hires_card import HiresCard
from sdxl_tui.tui.widgets.motion_card import MotionCard
from sdxl_tui.tui.widgets.notices import Notices
from sdxl_tui.tui.widgets.picker import Picker
from sdxl_tui.tui.widgets.prompt_card import PromptCard, home_prompt
from sdxl_tui.tui.widgets.queue_list import QueueList
from sdxl_tui.tui.widgets.recipe import Recipe
from sdxl_tui.tui.widgets.settings_card import SettingsCard
from sdxl_tui.tui.widgets.source_card import SourceCard

BELOW_CARDS = 4
"""Rows that the enter bar, the queue and the notices always keep."""

BELOW_ROOMY = 12
"""Rows that they take in a tall window; where the cards leave less, they do with fewer."""

ENOUGH, FEWEST = 12, 5
"""Rows a picker wants, and those it takes also where the effective prompt is very long."""


class Form(Vertical):
    """The cards, which scroll where they must; below them the rows that never go."""

    def __init__(self, draft: Draft, shelf: Shelf, notes: Notes, thumbs: Thumbs, state: LabState) -> None:
        super().__init__(id="form")
        self._draft = draft
        self.prompt = home_prompt()
        self.negative = PromptCard("negative", "&negative", "nothing to keep out", "")
        models = {model.id: model.name for model in shelf.models.values()}
        self.settings = SettingsCard(draft, models, {style.id: style.name for style in shelf.styles.values()})
        self.source = SourceCard(draft, state, thumbs)
        self.motion = MotionCard(draft)
        self.hires = HiresCard(draft)
        self.enter_bar = EnterBar()
        self.queue = QueueList()
        self.recipe = Recipe()
        self.earlier = EarlierList(thumbs)
        self.notices = Notices(notes)
        self.picker = Picker(thumbs)
        self._further = (self.source, self.motion, self.settings, self.hires)
        self._cards = VerticalScroll(self.prompt, self.negative, *self._further, id="cards", can_focus=False)

    def compose(self) -> ComposeResult:
        """From what is typed to what is said about it."""
        yield self._cards
        yield self.enter_bar
        yield self.queue
        yield self.recipe
        yield self.earlier
        yield self.notices
        yield self.picker

    def read(self) -> None:
        """Take the prompts as they stand in their fields now: what was typed last may not have been told yet."""
        self._draft.prompt = self.prompt.area.text
        self._draft.negative_prompt = self.negative.area.text

    def write(self) -> None:
        """Put the draft's prompts into their fields; ctrl+z takes them back."""
        for card, text in ((self.prompt, self._draft.prompt), (self.negative, self._draft.negative_prompt)):
            area = card.area
            if area.text != text:
                area.replace(text, area.document.start, area.document.end, maintain_selection_offset=False)
                area.move_cursor(area.document.end)
        self.source.write()

    def show(self) -> None:
        """Show what the draft says; the prompts' own text is the user's and stays as it is."""
        draft = self._draft
        self.prompt.words.show(draft.style.prompt, draft.prompt)
        self.negative.words.show(draft.style.negative, draft.negative_prompt)
        self.source.show()
        self.motion.show()
        self.settings.show()
        self.hires.show()
        self.fit()

    def make_room_for(self, widget: Widget) -> None:
        """Where the window is too small for a form, show the card that holds ``widget`` in the prompt's place."""
        tiny = self.is_tiny
        for card in (self.negative, *self._further):
            self.set_class(tiny and card in widget.ancestors, f"-on-{card.id}")

    @property
    def is_tiny(self) -> bool:
        """Whether the window is too small for a form."""
        return self.screen.has_class("-thin") or self.screen.has_class("-flat")

    def open_picker(self, question: Question) -> None:
        """Ask over the rows below the effective prompt."""
        self._cards.scroll_home(animate=False)
        self.picker.ask(question)
        self.fit()

    def close_picker(self) -> None:
        """Show the whole form again."""
        self.picker.go()
        self.fit()

    def on_resize(self, event: Resize) -> None:
        """Share the rows anew."""
        self.fit()

    def fit(self) -> None:
        """Cut the style's words to one row where the cards take more rows than there are, the negative's first.

        They are whole again while their card has the focus.
        """
        asked = self.picker.question is not None
        self.call_after_refresh(self._place_picker)
        room = self.size.height - BELOW_CARDS
        if self.is_tiny or room <= 0:
            self.set_class(asked, "-picking")
            self._cards.styles.max_height = None
            return
        others = [card for card in self._further if card.display]
        cards = (self.prompt, self.negative, *others)
        rows = self.prompt.rows() + self.negative.rows() + sum(card.size.height for card in others)
        short = self.screen.has_class("-short")
        crowded = rows + len(cards) - 1 > (room if short else self.size.height - BELOW_ROOMY)
        gaps = 0 if short and crowded else sum(card.styles.margin.height for card in cards)
        needed = rows + gaps
        spared = max(0, self.negative.words.rows(self.negative.content_size.width) - 1)
        self.set_class(crowded, "-crowded")
        self.set_class(needed > room, "-tight")
        self.set_class(needed - spared > room, "-tighter")
        self.set_class(asked and needed > room, "-picking")
        self._cards.styles.max_height = room

    def _place_picker(self) -> None:
        """Leave the prompts and the first settings to be seen, where that leaves rows enough for the list."""
        if self.picker.question is None:
            return
        height = self.size.height
        settings, negative = self.settings.region.y, self.negative.region.y
        bottom = self.prompt.region.bottom - self.region.y
        tops = [settings - self.region.y + 2, settings - self.region.y, negative - self.region.y]
        if self.is_tiny:
            tops = [bottom]
        enough = min(ENOUGH, len(self.picker.question.choices) + 3)
        top = next((top for top in tops if bottom <= top <= height - enough), min(bottom, height - FEWEST))
        self.picker.styles.height = max(1, height - max(0, top))
