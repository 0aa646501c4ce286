"""How the lab's state is put into words: pure functions from state to parts of rows."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from sdxl_tui.core import paths
from sdxl_tui.core.models import DEMO
from sdxl_tui.core.modes import ANIMATE_STEPS, starts_from_a_picture
from sdxl_tui.core.schedulers import SCHEDULERS
from sdxl_tui.core.text import one_line
from sdxl_tui.engine import (
    Event,
    Img2ImgFailed,
    Img2ImgReady,
    JobCancelled,
    JobDone,
    JobFailed,
    ModelFailed,
    ModelLoaded,
    ModelLoading,
    ModelLoadStopped,
    Notice,
    QueueProblem,
)
from sdxl_tui.tui.desk import Desk
from sdxl_tui.tui.draft import Draft, shown_number, shown_size
from sdxl_tui.tui.hires_wording import larger_words
from sdxl_tui.tui.keys_in_force import key
from sdxl_tui.tui.lab_state import LabState, Painting
from sdxl_tui.tui.meter_wording import folded_parts
from sdxl_tui.tui.notes import ERROR, KIND_OF_GLYPH, OK, STOPPED, WARNING, Note
from sdxl_tui.tui.shelf import Shelf
from sdxl_tui.tui.vram_wording import plan_words
from sdxl_tui.tui.widgets.words import Part


def seconds(value: float) -> str:
    """A time as it is shown: ``0.41``, ``5.6``, ``83``."""
    if value < 1:
        return f"{value:.2f}"
    return f"{value:.1f}" if value < 60 else f"{value:.0f}"


def model_parts(state: LabState, shelf: Shelf) -> list[Part]:
    """The model in use or on its way, with its glyph."""
    if state.is_read_only:
        return [("■ ", "busy"), ("read only", "strong")]
    if state.loading:
        return [("► ", "busy"), (one_line(state.loading.name), "strong")]
    if state.model:
        return [("● ", "ok"), (one_line(_model_name(state.model, shelf)), "strong")]
    return [("□ ", "muted"), ("no model yet", "strong")]


def status_parts(desk: Desk, width: int) -> tuple[list[Part], list[Part]]:
    """The second row: model, scheduler and speed, how it was loaded; the running job and when all is done."""
    state = desk.state
    left: list[Part] = [(" ", ""), *model_parts(state, desk.shelf)]
    if state.is_read_only:
        left += [(" · what is made here is shown as it comes", "muted")]
    else:
        left += [(" · ", "muted"), (desk.draft.scheduler_name(), "value"), (" · ", "muted"), *speed_parts(desk)]
    if state.loading:
        left += [("  loading ", "muted"), *loading_parts(state.loading)]
    elif state.model and state.loaded_in is not None:
        left += [(f"  loaded in {seconds(state.loaded_in)} s", "muted")]
    right: list[Part] = []
    if state.running:
        right += [("► ", "busy"), ("job ", "muted"), (str(state.burst_done + 1), "strong")]
        right += [(f" of {state.burst_total} ", "muted")]
    if state.paused is not None:
        right += [(" ■ ", "busy"), ("queue paused ", "muted")]
    elif done := desk.times.all_done():
        right += [(" all done about ", "muted"), (f"{done} ", "value")]
    elif not state.busy:
        right += [("queue empty ", "muted")] if width >= 100 else []
    return left, right


def speed_parts(desk: Desk) -> list[Part]:
    """The speed of the next job; and what it comes down to where it cannot run, once a job has shown that."""
    asked = desk.draft.text("speed")
    in_force = desk.state.speeds.get(asked, asked)
    return [(asked, "value"), *([] if in_force == asked else [(f", runs {one_line(in_force)}", "muted")])]


def folded_status_parts(desk: Desk, room: int) -> list[Part]:
    """The status in what is left of the first row: the model always, the rest where it fits."""
    state = desk.state
    model = model_parts(state, desk.shelf)
    if state.loading:
        model.append((f" {round(state.loading.share * 100)} %", "busy"))
    running: list[Part] = [("► ", "busy")] if state.running else []
    scheduler: list[Part] = [(" · ", "muted"), (desk.draft.scheduler_name(), "value")]
    speed: list[Part] = [(" · ", "muted"), *speed_parts(desk)]
    device: list[Part] = [("  ", ""), (one_line(state.device), "soft")] if state.device else []
    full, short = folded_parts(state.meter) or (device, device)
    middles = [[*scheduler, *speed], scheduler, []]
    extras = [[*scheduler, *speed, *full], *middles]
    if state.meter is not None:
        extras = [*([*middle, *full] for middle in middles), *([*middle, *short] for middle in middles), *middles]
    for extra in extras if not state.is_read_only else [[]]:
        parts = [*running, *model, *extra, (" ", "")]
        if sum(len(text) for text, _ in parts) <= room:
            break
    return parts


def notice_rows(notes: Sequence[Note]) -> list[list[Part]]:
    """All sentences of now, in full."""
    rows: list[list[Part]] = [[(f"{note.glyph} ", KIND_OF_GLYPH[note.glyph]), (note.text, "value")] for note in notes]
    return [[("notices", "label")], [], *(rows or [[("Nothing to say.", "muted")]])]


def loading_parts(loading: ModelLoading) -> list[Part]:
    """The progress of a load: ``UNet 62 %, 0.7 s``."""
    parts = [(loading.step, "strong"), (f" {loading.share:.0%}".replace("%", " %"), "value")]
    left = None if loading.expected is None else loading.expected - loading.elapsed
    if left is not None and left > 0:
        parts += [(f", {seconds(left)}", "value"), (" s", "muted")]
    return parts


def enter_parts(state: LabState, shelf: Shelf, draft: Draft) -> tuple[str, list[Part], list[Part]]:
    """What enter does now: a class for its looks, and both ends of its row."""
    count = draft.pictures()
    if state.loading:
        left = [(" ► ", "busy"), ("loading ", "busy"), *loading_parts(state.loading)]
        return "-busy", left, [("enter", "key"), (f" queues {count} ", "soft")]
    if shelf.obstacle(draft.model):
        state_word = shelf.reports[draft.model.id].state
        return "-blocked", [(f" {draft.model.name} is {state_word}", "error")], [("m ", "key"), ("another ", "soft")]
    load = "" if state.model == draft.model.id or state.busy else f"load {draft.model.name}, "
    estimate = _estimate(state, draft)
    right = [(f"≈ {seconds(estimate)} s ", "")] if estimate else []
    return "", [(f" {key('generate.generate', 'enter')}  ", ""), (load, ""), (f"generate {count}", "")], right


def step_parts(state: LabState, width: int) -> tuple[float, list[Part]]:
    """How far things are: share of the bar, and the words beside it."""
    roomy = width >= 60
    if state.loading and not state.step:
        return state.loading.share, [("loading ", "muted"), *loading_parts(state.loading)]
    if state.running:
        if state.step is None:
            return 0.0, [("starting", "muted")]
        step = state.step
        parts = [(str(step.step), "strong"), (f"/{step.steps}", "muted")]
        gap = "  " if roomy else " "
        parts += [(f"{gap}{step.rate:.1f}", "value"), (" it/s", "muted")]
        if step.step >= step.steps:
            return 1.0, [*parts, (f"{gap}decoding", "muted")]
        parts += [(f"{gap}{seconds(step.eta)}", "value"), (" s left" if roomy else " s", "muted")]
        return step.step / max(1, step.steps), parts
    match state.ended:
        case JobDone():
            return 1.0, [("● ", "ok"), ("done in ", "muted"), (seconds(state.ended.seconds), "value"), (" s", "muted")]
        case JobCancelled():
            return 0.0, [("– ", "soft"), (f"stopped at step {state.ended.step}", "muted")]
        case None:
            return 0.0, []
    return 0.0, [("× ", "error"), ("failed", "error")]


def title_parts(
    paintings: list[Painting], shown: Painting | None, width: int, kept: bool = False, is_init: bool = False
) -> tuple[list[Part], list[Part]]:
    """Above the picture: which one it is; its seed and size."""
    if shown is None:
        return [("picture", "label")], [("nothing painted yet", "muted")] if width >= 36 else []
    request = shown.job.request
    is_frame = request.mode == ANIMATE_STEPS
    left = [("frame " if is_frame else "picture ", "label")] if width >= 36 else []
    left += [(str(shown.index + 1), "strong"), (f" of {request.pictures}", "label")]
    left += [("  ◆", "accent")] if kept else []
    left += [("  init image", "brought")] if is_init and width >= 60 else []
    jobs = list(dict.fromkeys(painting.job.id for painting in paintings))
    if len(jobs) > 1 and width >= 60:
        left += [(f"  job {jobs.index(shown.job.id) + 1} of {len(jobs)}", "muted")]
    right = [("seed ", "label"), (str(shown.seed), "strong")]
    if width >= (50 if kept else 40):
        right += [("  ", ""), (shown_size(*request.size), "value")]
    return left, right


def facts_parts(state: LabState, shown: Painting | None) -> list[Part]:
    """Below the picture: what it was made with."""
    if shown is None:
        return []
    request = shown.job.request
    steps = f"{request.pass_steps} of {request.steps}" if starts_from_a_picture(request.mode) else request.steps
    facts = [f"{steps} steps", f"cfg {shown_number(request.guidance_scale).removesuffix('.0')}"]
    facts += [SCHEDULERS[request.scheduler].name, request.style.name, request.model.name]
    facts.append(str(state.records.get(shown.job.id, {}).get("speed") or request.speed))
    facts += [use.short for use in request.loras]
    facts += ["threaded"] if request.threaded else []
    facts += [words] if (words := plan_words(request.plan, request.batch_size)) else []
    if larger := larger_words(shown.job.as_log()):
        facts.append(larger)
    if shown.job.id in state.seconds:
        facts.append(f"{seconds(state.seconds[shown.job.id])} s")
    return [(one_line(" · ".join(facts)), "muted")]


def path_parts(shown: Painting | None, room: int) -> tuple[list[Part], list[Part]]:
    """The saved path, cut from its front, and the key that copies it."""
    if shown is None:
        return [], []
    right = [("y", "key"), (" copy", "soft")]
    room -= 7
    path = one_line(short_path(shown.path))
    if len(path) > room:
        path = f"…{path[-(room - 1) :]}"
    folder, slash, name = path.rpartition("/")
    return [(folder + slash, "muted"), (name, "soft")], right


def short_path(path: Path) -> str:
    """A path as it can be typed here: relative where it lies in the current folder."""
    relative = os.path.relpath(path)
    return paths.shown(path) if relative.startswith("..") else relative


def first_run_rows(state: LabState, shelf: Shelf, draft: Draft) -> list[list[Part]]:
    """What stands in the picture's place before the first picture."""
    typed = bool(draft.style.styled_prompt(draft.prompt).strip())
    verb = "Press" if typed else "Type what you want to see, then press"
    rows: list[list[Part]] = [[(f"{verb} ", "strong"), ("enter", "key"), (" to paint a first picture.", "strong")], []]
    if draft.model.id == DEMO:
        rows += [[("The lab brings a tiny SDXL of its own. It paints small pictures, also without a GPU, ", "soft")]]
        rows[-1] += [("and shows how everything works.", "soft")]
    elif state.model != draft.model.id:
        rows += [[(f"{draft.model.name} is loaded first.", "soft")]]
    ready = [model for model in shelf.ready() if model.id != DEMO]
    rows += [[], [("Models are looked for here, never on the network:", "soft")]]
    for variable in ("HF_HUB_CACHE", "HF_HOME"):
        value = os.environ.get(variable)
        rows.append([(f"  {variable:<13}", "value"), (one_line(value) if value else "not set", "muted")])
    folder = one_line(paths.shown(paths.hub_cache_dir()))
    found = "looking…" if not shelf.reports else f"{len(ready)} ready" if ready else _nothing_ready(shelf)
    rows += [[(f"  {folder}", "value"), (f"  {found}", "muted")], []]
    for model in shelf.models.values():
        report = shelf.reports.get(model.id)
        if report and model.id != DEMO and report.state != "absent":
            glyph = ("● ", "ok") if report.state == "ready" else ("▲ ", "busy")
            rows.append([("  ", ""), glyph, (one_line(model.name), "value"), (f"  {report.state}", "muted")])
    if ready:
        rows += [[], [("m", "key"), (" chooses one   ", "soft")]]
    else:
        rows += [[]]
    rows[-1] += [
        ("F1", "key"),
        (" what the keys do   ", "soft"),
        ("6", "key"),
        (" models   ", "soft"),
        ("^p", "key"),
        (" everything by name", "soft"),
    ]
    return rows


