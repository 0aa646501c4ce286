"""What a picture was made with, and what of it the form has otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sdxl_tui.core.lora_tags import LoraUse
from sdxl_tui.core.modes import MODES, TXT2IMG
from sdxl_tui.core.request import GenerationRequest
from sdxl_tui.core.schedulers import SCHEDULERS
from sdxl_tui.core.styles import PLACEHOLDER
from sdxl_tui.core.text import one_line
from sdxl_tui.tui import hires_fields
from sdxl_tui.tui.draft import Draft, shown_number, shown_size
from sdxl_tui.tui.lab_state import LabState, Painting
from sdxl_tui.tui.lora_wording import in_prompt
from sdxl_tui.tui.mode_fields import PATHS
from sdxl_tui.tui.mode_reuse import read_mode
from sdxl_tui.tui.reuse import NAMES
from sdxl_tui.tui.widgets.recipe import Row
from sdxl_tui.tui.widgets.words import Part


def recipe(state: LabState, draft: Draft, shown: Painting | None) -> tuple[int, list[Row]]:
    """In how many settings the form differs, and the rows."""
    if shown is None:
        return 0, []
    request = shown.job.request
    values = {
        "style": (one_line(request.style.name), one_line(draft.style.name)),
        "scheduler": (SCHEDULERS[request.scheduler].name, draft.scheduler_name()),
        "model": (one_line(request.model.name), one_line(draft.model.name)),
        "size": (shown_size(request.width, request.height), draft.text("size").replace("x", "×")),
        "steps": (str(request.steps), draft.text("steps")),
        "guidance": (shown_number(request.guidance_scale), _as_number(draft.text("guidance"))),
        "batch": (str(request.batch_size), draft.text("batch")),
        "speed": (request.speed, draft.text("speed")),
    }
    then, now = (_loras(uses) for uses in (request.loras, (*draft.loras, *in_prompt(draft))))
    if then or now:
        values["LoRA"] = then or "none", now or "none"
    in_force = str(state.records.get(shown.job.id, {}).get("speed") or request.speed)
    rows: list[Row] = [("prompt", _words(request.prompt, request.style.prompt))]
    if request.styled_negative_prompt:
        rows.append(("negative", _words(request.negative_prompt, request.style.negative)))
    differs = int(request.prompt != one_line(draft.prompt))
    differs += request.negative_prompt != one_line(draft.negative_prompt)
    for label, (then, now) in values.items():
        parts: list[Part] = [(then, "value")]
        if then != now:
            parts = [(then, "accent"), ("  the form has ", "muted"), (now, "soft")]
            differs += 1
        if label == "speed" and in_force != then:
            parts.insert(1, (f", ran {in_force}", "muted"))
        rows.append((label, tuple(parts)))
    for label, then, now in (*_of_mode(shown, draft), *_of_hires(shown, draft)):
        if then == now:
            rows.append((label, ((then, "value"),)))
        else:
            rows.append((label, ((then or "none", "accent"), ("  the form has ", "muted"), (now or "none", "soft"))))
            differs += 1
    seed: list[Part] = [(str(shown.seed), "value")]
    if draft.text("seed") != str(shown.seed):
        seed += [("  the form has ", "muted"), (draft.text("seed"), "soft")]
    rows.append(("seed", tuple(seed)))
    rows.append(("job", _job(state, shown, request)))
    return differs, rows


def _of_mode(shown: Painting, draft: Draft) -> list[tuple[str, str, str]]:
    """What only some modes have: a label, what the picture was made with, what the form has."""
    values, _ = read_mode(shown.job.as_log())
    if values["mode"] == draft.mode == TXT2IMG:
        del values["mode"]
    return [
        (NAMES[name], _shown(name, value), _shown(name, draft.text(name)))
        for name, value in values.items()
        if value or draft.text(name)
        if name != "prompt_syntax" or value != draft.text(name)
    ]


def _of_hires(shown: Painting, draft: Draft) -> list[tuple[str, str, str]]:
    """Likewise of the second pass, where one of them has it."""
    values, _ = hires_fields.read(shown.job.as_log())
    is_off = values[hires_fields.FACTOR] == draft.text(hires_fields.FACTOR) == hires_fields.OFF
    return [] if is_off else [(NAMES[name], value, draft.text(name)) for name, value in values.items()]


def _shown(name: str, value: str) -> str:
    if name == "mode":
        return MODES[value].name
    return one_line(Path(value).name if name in PATHS else value.replace("\n", " · "))


def _words(own: str, styles: str) -> tuple[Part, ...]:
    own, styles = one_line(own), one_line(styles)
    if PLACEHOLDER in styles:
        before, *rest = styles.split(PLACEHOLDER)
        parts: list[Part] = [(before, "added")]
        for after in rest:
            parts += [(own, "value"), (after, "added")]
        return tuple(parts)
    comma = ", " if own and styles else ""
    return ((own + comma, "value"), (styles, "added"))


def _job(state: LabState, shown: Painting, request: GenerationRequest) -> tuple[Part, ...]:
    parts: list[Part] = [(shown.job.id[-6:], "value"), (f", picture {shown.index + 1} of {request.pictures}", "soft")]
    if shown.job.id in state.seconds:
        parts.append((f", {state.seconds[shown.job.id]:.1f} s at {shown.job.timestamp[11:19]}", "soft"))
    return tuple(parts)


def _loras(uses: Sequence[LoraUse]) -> str:
    return one_line(" · ".join(use.short for use in uses))


def _as_number(text: str) -> str:
    try:
        return shown_number(float(text))
    except ValueError:
        return text
