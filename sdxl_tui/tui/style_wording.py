"""How styles are put into words: rows of the list, and what one would do to the form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sdxl_tui.core import paths
from sdxl_tui.core.schedulers import SCHEDULERS
from sdxl_tui.core.style_files import style_file
from sdxl_tui.core.style_sets import BETWEEN_NAMES
from sdxl_tui.core.styles import PLACEHOLDER, Style, own_folder
from sdxl_tui.core.text import one_line
from sdxl_tui.tui.desk import Desk
from sdxl_tui.tui.draft import STYLE, USER, Draft, shown_number
from sdxl_tui.tui.model_wording import cut_in_the_middle
from sdxl_tui.tui.widgets.lab_list import Ends, ListItem
from sdxl_tui.tui.widgets.words import Part

NAME_COLUMN = 27
SCHEDULER_FROM = 46
DESCRIPTION_FROM = 72
"""Widths of the list from which the schedulers, then the descriptions stand in it too."""


def style_items(desk: Desk, width: int, marked: Sequence[str] = ()) -> list[ListItem]:
    """The lab's styles, then the user's own; those that are marked have their places among them."""
    styles, own = desk.shelf.styles.values(), desk.shelf.own_styles
    items = [_heading("styles of the lab", "sets")]
    items += [_style_item(desk, style, width, marked) for style in styles if style.id not in own]
    if own:
        folder = one_line(paths.shown(own_folder()))
        if width >= SCHEDULER_FROM:
            items.append(_heading("", ""))
        items.append(_heading("yours", cut_in_the_middle(folder, width - len("yours") - 4)))
        items += [_style_item(desk, style, width, marked) for style in styles if style.id in own]
    return items


def _heading(left: str, right: str) -> ListItem:
    return ListItem("", (([(left, "label")], [(right, "muted")]),))


def _style_item(desk: Desk, style: Style, width: int, marked: Sequence[str]) -> ListItem:
    in_use = desk.draft.style.id == style.id
    name = one_line(style.name)
    mark: Part = ("● ", "ok") if in_use else ("  ", "")
    if style.id in marked:
        mark = (f"{marked.index(style.id) + 1} ", "accent")
    left: list[Part] = [mark, (name, "strong" if in_use else "value")]
    if width >= DESCRIPTION_FROM:
        left += [(" " * max(2, NAME_COLUMN - len(name)), ""), (one_line(style.description), "muted")]
    sets = ["replaces"] if style.id in desk.shelf.replaced_styles else []
    sets += [str(style.steps)] if style.steps is not None else []
    sets += [f"cfg {shown_number(style.guidance)}"] if style.guidance is not None else []
    sets += [SCHEDULERS[style.scheduler].name] if style.scheduler and width >= SCHEDULER_FROM else []
    words = f"{style.name} {style.description} {style.prompt} {style.negative}"
    return ListItem(style.id, ((left, [(" · ".join(sets), "muted")]),), words)


def style_rows(desk: Desk, style: Style) -> list[Ends]:
    """A style, and the texts that would be sent with it for what the form says now."""
    draft = desk.draft
    whose = _whose(desk, style)
    whose = f"in the form · {whose}" if draft.style.id == style.id else whose
    rows: list[Ends] = [([(one_line(style.name), "strong")], [(whose, "muted")])]
    rows += [([(one_line(style.description), "soft")], ())] if style.description else []
    return [*rows, ([], ()), *effective_rows(desk, style)]


def effective_rows(desk: Desk, style: Style) -> list[Ends]:
    """The texts that would be sent with a style for what the form says now."""
    draft = desk.draft
    rows: list[Ends] = [([("what would be sent", "label")], ())]
    rows += [(_effective(style.prompt, draft.prompt) or [("The prompt is empty.", "muted")], ())]
    rows += [([], ()), ([("what would be kept out", "label")], ())]
    return [*rows, (_effective(style.negative, draft.negative_prompt) or [("nothing", "muted")], ())]


def setting_rows(desk: Desk, style: Style) -> list[Ends]:
    """What a style sets, and what the form keeps."""
    tried = desk.draft.with_style(style)
    rows: list[Ends] = [([("what it sets", "label")], ())]
    brought = {
        "scheduler": SCHEDULERS[style.scheduler].name if style.scheduler else None,
        "steps": None if style.steps is None else str(style.steps),
        "guidance": None if style.guidance is None else shown_number(style.guidance),
    }
    return rows + [
        ([(f"{field:<11}", "label"), *_setting(tried, field, value)], ()) for field, value in brought.items()
    ]


def _setting(tried: Draft, field: str, brought: str | None) -> list[Part]:
    value = one_line(tried.scheduler_name() if field == "scheduler" else tried.text(field))
    source = tried.source(field)
    if source == STYLE:
        return [(value, "brought")]
    if source == USER:
        instead = f", where it would set {brought}" if brought else ""
        return [(value, "value"), (f"  yours stays{instead}", "muted")]
    why = f"{tried.model.name} keeps its own" if brought else "as it is"
    return [(value, "soft"), (f"  {one_line(why)}", "muted")]


def _effective(words: str, text: str) -> list[Part]:
    """The text that would be sent, the style's part of it in the style's kind of words."""
    words, text = one_line(words), one_line(text)
    if PLACEHOLDER not in words:
        comma: list[Part] = [(", ", "value")] if words and text else []
        return [part for part in ((text, "value"), *comma, (words, "added")) if part[0]]
    parts: list[Part] = []
    for number, piece in enumerate(words.split(PLACEHOLDER)):
        parts += ([(text, "value")] if number else []) + [(piece, "added")]
    return [part for part in parts if part[0]]


def _whose(desk: Desk, style: Style) -> str:
    shelf = desk.shelf
    if style.id in shelf.replaced_styles:
        return "yours, in place of the lab's"
    if style.id in shelf.own_styles:
        return "yours"
    return "shipped" if style.id in shelf.styles else "together"


def copied_name(style: Style, styles: Mapping[str, Style]) -> str:
    """A name for a copy that no style has."""
    taken = {other.name.casefold() for other in styles.values()}
    name = style.name if style.id not in styles else f"{style.name} copy"
    name, number = name.replace(BETWEEN_NAMES, ", "), 1
    free = name
    while free.casefold() in taken:
        number += 1
        free = f"{name} {number}"
    return free


def delete_sentence(style: Style, *, replaces: bool) -> str:
    """What deleting a style of the user's does."""
    back = f" The lab's own {style.name} comes back." if replaces else ""
    return f"{one_line(style.name)} goes to the trash: {one_line(style_file(style.id).name)}.{one_line(back)}"


def editor_title(desk: Desk, edited: Style | None, *, is_changed: bool) -> tuple[list[Part], list[Part]]:
    """What is written, and whether it is saved."""
    state: Part = ("not saved", "busy") if is_changed else ("as saved", "muted")
    if edited is None:
        return [("a new style", "strong")], [("yours · ", "muted"), state]
    if edited.id in desk.shelf.own_styles:
        return [(one_line(edited.name), "strong")], [("yours · ", "muted"), state]
    return [(one_line(edited.name), "strong")], [("saving makes a copy · ", "muted"), state]


def skipped_rows(sentences: Sequence[str]) -> list[Ends]:
    """The style files that were skipped, and why."""
    return [([("▲ ", "busy"), (one_line(sentence), "soft")], ()) for sentence in sentences]
