"""What a picker offers for a setting."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sdxl_tui.core.modes import MODES
from sdxl_tui.core.schedulers import SCHEDULERS
from sdxl_tui.core.sizes import NamedSize, presets, read_size
from sdxl_tui.core.speeds import SPEEDS
from sdxl_tui.core.style_sets import combined, parts_of
from sdxl_tui.core.styles import NONE
from sdxl_tui.core.text import one_line
from sdxl_tui.tui.draft import Draft, shown_size
from sdxl_tui.tui.history import Earlier
from sdxl_tui.tui.shelf import Shelf
from sdxl_tui.tui.widgets.words import Part

STATE_GLYPHS: dict[str, Part] = {"ready": ("●", "ok"), "incomplete": ("▲", "busy"), "absent": ("□", "muted")}


@dataclass(frozen=True)
class Choice:
    """One row of a picker."""

    value: str
    name: str
    aside: str = ""
    """At the row's right."""
    about: str = ""
    """At the foot, while it is chosen."""
    glyph: Part = ("", "")
    picture: Path | None = None
    """The last one made with it."""


@dataclass(frozen=True)
class Question:
    """What is asked, and what can be answered."""

    field: str
    kinds: str
    """What there is, in the plural."""
    choices: tuple[Choice, ...]
    chosen: str
    """The value before."""
    typed: Callable[[str], Choice] | None = None
    """The choice that a text stands for which names none of them; raises UserError."""
    parent: str = ""
    """What backspace leads to where nothing is typed."""
    several: bool = False
    """Any number of rows may be on, each with a weight."""
    files: bool = False
    """The rows are files: every row leaves room for a picture."""
    joined: Callable[[Sequence[str]], str] | None = None
    """The value that several together are, in their order; raises UserError. None: only one can be taken."""
    alone: str = ""
    """The value that takes the place of several."""
    chosen_parts: tuple[str, ...] = ()
    """What the value before is made of, where it is several."""

    @property
    def hands(self) -> str:
        """What is asked, in words."""
        return "LoRA" if self.several else self.field.replace("_", " ")

    @property
    def shows_pictures(self) -> bool:
        """Whether any row has one."""
        return self.files or any(choice.picture is not None for choice in self.choices)


def question(field: str, draft: Draft, shelf: Shelf, earlier: Sequence[Earlier]) -> Question:
    """Return what is asked for a setting."""
    match field:
        case "style":
            parts = tuple(parts_of(draft.style.id, shelf.styles.__contains__))
            rows, several = _styles(shelf, earlier), partial(_joined_styles, shelf)
            return Question(field, "styles", rows, draft.style.id, joined=several, alone=NONE, chosen_parts=parts)
        case "model":
            return Question(field, "models", _models(shelf), draft.model.id)
        case "scheduler":
            rows = tuple(Choice(key, row.name, about=row.description) for key, row in SCHEDULERS.items())
            return Question(field, "schedulers", rows, draft.text(field))
        case "size":
            return Question(field, "sizes", _sizes(draft), draft.text(field), lambda text: _typed_size(text, draft))
        case "mode":
            rows = tuple(Choice(key, row.name, about=row.description) for key, row in MODES.items())
            return Question(field, "modes", rows, draft.mode)
        case "speed":
            rows = tuple(Choice(word, word, about=description) for word, description in SPEEDS.items())
            return Question(field, "speeds", rows, draft.text(field))
    raise KeyError(field)


def prompt_question(prompts: Sequence[str], pictures: Mapping[str, Path], now: str) -> Question:
    """Return what is asked when an earlier prompt is looked for; each stands beside what it made last."""
    rows = tuple(Choice(prompt, prompt, about=prompt, picture=pictures.get(prompt)) for prompt in prompts)
    return Question("prompt", "prompts", rows, one_line(now).strip())


def _joined_styles(shelf: Shelf, ids: Sequence[str]) -> str:
    return combined([shelf.styles[style_id] for style_id in ids]).id


def _styles(shelf: Shelf, earlier: Sequence[Earlier]) -> tuple[Choice, ...]:
    pictures = {job.style: job.picture for job in reversed(earlier)}
    choices = []
    for style in shelf.styles.values():
        brings = [str(style.steps)] if style.steps is not None else []
        brings += [SCHEDULERS[style.scheduler].name] if style.scheduler in SCHEDULERS else []
        about = one_line(style.description)
        name, picture = one_line(style.name), pictures.get(style.name)
        choices.append(Choice(style.id, name, " · ".join(brings), about, picture=picture))
    return tuple(choices)


def _models(shelf: Shelf) -> tuple[Choice, ...]:
    choices = []
    for model in shelf.models.values():
        report = shelf.reports.get(model.id)
        state = report.state if report else ""
        glyph = STATE_GLYPHS.get(state, ("·", "muted"))
        about = one_line(model.description)
        choices.append(Choice(model.id, one_line(model.name), "" if state == "ready" else state, about, glyph))
    return tuple(choices)


def _sizes(draft: Draft) -> tuple[Choice, ...]:
    rows: dict[str, Choice] = {}
    for size in presets(draft.model.width, draft.model.height):
        rows.setdefault(shown_size(size.width, size.height), _of_size(size))
    return tuple(rows.values())


def _typed_size(text: str, draft: Draft) -> Choice:
    return _of_size(read_size(text, draft.model.width, draft.model.height))


def _of_size(size: NamedSize) -> Choice:
    shown = shown_size(size.width, size.height)
    return Choice(shown, f"{size.aspect:<6}{shown}", size.description)
