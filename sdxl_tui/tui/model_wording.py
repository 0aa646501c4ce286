"""How models are put into words: rows of the list, and all that is known of one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sdxl_tui.core import paths
from sdxl_tui.core.check import ABSENT, FILE, INCOMPLETE, READY, ModelReport, shown_licence
from sdxl_tui.core.models import Model
from sdxl_tui.core.schedulers import SCHEDULERS
from sdxl_tui.core.text import one_line
from sdxl_tui.core.words import shown_size as shown_bytes
from sdxl_tui.engine import ModelLoading
from sdxl_tui.tui import copy_wording, verify_wording
from sdxl_tui.tui.desk import Desk
from sdxl_tui.tui.draft import USER, Draft, shown_number, shown_size
from sdxl_tui.tui.lab_state import LabState
from sdxl_tui.tui.widgets.lab_list import Ends, ListItem
from sdxl_tui.tui.widgets.words import Part
from sdxl_tui.tui.wording import seconds

STATES = {READY: ("●", "ok", "ready"), INCOMPLETE: ("▲", "busy", "incomplete"), ABSENT: ("□", "muted", "absent")}
"""What a check found: glyph, kind of words, word."""
LOAD_STEPS = ("starting torch", "checking", "text encoders", "UNet", "VAE", "warm-up")
ONCE_SEEN = ("starting torch",)
"""Steps that are shown once they were seen: only the first load has them."""
FIELDS_OF_A_MODEL = ("steps", "guidance", "size", "scheduler")


def about_seconds(state: LabState, model_id: str, words: str) -> str:
    """The time a load took last, within ``words``; nothing where there was none."""
    known = state.load_seconds.get(model_id)
    return "" if known is None else words.format(seconds(known))


def state_parts(desk: Desk, model: Model) -> tuple[Part, Part]:
    """A model's state, as a glyph and as a word."""
    state = desk.state
    report = desk.shelf.reports.get(model.id)
    if state.loading and state.loading.model == model.id:
        glyph, kind, word = "►", "busy", "loading"
    elif state.model == model.id:
        glyph, kind, word = "●", "ok", "in use"
    elif model.id in state.load_failures:
        glyph, kind, word = "×", "error", "failed"
    elif report is None:
        glyph, kind, word = "·", "muted", "looking…"
    else:
        glyph, kind, word = STATES[report.state]
    return (glyph, kind), (word, kind)


def model_items(desk: Desk) -> list[ListItem]:
    """All models, in the order of the catalogue: a row is found where it was."""
    return [_model_item(desk, model) for model in desk.shelf.models.values()]


def _model_item(desk: Desk, model: Model) -> ListItem:
    state = desk.state
    glyph, word = state_parts(desk, model)
    report = desk.shelf.reports.get(model.id)
    name: list[Part] = [glyph, (f" {one_line(model.name)}", "strong")]
    if desk.draft.model.id == model.id and state.model != model.id:
        name.append(("  in the form", "muted"))
    right: list[Part] = [word]
    below: list[Part] = [(f"  {one_line(model.description)}", "soft")]
    facts: list[Part] = []
    if state.loading and state.loading.model == model.id:
        right.append((f"  {state.loading.step} {_percent(state.loading)}", "busy"))
        facts = [(_elapsed(state.loading), "busy")]
    elif state.model == model.id and state.loaded_in is not None:
        facts = [(f"loaded in {seconds(state.loaded_in)} s{copy_wording.loaded_from(state)}", "muted")]
    elif model.id in state.load_failures:
        below = [(f"  {one_line(state.load_failures[model.id])}", "error")]
    elif (verifying := state.verifying) is not None and verifying.report.model.id == model.id:
        facts = [(f"verifying {verify_wording.percent(verifying)}", "busy")]
    elif report is not None and report.state == INCOMPLETE:
        below = [(f"  {one_line(report.problems[0])}", "soft")]
    elif report is not None and report.state == READY:
        facts = [(copy_wording.where_it_lies(state, model, report.size_bytes), "muted")]
    return ListItem(model.id, ((name, right), (below, facts)), f"{model.name} {model.id} {model.description}")


