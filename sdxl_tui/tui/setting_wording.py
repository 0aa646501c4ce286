"""How settings are put into words: rows of the list, and all that is known of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sdxl_tui.core import paths
from sdxl_tui.core.setting_kinds import Folder
from sdxl_tui.core.setting_specs import DEFAULT, ENVIRONMENT, FILE, FLAG, Standing, shown_value
from sdxl_tui.core.settings import settings_file
from sdxl_tui.core.text import one_line
from sdxl_tui.tui.desk import Desk
from sdxl_tui.tui.draft import USER
from sdxl_tui.tui.model_wording import cut_in_the_middle
from sdxl_tui.tui.widgets.lab_list import Ends, ListItem
from sdxl_tui.tui.widgets.words import Part

NAME_CELLS = 17
FROM_FORM = ("speed", "vram_check")
"""The settings that a field of the form changes for this session."""
SOURCES = {FLAG: "command line", ENVIRONMENT: "environment", FILE: "settings.toml", DEFAULT: ""}
SHORT_SOURCES = {FLAG: "flag", ENVIRONMENT: "env", FILE: "file", DEFAULT: ""}
ROOMY = 48
"""Width of the list from which sources are written out."""


def session_values(desk: Desk) -> dict[str, str]:
    """The settings that a key changed for this session, and that say something else than they do."""
    draft = desk.draft
    of_form = {name: draft.text(name) for name in FROM_FORM if draft.source(name) == USER}
    changed = {**desk.session, **of_form}
    return {name: value for name, value in changed.items() if value != getattr(desk.settings, name)}


def setting_items(desk: Desk, standings: Sequence[Standing], width: int) -> list[ListItem]:
    """Each setting with its value and where that comes from, by groups."""
    session = session_values(desk)
    items: list[ListItem] = []
    group = ""
    for standing in standings:
        spec = standing.spec
        if spec.group.name != group:
            group = spec.group.name
            items += [_heading("")] if items and width >= ROOMY else []
            items.append(_heading(group))
        items.append(_item(desk, standing, session, width))
    return items


def _heading(text: str) -> ListItem:
    return ListItem("", (([(text, "label")], ()),))


def _item(desk: Desk, standing: Standing, session: Mapping[str, str], width: int) -> ListItem:
    spec = standing.spec
    value = session.get(spec.name, getattr(desk.settings, spec.name))
    source: Part = ((SOURCES if width >= ROOMY else SHORT_SOURCES)[standing.source], "muted")
    if spec.name in session:
        source = ("this session" if width >= ROOMY else "session", "busy")
    elif standing.problem:
        source = ("bad value" if width >= ROOMY else "bad", "error")
    elif waits_for_start(desk, standing):
        source = ("next start" if width >= ROOMY else "next", "busy")
    kind = "soft" if value == spec.default else "strong"
    shown = cut_in_the_middle(_said(value), max(6, width - NAME_CELLS - len(source[0]) - 4))
    words = f"{spec.name} {spec.name.replace('_', ' ')} {spec.meaning} {value} {spec.group.name} {source[0]}"
    left: list[Part] = [(f"{spec.name:<{NAME_CELLS}}", "value"), (shown, kind)]
    return ListItem(spec.name, ((left, [source]),), words)


def waits_for_start(desk: Desk, standing: Standing) -> bool:
    """Whether the next start brings another value than the lab has now."""
    return bool(standing.value != getattr(desk.settings, standing.spec.name))


def setting_rows(desk: Desk, standing: Standing) -> list[Ends]:
    """All that is known of a setting."""
    spec, session = standing.spec, session_values(desk)
    in_session = spec.name in session
    value = session.get(spec.name, getattr(desk.settings, spec.name))
    came = "for this session, by a key" if in_session else _came(desk, standing)
    rows: list[Ends] = [([(spec.name, "strong")], [(spec.group.name, "muted")])]
    rows += [([(one_line(spec.meaning), "value")], ())] if spec.meaning else []
    rows += [([], ()), _row("now", (_said(value), "strong"), ("  " + came, "muted"))]
    if in_session:
        rows.append(_row("without it", (_said(getattr(desk.settings, spec.name)), "value")))
    rows.append(_row("values", (_values(standing), "soft")))
    rows.append(_row("default", (_said(spec.default), "soft")))
    rows.append(_row("counts", (spec.effect.words, "soft")))
    if standing.is_overridden:
        told = "says nothing" if standing.written is None else f"says {_said(standing.written)}"
        rows.append(_row("the file", (f"{told}; {standing.holder()} overrides it this time", "busy")))
    elif waits_for_start(desk, standing):
        rows.append(_row("next start", (_said(standing.value), "busy")))
    if standing.problem:
        rows.append(([("× ", "error"), (one_line(standing.problem), "value")], ()))
    if in_session:
        rows += [([], ()), ([("s ", "key"), ("keeps it in settings.toml", "soft")], ())]
    return rows


def _row(label: str, *parts: Part) -> Ends:
    return ([(f"{label:<11}", "label"), *parts], ())


def _came(desk: Desk, standing: Standing) -> str:
    if waits_for_start(desk, standing):
        return "since the start"
    if standing.source == DEFAULT:
        return "by default"
    return f"from {settings_file().name if standing.source == FILE else standing.holder()}"


def _values(standing: Standing) -> str:
    choices = getattr(standing.spec.kind, "choices", ())
    return " · ".join(choices) if choices else standing.spec.kind.told()


def _said(value: Any) -> str:
    return one_line(shown_value(value)) or "nothing"


def typed_value(desk: Desk, standing: Standing) -> tuple[str, list[str] | None, str]:
    """What the field begins with, what can be typed (None: a path), and what stands there while it is empty."""
    spec = standing.spec
    value = standing.written if standing.written is not None else getattr(desk.settings, spec.name)
    text = shown_value(value).replace(",", "") if isinstance(value, int) else shown_value(value)
    words = None if isinstance(spec.kind, Folder) else list(desk.shelf.models) if spec.name == "model" else []
    return text, words, spec.kind.told()


def written_sentence(desk: Desk, standing: Standing) -> str:
    """What came of writing a setting."""
    spec = standing.spec
    place = paths.shown(settings_file())
    if standing.is_overridden:
        held = f"{standing.holder()} holds it at {_said(standing.value)} this time"
        return f"{spec.name} = {_said(standing.written)} is in {place}; {held}."
    counts = "it counts at once" if spec.effect.at_once else "it counts from the next start"
    if standing.source == DEFAULT:
        return f"{spec.name} has its default again, {_said(standing.value)}; {counts}."
    return f"{spec.name} = {_said(standing.value)} is in {place}; {counts}."
