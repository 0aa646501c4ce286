"""The fields of one style, and under each what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.message import Message
from textual.widget import Widget
from textual.widgets import TextArea

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.request import check_guidance, check_whole, parse_guidance, parse_whole
from sdxl_tui.core.schedulers import SCHEDULERS
from sdxl_tui.core.text import one_line
from sdxl_tui.tui.draft import shown_number
from sdxl_tui.tui.widgets.choice_field import ChoiceField
from sdxl_tui.tui.widgets.details import Details
from sdxl_tui.tui.widgets.field import Field
from sdxl_tui.tui.widgets.label import CardLabel
from sdxl_tui.tui.widgets.line import Line
from sdxl_tui.tui.widgets.number_field import DIGITS, NumberField
from sdxl_tui.tui.widgets.prompt_area import PromptArea

MODELS_OWN = "the model's own"
TEXTS = {
    "name": ("name", "what it is called"),
    "description": ("about", "what it looks like, in a few words"),
    "prompt": ("prompt", "words that come after yours; or a text around {prompt}"),
    "negative": ("negative", "what it keeps out"),
}
"""Field -> its label, and what stands there while it is empty."""
KEYS = (("enter", "save"), ("tab", "next field"), ("esc", "leave"))


class StyleText(PromptArea):
    """A text of a style, in one paragraph."""

    KEYS = KEYS
    HELP = "A text of the style: enter saves the style, tab goes to the next field, esc leaves and asks before."

    def __init__(self, field: str) -> None:
        self.HANDS = TEXTS[field][0]
        super().__init__(TEXTS[field][1], id=f"style-{field}")
        self.field = field


class StyleChoice(ChoiceField):
    """The scheduler."""

    KEYS = (("←→", "choose"), *KEYS)


class StyleNumber(NumberField):
    """Steps or guidance; emptied, the model keeps its own."""

    KEYS = (("digits", "type"), ("del", MODELS_OWN), *KEYS)
    HELP = "A number: digits type, arrows step it. Emptied, the style does not set it."


class StyleEditor(VerticalScroll):
    """Says what the fields hold; whoever shows it saves."""

    @dataclass
    class Changed(Message):
        """The fields say something else."""

    @dataclass
    class Submitted(Message):
        """The user wants it saved."""

    def __init__(self) -> None:
        super().__init__(id="style-editor", can_focus=False)
        self.title = Line()
        self.texts = {field: StyleText(field) for field in TEXTS}
        schedulers = {"": MODELS_OWN, **{key: row.name for key, row in SCHEDULERS.items()}}
        self.scheduler = StyleChoice("style-scheduler", "scheduler", schedulers)
        self.steps = StyleNumber("style-steps", "steps", _step_steps)
        self.guidance = StyleNumber("style-guidance", "guidance", _step_guidance, DIGITS + ".")
        self.problems = {
            field: Details(id=f"style-problem-{field}", classes="-empty") for field in (*TEXTS, "steps", "guidance")
        }
        self.effective = Details(classes="card")
        self._numbers = {"steps": "", "guidance": ""}
        self._scheduler = ""
        self._opened: dict[str, Any] = {}
        for settings in (self.scheduler, self.steps, self.guidance):
            settings.label_width = 12

    def compose(self) -> ComposeResult:
        """The fields as a card, and what would be sent as another."""
        yield Vertical(self.title, *self._rows(), classes="card")
        yield self.effective

    def _rows(self) -> Iterator[Widget]:
        for field, area in self.texts.items():
            yield Horizontal(CardLabel(TEXTS[field][0]), area, classes="style-row")
            yield self.problems[field]
        for name, widget in (("scheduler", self.scheduler), ("steps", self.steps), ("guidance", self.guidance)):
            yield widget
            if name in self.problems:
                yield self.problems[name]

    @property
    def is_changed(self) -> bool:
        """Whether there is something that is not saved."""
        return self._texts() != self._opened

    def open(self, values: Mapping[str, Any], *, is_new: bool = False) -> None:
        """Show these values of a style; ``is_new``: they are saved nowhere yet."""
        for field, area in self.texts.items():
            with self.prevent(TextArea.Changed):
                area.load_text(one_line(str(values.get(field) or "")))
            area.move_cursor(area.document.end)
        steps, guidance = values.get("steps"), values.get("guidance")
        self._numbers = {
            "steps": "" if steps is None else str(steps),
            "guidance": "" if guidance is None else shown_number(guidance),
        }
        self._scheduler = values.get("scheduler") or ""
        self._opened = {} if is_new else self._texts()
        self.say({})
        self._show_settings()
        self.scroll_home(animate=False)
        self.texts["name"].focus()

    def values(self) -> tuple[dict[str, Any], dict[str, str]]:
        """What the fields hold, and a sentence for each that holds no value."""
        values: dict[str, Any] = {field: one_line(area.text).strip() for field, area in self.texts.items()}
        values["scheduler"] = self._scheduler or None
        problems = {}
        try:
            steps = self._numbers["steps"]
            values["steps"] = parse_whole("Steps", steps) if steps else None
            if steps:
                check_whole("Steps", values["steps"], 1, 200)
        except UserError as error:
            problems["steps"] = str(error)
        try:
            guidance = self._numbers["guidance"]
            values["guidance"] = parse_guidance(guidance) if guidance else None
            if guidance:
                check_guidance(values["guidance"])
        except UserError as error:
            problems["guidance"] = str(error)
        return values, problems

    def changed_values(self) -> dict[str, Any]:
        """The fields that say something else than when they were opened."""
        values, _ = self.values()
        now = self._texts()
        return {field: values.get(field) for field in now if now[field] != self._opened.get(field, "")}

    def say(self, problems: Mapping[str, str]) -> None:
        """Say under each field what is wrong with it."""
        for field, row in self.problems.items():
            sentence = problems.get(field, "")
            row.show([([("× ", "error"), (sentence, "value")], ())] if sentence else ())
            row.set_class(not sentence, "-empty")

    def visit(self, field: str) -> None:
        """Put the hands on a field."""
        widgets: dict[str, Widget] = {**self.texts, "steps": self.steps, "guidance": self.guidance}
        widgets[field].focus()

    @on(TextArea.Changed)
    def tell(self, event: TextArea.Changed) -> None:
        """A text is another one."""
        event.stop()
        self.post_message(self.Changed())

    @on(Field.Changed)
    def take_setting(self, event: Field.Changed) -> None:
        """A setting is another one."""
        event.stop()
        if event.field is self.scheduler:
            self._scheduler = event.value
        else:
            self._numbers["steps" if event.field is self.steps else "guidance"] = event.value
        self._show_settings()
        self.post_message(self.Changed())

    @on(PromptArea.Submitted)
    def submit(self, event: PromptArea.Submitted) -> None:
        """Enter in a text."""
        event.stop()
        self.post_message(self.Submitted())

    @on(PromptArea.Walked)
    def walk(self, event: PromptArea.Walked) -> None:
        """Go to the field above or below."""
        event.stop()
        if event.distance > 0:
            self.screen.focus_previous()
        else:
            self.screen.focus_next()

    def _texts(self) -> dict[str, Any]:
        texts = {field: one_line(area.text).strip() for field, area in self.texts.items()}
        return {**texts, "scheduler": self._scheduler, **self._numbers}

    def _show_settings(self) -> None:
        self.scheduler.show_choice(self._scheduler)
        self.steps.show(self._numbers["steps"] or MODELS_OWN)
        self.guidance.show(self._numbers["guidance"] or MODELS_OWN)


def _step_steps(text: str, direction: int) -> str:
    return str(min(200, max(1, int(text) + direction))) if text.isdecimal() else "30"


def _step_guidance(text: str, direction: int) -> str:
    try:
        return shown_number(min(50.0, max(0.0, round(float(text) + direction / 2, 2))))
    except ValueError:
        return "5.0"