def status_rows(desk: Desk, model: Model, width: int, *, compact: bool) -> list[Ends]:
    """What a model is doing or what is wrong with it, all of it, and what to do."""
    state = desk.state
    glyph, (word, kind) = state_parts(desk, model)
    rows: list[Ends] = []
    if not compact:
        rows += [([(one_line(model.name), "strong")], [glyph, (f" {word}", kind)])]
        rows += [([(one_line(model.id), "soft")], ()), ([(one_line(model.description), "soft")], ())]
    told: list[Ends] = []
    if state.loading and state.loading.model == model.id:
        told = _load_rows(state, state.loading, width, compact)
    elif state.model == model.id and state.loaded_in is not None:
        how_long: list[Part] = [("loaded in ", "muted"), (seconds(state.loaded_in), "value")]
        how_long.append((f" s{copy_wording.loaded_from(state)} at ", "muted"))
        told = [] if compact else [([*how_long, (state.loaded_at, "value")], ())]
        told.append(_img2img_row(state))
    report = desk.shelf.reports.get(model.id)
    if report is not None and report.state == READY:
        told.append(copy_wording.keeping_row(state, model, compact=compact))
    for group in (told, verify_wording.rows(state.verifications.get(model.id), width), _trouble_rows(desk, model)):
        rows += [([], ())] if group and not compact else []
        rows += group
    return rows


def _img2img_row(state: LabState) -> Ends:
    """Whether jobs that start from a picture wait for something."""
    left: list[Part] = [("image to image ", "label")]
    if state.img2img_is_ready:
        return [*left, ("● ready", "ok")], ()
    return [*left, ("□ not loaded yet", "soft")], [("i", "key"), (" preload", "soft")]


def _trouble_rows(desk: Desk, model: Model) -> list[Ends]:
    state, report = desk.state, desk.shelf.reports.get(model.id)
    rows: list[Ends] = []
    if reason := state.load_failures.get(model.id):
        rows.append(([("× ", "error"), (f"It did not load: {one_line(reason)}", "value")], ()))
        if state.model in desk.shelf.models:
            rows.append(
                ([("● ", "ok"), (f"{one_line(desk.shelf.models[state.model].name)} is still in use.", "soft")], ())
            )
    if report is not None and report.state != READY:
        glyph, kind, _ = STATES[report.state]
        rows += [([(f"{glyph} ", kind), (one_line(problem), "value")], ()) for problem in report.problems]
        advice = " looks again once it is there." if report.state == ABSENT else " looks again once it is mended."
        rows.append(([("c", "key"), (advice, "soft")], ()))
    return rows + verify_wording.command_rows(command_for(desk, model))


def command_for(desk: Desk, model: Model) -> str:
    """The command that mends a model; empty: it needs none."""
    return verify_wording.command_for(desk.shelf.reports.get(model.id), desk.state.verifications.get(model.id))