def _nothing_ready(shelf: Shelf) -> str:
    """What the hub cache holds instead of a model that can be loaded."""
    if shelf.cache_folders is None:
        return "no such folder"
    if not shelf.cache_folders:
        return "no models in it"
    some = any(report.state == "incomplete" for report in shelf.reports.values())
    return f"{_count(shelf.cache_folders, 'folder', 'folders')}, none of them {'ready' if some else 'SDXL'}"


def quit_sentence(state: LabState) -> str:
    """What is lost by leaving now."""
    if state.running is None:
        return f"{_count(len(state.waiting), 'job waits', 'jobs wait')}{_kept(state)}."
    step = f" ({state.step.step} of {state.step.steps})" if state.step else ""
    waiting = f", and {_count(len(state.waiting), 'waits', 'wait')}{_kept(state)}" if state.waiting else ""
    return f"A job runs{step}{waiting}."


def _kept(state: LabState) -> str:
    """What becomes of the jobs that wait."""
    if state.queue_problem:
        return " and will be lost: the queue is not saved"
    return f": {'it stays' if len(state.waiting) == 1 else 'they stay'} in the queue for the next start"


def note_of(event: Event) -> tuple[str, str, str] | None:
    """The notice for a report of the engine: its cause, its glyph and its sentence."""
    match event:
        case ModelLoaded():
            source = f" from {event.source}" if event.source != "files" else ""
            return "model", OK, f"{event.name} loaded in {seconds(event.seconds)} s{source}."
        case ModelFailed():
            still = f" {event.still_in_use} is still in use." if event.still_in_use else ""
            return "model", ERROR, f"{event.name} did not load: {event.reason}{still}"
        case ModelLoadStopped():
            still = f"; {event.still_in_use} is still in use" if event.still_in_use else ""
            return "model", STOPPED, f"{event.name} was not loaded: it was stopped{still}."
        case Img2ImgReady():
            return "img2img", OK, f"Image to image is ready: it shares every weight of {event.name}."
        case Img2ImgFailed():
            return "img2img", ERROR, event.reason
        case Notice():
            return "notice", WARNING, event.text
        case QueueProblem() if event.reason:
            return "queue file", WARNING, event.reason
        case JobFailed():
            return "job", ERROR, event.reason
        case JobCancelled():
            return "job", STOPPED, stopped_sentence(event)
        case JobDone() if event.record.get("mode") == ANIMATE_STEPS:
            return "job", OK, f"{_count(len(event.outputs), 'frame is', 'frames are')} made: 4 plays and exports them."
    return None


def stopped_sentence(event: JobCancelled) -> str:
    """What a stopped job left."""
    saved = len(event.record.get("outputs", ()))
    if saved and event.record.get("mode") == ANIMATE_STEPS:
        return f"Stopped; {_count(saved, 'frame is', 'frames are')} saved: 4 plays what there is."
    if saved:
        return f"Stopped; {_count(saved, 'picture is', 'pictures are')} saved."
    when = f"at step {event.step}" if event.step else "before the first step"
    return f"Stopped {when}, nothing saved; {key('generate.generate', 'enter')} runs it again."


def _count(number: int, one: str, several: str) -> str:
    return f"{number} {one if number == 1 else several}"


def _model_name(model_id: str, shelf: Shelf) -> str:
    return shelf.models[model_id].name if model_id in shelf.models else model_id


def _estimate(state: LabState, draft: Draft) -> float | None:
    width, _, height = draft.text("size").replace("x", "×").partition("×")
    steps = draft.picture_steps()
    if steps is None or not (width.isdecimal() and height.isdecimal()):
        return None
    return state.estimate(draft.model.id, int(width), int(height), steps)
