"""A list over the form: type to filter, walk, take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.events import Blur, Click, Key
from textual.message import Message
from textual.style import Style

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.text import one_line
from sdxl_tui.tui.choices import Choice, Question
from sdxl_tui.tui.thumbs import Thumb, Thumbs
from sdxl_tui.tui.together import Together, matches
from sdxl_tui.tui.widgets.words import Words

ROOMY = 14
"""Rows from which there is an empty row under the title and two for the foot."""

FAR = 1_000_000
STEPS = {" ": 0, "-": -1, "+": 1, "=": 1}
"""In a list of several: what a key does to the row in hand, as Picker.Turned has it."""
SWATCH = 3
NUMBER = 2
"""Cells for the place of a row among several that are taken together."""


class Picker(Words, can_focus=True):
    """Lies over the left column below the effective prompt; what is walked to is shown in the form at once.

    It is hidden by visibility and not by display: that repaints its own place and not the picture's.
    """

    HELP = (
        "A list: type to find, arrows walk and the form follows at once, {picker.take:enter} takes it, "
        "{picker.leave:esc} leaves all as it was. Of LoRAs several can be on: space turns one on or off, - and + "
        "weigh it. Of styles {picker.mark:+} sets one down, so that the next comes to it; a click on its number "
        "does too."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "take", "take it", id="picker.take", tooltip="Take it and go back to where the hands were"),
        Binding("escape", "leave", "as it was", id="picker.leave", tooltip="Leave everything as it was before"),
        Binding("up,left", "walk(-1)", "one up", id="picker.up", tooltip="Choose the one above"),
        Binding("down,right", "walk(1)", "one down", id="picker.down", tooltip="Choose the one below"),
        Binding("pageup", "walk(-10)", "ten up", id="picker.page_up", tooltip="Choose ten above"),
        Binding("pagedown", "walk(10)", "ten down", id="picker.page_down", tooltip="Choose ten below"),
        Binding("home", f"walk(-{FAR})", "first", id="picker.first", tooltip="Choose the first"),
        Binding("end", f"walk({FAR})", "last", id="picker.last", tooltip="Choose the last"),
        Binding(
            "backspace",
            "shorten",
            "shorten",
            id="picker.shorten",
            tooltip="Take back a letter; of files with none typed, go up a folder",
        ),
        Binding("delete", "empty", "show all", id="picker.empty", tooltip="Take back all letters"),
        Binding("plus", "mark", "add one", id="picker.mark", tooltip="Set it down and go on choosing, or take it out"),
    ]

    @dataclass
    class Walked(Message):
        """The user looks at this choice: the form is to follow."""

        field: str
        value: str

    @dataclass
    class Taken(Message):
        """The user takes what the form shows now; None: there is nothing to take."""

        field: str
        value: str

    @dataclass
    class Turned(Message):
        """One of several is to be on or off, or to weigh so many steps more."""

        field: str
        value: str
        steps: int = 0
        """0: on or off."""

    @dataclass
    class Left(Message):
        """The user wants everything as it was."""

    @dataclass
    class Abandoned(Message):
        """The hands went elsewhere."""

    def __init__(self, thumbs: Thumbs) -> None:
        super().__init__(id="picker")
        self._thumbs = thumbs
        self.question: Question | None = None
        """What is asked; None: the picker is not there."""
        self._rows: tuple[Choice, ...] = ()
        self._place = 0
        self._typed = ""
        self._sentence = ""
        self._together: Together | None = None
        """Of the question that is asked."""
        self.visible = False

    @property
    def HANDS(self) -> str:  # noqa: N802
        """Where the hands are."""
        return self.question.hands if self.question else ""

    @property
    def KEYS(self) -> tuple[tuple[str, str], ...]:  # noqa: N802
        """What the keys do in this list."""
        if self.question is not None and self.question.weighed:
            return (
                ("space", "on or off"),
                ("-+", "weight"),
                ("enter", "done"),
                ("type", "to find"),
                ("esc", "as it was"),
            )
        more = (("+", "add one"),) if self.question is not None and self.question.joined else ()
        return (("enter", "take it and go back"), ("↑↓", "choose"), *more, ("type", "to find"), ("esc", "as it was"))

    @property
    def chosen(self) -> Choice | None:
        """The row under the cursor."""
        return self._rows[self._place] if self._rows else None

    def ask(self, question: Question) -> None:
        """Come up with these choices."""
        self.question, self._typed, self._sentence = question, "", ""
        self._rows = question.choices
        values = [choice.value for choice in self._rows]
        self._together = Together(question)
        before = self._together.last or question.chosen
        self._place = values.index(before) if before in values else 0
        self.visible = True
        self.refresh()
        self.focus()

    def renew(self, question: Question) -> None:
        """Say of the same rows what is true of them now."""
        here = self.chosen
        self.question, self._sentence = question, ""
        self._rows = matches(question.choices, self._typed) if self._typed else question.choices
        values = [choice.value for choice in self._rows]
        self._place = values.index(here.value) if here is not None and here.value in values else 0
        self.refresh()

    def go(self) -> None:
        """Go away."""
        self.question = None
        self.visible = False

    def object_to(self, sentence: str) -> None:
        """Say at the foot why the choice cannot be taken."""
        self._sentence = sentence
        self.refresh()

    def action_walk(self, distance: int) -> None:
        """Choose the row that many places away."""
        if self._rows:
            self._choose(min(len(self._rows) - 1, max(0, self._place + distance)))

    def action_take(self) -> None:
        """Take it, unless what was typed stands for nothing."""
        if self.question is not None and self.chosen is not None and self._together is not None:
            try:
                self.post_message(self.Taken(self.question.field, self._together.with_(self.chosen.value)))
            except UserError as error:
                self.object_to(str(error))

    def action_mark(self) -> None:
        """Set the chosen one down, so that the next comes to it; or take it out again."""
        if self.question is None or self.question.joined is None or self.chosen is None or self._together is None:
            return
        try:
            self._together.turn(self.chosen.value)
        except UserError as error:
            self.object_to(str(error))
        else:
            self._choose(self._place)

    def action_leave(self) -> None:
        """Leave everything as it was."""
        self.post_message(self.Left())

    def action_shorten(self) -> None:
        """Take back a letter; where there is none, go up."""
        if not self._typed and self.question is not None and self.question.parent:
            self.post_message(self.Taken(self.question.field, self.question.parent))
        else:
            self._filter(self._typed[:-1])

    def action_empty(self) -> None:
        """Take back all letters."""
        self._filter("")

    def on_key(self, event: Key) -> None:
        """Filter by what is typed."""
        if event.character == "+" and self.question is not None and self.question.joined is not None:
            return
        if not event.key.startswith("alt+") and event.is_printable and event.character is not None:
            event.stop()
            if self.question is not None and self.question.weighed and event.character in STEPS:
                self._turn(STEPS[event.character])
            else:
                self._filter(self._typed + event.character)

    def on_click(self, event: Click) -> None:
        """Take the row under the mouse."""
        event.stop()
        place = self._first() + event.y - self._above()
        if 0 <= place < len(self._rows) and event.y < self.size.height - self._below():
            self._choose(place)
            if self.question is not None and self.question.weighed:
                self._turn(0)
            elif (
                self.question is not None
                and self.question.joined
                and event.get_content_offset_capture(self).x <= NUMBER
            ):
                self.action_mark()
            else:
                self.action_take()

    def on_blur(self, event: Blur) -> None:
        """The hands went elsewhere by themselves; from one list to the next they are here again already."""
        if self.question is not None and self.screen.focused is not self:
            self.post_message(self.Abandoned())

    def render(self) -> Content:
        """Title with what is typed, rows, and at the foot a sentence about the one in hand."""
        if self.question is None:
            return Content("")
        width, height = self.size
        rows = [self._title(self.question)] + [Content("")] * (self._above() - 1)
        first, room = self._first(), self._room()
        shown = self._rows[first : first + room]
        rows += [self._row(choice, first + number == self._place) for number, choice in enumerate(shown)]
        if not self._rows and not self._sentence:
            rows.append(self.say((f'Nothing matches "{self._typed}"; ', "soft"), ("backspace", "key")))
        rows += [Content("")] * (height - self._below() - len(rows))
        together = self._together.names if self._together is not None else ""
        about = self._sentence or together or (self.chosen.about if self.chosen else "")
        foot = self.say((about, "error" if self._sentence else "soft")).wrap(max(1, width))
        return Content("\n").join([*rows, *foot[: self._below()]])

    def _title(self, question: Question) -> Content:
        typed = (self._typed, "value") if self._typed else ("type to find", "muted")
        left = [(f"{question.hands}  ", "accent"), typed, (" ", "cursor")]
        count = f"{len(self._rows)} of {len(question.choices)}" if self._typed else str(len(question.choices))
        return self.between(self.say(*left), self.say((f"{count} {question.kinds}", "muted")))

    def _row(self, choice: Choice, here: bool) -> Content:
        glyph = self.say((f"{choice.glyph[0]} ", choice.glyph[1])) if choice.glyph[0] else Content("")
        lead = glyph
        if self.question is not None and self.question.shows_pictures:
            cells = choice.picture and self._thumbs.rows(self, Thumb(choice.picture, SWATCH, 1))
            lead = Content.assemble(cells[0] if cells else " " * SWATCH, "  ", glyph)
        if self.question is not None and self.question.joined and self._together is not None:
            lead = Content.assemble(self.say((f"{self._together.place(choice.value):<{NUMBER}}", "accent")), lead)
        name = self.say((choice.name, "strong" if here else "value"))
        left, right = Content.assemble(" ", lead, name), choice.aside
        if left.cell_length + len(right) >= self.size.width:
            right = right.partition(" · ")[0]
        row = self.between(left, self.say((right, "soft" if here else "muted")))
        under = Style(background=self.look("chosen").background)
        return row.stylize(under) if here else row

    def _above(self) -> int:
        return 2 if self.size.height >= ROOMY else 1

    def _below(self) -> int:
        return 2 if self.size.height >= ROOMY or self._sentence else 1

    def _room(self) -> int:
        return max(1, self.size.height - self._above() - self._below())

    def _first(self) -> int:
        """The first row that is shown: as many as fit, the chosen one among them, not at the edge where it can be."""
        room = self._room()
        return max(0, min(self._place - room // 2, len(self._rows) - room))

    def _filter(self, typed: str) -> None:
        if self.question is None:
            return
        self._typed, self._sentence = one_line(typed), ""
        kept = self.chosen
        self._rows = matches(self.question.choices, self._typed)
        if self._typed and self.question.typed is not None:
            self._add_typed(self.question)
        if self._typed or kept not in self._rows:
            self._choose(0)
        else:
            self._choose(self._rows.index(kept))

    def _turn(self, steps: int) -> None:
        if self.question is not None and self.chosen is not None:
            self.post_message(self.Turned(self.question.field, self.chosen.value, steps))

    def _add_typed(self, question: Question) -> None:
        try:
            choice = question.typed(self._typed) if question.typed else None
        except UserError as error:
            self._sentence = "" if self._rows else str(error)
            return
        if choice is not None and choice.value not in (row.value for row in self._rows):
            self._rows = (choice, *self._rows)

    def _choose(self, place: int) -> None:
        self._place = place
        self.refresh()
        if self.question is not None and self.chosen is not None and self._together is not None:
            self._sentence = ""
            if self.question.weighed:
                return
            try:
                self.post_message(self.Walked(self.question.field, self._together.with_(self.chosen.value)))
            except UserError as error:
                self.object_to(str(error))