def _load_rows(state: LabState, loading: ModelLoading, width: int, compact: bool) -> list[Ends]:
    """The load's steps as a list (or a row), its bar and its times."""
    steps = [step for step in LOAD_STEPS if step not in ONCE_SEEN or step in state.load_steps]
    here = steps.index(loading.step) if loading.step in steps else 0
    rows: list[Ends] = []
    if compact:
        parts: list[Part] = []
        for number, step in enumerate(steps):
            parts += [("● " if number < here else "► " if number == here else "· ", _kind(number, here))]
            parts += [(f"{step}  ", "value" if number == here else "muted")]
        rows.append((parts, ()))
    else:
        for number, step in enumerate(steps):
            glyph = "●" if number < here else "►" if number == here else "·"
            kind = "muted" if number > here else "value"
            took = _step_seconds(state, steps, number) if number < here else None
            right = (
                [(f"{took:.2f} s", "muted")]
                if took and took >= 0.005
                else [(_percent(loading), "value")]
                if number == here
                else []
            )
            rows.append(([(f"{glyph} ", _kind(number, here)), (step, kind)], right))
        rows.append(([], ()))
    halves = round(min(1.0, max(0.0, loading.share)) * 2 * max(1, width))
    done = "━" * (halves // 2) + "╸" * (halves % 2)
    rows.append(([(done, "busy"), ("─" * (max(1, width) - len(done)), "track")], ()))
    rows.append(([(_percent(loading), "strong")], [(_elapsed(loading), "soft")]))
    return rows


def fact_rows(desk: Desk, model: Model, width: int, *, compact: bool) -> list[Ends]:
    """A model's defaults, licence, files and folder."""
    report = desk.shelf.reports.get(model.id)
    scheduler, licence = SCHEDULERS[model.scheduler].name, shown_licence(report) if report else model.licence
    size, guidance = shown_size(model.width, model.height), shown_number(model.guidance)
    use: list[Part] = [("d", "key"), (" use", "soft")]
    if compact:
        facts = f"{model.steps} steps · cfg {guidance} · {size} · {scheduler} · {one_line(licence)}"
        rows: list[Ends] = [([(facts, "soft")], use)]
    else:
        rows = [([("good defaults", "label")], use)]
        values = (("steps ", str(model.steps)), ("   cfg ", guidance), ("   size ", size))
        rows += [([part for label, value in values for part in ((label, "label"), (value, "value"))], ())]
        rows += [([("scheduler ", "label"), (scheduler, "value")], ())]
        rows += [([("licence ", "label"), (one_line(licence), "value")], ())]
    if desk.draft.model.id == model.id and (edits := _edits(desk.draft)):
        rows.append(
            ([("the form keeps your ", "muted"), (edits, "value"), ("; ", "muted"), *use[:1], (" resets", "muted")], ())
        )
    if report is None:
        return rows
    if compact:
        return rows + _file_rows(report, width, compact)
    rows += [([], ()), ([("files", "label")], [(report.source, "soft")]), *_file_rows(report, width, compact)]
    room = copy_wording.room_rows(desk.state)
    return [*rows, ([], ()), *room] if room else rows


def _file_rows(report: ModelReport, width: int, compact: bool) -> list[Ends]:
    if report.place is None:
        return [([("none", "soft")], ())]
    files = list(dict.fromkeys(file for part in report.weights.values() for file in part))
    facts = ["fp16"] if files and all(".fp16." in file.name for file in files) else []
    facts += [f"{len(files)} {'file' if len(files) == 1 else 'files'}", shown_bytes(report.size_bytes)]
    missing: list[Part] = [(" · nothing missing", "muted")] if report.state == READY else []
    copy: list[Part] = [("y", "key"), (" copy", "soft")]
    folder = ([(cut_in_the_middle(one_line(paths.shown(report.place)), width - 8), "soft")], copy)
    revision = one_line(report.revision)
    word = "hash " if report.source == FILE else "revision "
    named: list[Part] = [(word, "label"), (revision[:10] if compact else revision, "soft")] if revision else []
    held: list[Part] = [(" · ".join(facts), "value"), *missing]
    if compact:
        return [(held, named), folder]
    return [(held, ()), folder, *([(named, ())] if named else [])]


def cut_in_the_middle(text: str, room: int) -> str:
    """A long path with both its ends, which say most of it."""
    if len(text) <= room:
        return text
    end = max(1, (room - 1) * 2 // 3)
    return f"{text[: max(0, room - 1 - end)]}…{text[-end:]}"


def defaults_sentence(draft: Draft) -> str:
    """What the form says after a model's defaults were taken."""
    brought = [field for field in ("scheduler", "steps", "guidance") if draft.source(field) == "style"]
    by_style = f"; {' and '.join(brought)} come with {draft.style.name}" if brought else ""
    values = (
        f"{draft.text('steps')} steps, cfg {draft.text('guidance')}, {draft.text('size')}, {draft.scheduler_name()}"
    )
    return f"The form makes with {draft.model.name}: {values}{by_style}."


def _edits(draft: Draft) -> str:
    values = {
        field: draft.scheduler_name() if field == "scheduler" else draft.text(field) for field in FIELDS_OF_A_MODEL
    }
    return one_line(", ".join(f"{field} {value}" for field, value in values.items() if draft.source(field) == USER))


def _kind(number: int, here: int) -> str:
    return "ok" if number < here else "busy" if number == here else "muted"


def _step_seconds(state: LabState, steps: Sequence[str], number: int) -> float | None:
    """How long a step took; None where its begin or the next one's was not seen."""
    began, ended = (state.load_steps.get(step) for step in steps[number : number + 2])
    return None if began is None or ended is None else ended - began


def _percent(loading: ModelLoading) -> str:
    return f"{round(loading.share * 100)} %"


def _elapsed(loading: ModelLoading) -> str:
    if loading.step == "starting torch":
        return ""  # It counts nothing yet, and is not part of what a load is known to take.
    elapsed = f"{seconds(loading.elapsed)} s"
    if loading.expected is None:
        return elapsed
    if loading.expected > loading.elapsed:
        return f"{elapsed} · about {seconds(loading.expected - loading.elapsed)} s left"
    return f"{elapsed} · about {seconds(loading.expected)} s last time"


def folder_of(desk: Desk, model: Model) -> Path | None:
    """Where a model lies, once it is known."""
    report = desk.shelf.reports.get(model.id)
    return (model.file or report.folder) if report else None
