"""All that is known of one job of the queue: exactly what is sent, and when it will be done."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from sdxl_tui.core.job import Job
from sdxl_tui.core.modes import MODES, TXT2IMG
from sdxl_tui.core.schedulers import SCHEDULERS
from sdxl_tui.core.styles import PLACEHOLDER
from sdxl_tui.core.text import one_line
from sdxl_tui.tui.desk import Desk
from sdxl_tui.tui.draft import shown_number
from sdxl_tui.tui.hires_wording import larger_words
from sdxl_tui.tui.log_wording import CURES
from sdxl_tui.tui.pictured import Pictured
from sdxl_tui.tui.queue_wording import fitted
from sdxl_tui.tui.widgets.lab_list import Ends
from sdxl_tui.tui.widgets.words import Part
from sdxl_tui.tui.wording import seconds

GIB = 2**30
GAP: Part = ("   ", "")
NEGATIVE = "not  "


def job_rows(desk: Desk, job: Job, title: str, width: int, rows: int) -> list[Ends]:
    """A job that runs or waits, in so many rows of so many cells."""
    words = _words_rows(job)
    queued: list[Part] = [("queued ", "muted"), (job.timestamp[11:19], "value")]
    first: Ends = ([(title, "label"), ("  ", ""), words[0][0]], queued if width >= 60 else [])
    facts, plan = fact_parts(job), [*when_parts(desk, job), *fit_parts(desk, job)]
    body = [*words[1:], facts]
    lines = 2 if sum(_lines(row, width) for row in body) <= rows - 2 else 1
    said: list[Ends] = [(_cut(row, width, lines), ()) for row in body]
    gap: list[Ends] = [((), ())] if sum(min(lines, _lines(row, width)) for row in body) < rows - 2 else []
    return [first, *said[:-1][: max(0, rows - 3)], *gap, *said[-1:], (_cut(plan, width, 1), ())]


def whole_rows(desk: Desk, job: Job, title: str) -> list[list[Part]]:
    """The same, in as many rows as it takes."""
    first, *rest = _words_rows(job)
    plan = [*when_parts(desk, job), *fit_parts(desk, job)]
    timed: list[list[Part]] = [[], plan] if plan else []
    return [
        [(title, "label")],
        [],
        first,
        *rest,
        [],
        fact_parts(job),
        *timed,
        [],
        [("job  ", "label"), (job.id, "value")],
    ]


def fact_parts(job: Job) -> list[Part]:
    """The settings that are sent beside the words."""
    request = job.request
    facts: list[tuple[str, str]] = []
    if request.mode != TXT2IMG:
        facts.append(("mode", MODES[request.mode].name))
    facts += [("style", request.style.name), ("scheduler", SCHEDULERS[request.scheduler].name)]
    facts.append(("cfg", shown_number(request.guidance_scale)))
    facts += [("seeds" if request.pictures > 1 else "seed", _seeds(job)), ("speed", request.speed)]
    if request.loras:
        facts.append(("LoRAs" if len(request.loras) > 1 else "LoRA", " · ".join(use.short for use in request.loras)))
    if request.init_image is not None and request.mode != TXT2IMG:
        facts += [("from", request.init_image.name), ("strength", f"{request.strength:g}")]
    if larger := larger_words(job.as_log()) if request.hires else "":
        facts.append(("larger", larger))
    if request.threaded:
        facts.append(("threaded", "on"))
    if plan := _plan(job):
        facts.append(("plan", plan))
    return _pairs(facts)


def when_parts(desk: Desk, job: Job) -> list[Part]:
    """How long it takes, when it begins and ends."""
    times, state = desk.times, desk.state
    takes = times.seconds(job)
    parts: list[Part] = [] if takes is None else [("takes about ", "label"), (seconds(takes), "value"), (" s", "muted")]
    span, left = times.span(job.id), times.left()
    if job.id in state.all_running:
        left = state.step.eta if state.step is not None else None
        return parts if left is None else [*parts, GAP, ("done ", "label"), (f"{times.at(0.0):%H:%M:%S}", "value")]
    if state.paused is not None:
        return [*parts, GAP, ("waits until the queue runs", "soft")]
    if span is None or left is None:
        return parts
    parts += [GAP, ("starts ", "label"), (f"{times.at(span.start):%H:%M:%S}", "value")]
    parts += [GAP, ("done ", "label"), (f"{times.at(span.end):%H:%M:%S}", "value")]
    return [*parts, GAP, ("then again, until stopped", "soft")] if job.id in state.repeating else parts


def fit_parts(desk: Desk, job: Job) -> list[Part]:
    """Whether the card has room for it; nothing where there is no card, or nobody can tell what the job takes."""
    if desk.state.meter is None:
        return []
    asked = desk.precheck.outlook(job.request, desk.state.meter.card, desk.settings).asked
    if asked.over:
        return [GAP, ("▲ ", "busy"), (f"{asked.over / GIB:.1f} GiB over", "value")]
    needs = f": {asked.needs / GIB:.1f} GiB" if asked.needs else ""
    return [GAP, ("● ", "ok"), (f"fits{needs}", "value")]


def done_rows(pictured: Pictured, width: int, rows: int) -> list[Ends]:
    """A job that is over, and why it failed, in full."""
    stamp = pictured.text("finished") or pictured.text("timestamp")
    ended: list[Part] = [(f"{stamp[11:19]}", "soft")] if width >= 60 else []
    title = {"done": "done", "partial": "stopped", "cancelled": "stopped", "failed": "failed"}[pictured.status]
    first: Ends = ([(f"{title}  ", "label"), (pictured.prompt or "no prompt", "strong")], ended)
    body: list[Sequence[Part]] = []
    if pictured.status == "failed":
        reason = pictured.reason or "The log does not say why."
        cure = next((cure for word, cure in CURES if word in reason.casefold()), "")
        again: list[Part] = [("  t", "key"), (" tries again, ", "soft"), ("u", "key"), (" takes its settings.", "soft")]
        why: list[Part] = [("× ", "error"), (reason, "value"), (f" {cure}" if cure and rows > 4 else "", "soft")]
        body.append([*why, *again])
    elif pictured.reason:
        body.append([("– ", "soft"), (pictured.reason, "value")])
    sent = pictured.text("styled_prompt")
    if sent and sent != pictured.prompt and rows > 4:
        body.append([("sent  ", "label"), (sent, "value")])
    if (negative := pictured.text("styled_negative_prompt")) and rows > 4:
        body.append([(NEGATIVE, "label"), (negative, "value")])
    took = "" if pictured.seconds is None else f"{seconds(pictured.seconds)} s"
    made = [("style", pictured.text("style")), ("scheduler", pictured.scheduler), ("cfg", pictured.guidance)]
    made += [("seed", "" if pictured.seed is None else str(pictured.seed)), ("LoRAs", pictured.loras)]
    made += [("took", took), ("queued", pictured.text("timestamp")[11:19])]
    facts = _pairs([(name, value) for name, value in made if value])
    lines = 3 if pictured.status == "failed" else 2
    cut: list[Ends] = [(_cut(row, width, lines if rows > 4 else 2), ()) for row in body]
    return [first, *cut[: max(0, rows - 2)], (_cut(facts, width, 1), ())][:rows]


def _words_rows(job: Job) -> list[list[Part]]:
    """The prompt, what the style adds, and the negative prompt with what the style adds to that."""
    request, style = job.request, job.request.style
    prompt, negative = one_line(request.prompt), one_line(request.negative_prompt)
    rows: list[list[Part]] = [[(prompt or one_line(request.styled_prompt), "strong")]]
    if words := one_line(style.prompt):
        rows.append([("+ ", "added"), (words, "added")] if PLACEHOLDER not in words else _wrapped("= ", words, prompt))
    if one_line(request.styled_negative_prompt):
        added = one_line(style.negative)
        if PLACEHOLDER in added:
            rows.append(_wrapped(NEGATIVE, added, negative))
        else:
            own: list[Part] = [(negative, "soft")] if negative else []
            rows.append([(NEGATIVE, "label"), *own, (f"{' ' if own else ''}+ {added}" if added else "", "added")])
    return rows


def _wrapped(lead: str, words: str, own: str) -> list[Part]:
    """A style's words around the user's."""
    before, *rest = words.split(PLACEHOLDER)
    parts: list[Part] = [(lead, "added"), (before, "added")]
    for after in rest:
        parts += [(own, "soft"), (after, "added")]
    return parts


def _seeds(job: Job) -> str:
    seeds = job.seeds
    drawn = ", drawn" if job.request.seed is None else ""
    return f"{seeds[0]} to {seeds[-1]}{drawn}" if len(seeds) > 1 else f"{seeds[0]}{drawn}"


def _plan(job: Job) -> str:
    request = job.request
    splits = request.passes
    words = ["lean"] if request.plan.lean else []
    if request.plan.pass_pictures and len(splits) > 1:
        words.append(" + ".join(map(str, splits)) if len(splits) <= 4 else f"{len(splits)} passes")
    return ", ".join([*words, *(["tiled VAE"] if request.plan.tiled else [])])


def _pairs(facts: Sequence[tuple[str, str]]) -> list[Part]:
    parts: list[Part] = []
    for name, value in facts:
        parts += [*([GAP] if parts else []), (f"{name} ", "label"), (one_line(value), "value")]
    return parts


def _lines(parts: Sequence[Part], width: int) -> int:
    """About how many rows the parts take."""
    return -(-sum(cell_len(text) for text, _ in parts) // max(1, width - 2))


def _cut(parts: Sequence[Part], width: int, lines: int) -> list[Part]:
    """The parts in about so many rows, cut at their end."""
    room = lines * max(1, width - 2)
    kept: list[Part] = []
    for text, kind in parts:
        cells = cell_len(text)
        kept.append((text if cells <= room else fitted(text, room), kind))
        room -= cells
        if room <= 0:
            break
    return kept
