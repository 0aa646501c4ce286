"""How the queue is put into words: its rows and headings, and when things will be done."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size

from sdxl_tui.core.job import Job
from sdxl_tui.core.text import one_line
from sdxl_tui.tui.keys_in_force import key, said
from sdxl_tui.tui.lab_state import LabState
from sdxl_tui.tui.pictured import Pictured
from sdxl_tui.tui.queue_times import Span, Sums
from sdxl_tui.tui.today import TodayJobs
from sdxl_tui.tui.widgets.words import Part
from sdxl_tui.tui.wording import seconds

NOTHING_WAITS = "Nothing waits: {generate.generate:enter} on generate adds a job, {generate.more:v} adds several."
REPEATING = "It is repeated until stopped: {queue.cancel:x} on its row, or {queue.repeat_until_stopped:r}, ends that."
REPEATING_HERE = "It is repeated until stopped: {generate.stop_job:x} ends that, {tab.queue:3} shows it in the queue."
WAITS = "The job waits: the queue is paused. Press {tab.queue:3}, then {queue.pause:space} runs it."
"""Sentences with keys: ``said`` says them with those in force."""

ROOMY, NARROW = 100, 60
"""Cells of a row from which it has all columns, and from which it has a size."""
SIZE, STEPS, MODEL, END = 16, 10, 17, 20
"""Cells of the columns behind the prompt."""
SHORT_SIZE, SHORT_END = 13, 17
BAR_CELLS = 7

STATUS: dict[str, Part] = {
    "done": ("●", "ok"),
    "partial": ("–", "soft"),
    "cancelled": ("–", "soft"),
    "failed": ("×", "error"),
}


def end_cells(width: int) -> int:
    """Cells kept for the right end of a row."""
    return END if width >= ROOMY else SHORT_END


def columns(prompt: str, count: int, size: str, steps: str, model: str, width: int, lead: int, end: int) -> list[Part]:
    """Prompt, pictures and size, steps and model, each in its place; in a narrow window without the last two."""
    if width < NARROW:
        return [(one_line(prompt), "value")]
    if width < ROOMY:
        return _columns(prompt, [(f"{count} × {_short_size(size)}".rjust(SHORT_SIZE), "soft")], width, lead, end)
    pictures = set_cell_size(f"{count:>2} × {size}", SIZE)
    with_ = fitted(f"{steps} steps" if steps else "", STEPS) + fitted(model, MODEL) if steps or model else ""
    return _columns(prompt, [(pictures + with_, "soft")], width, lead, end)


def job_columns(job: Job, width: int, lead: int) -> list[Part]:
    """The columns of a job that runs or waits."""
    request = job.request
    size = f"{request.size[0]}×{request.size[1]}"
    prompt = request.prompt or request.styled_prompt
    return columns(
        prompt, request.pictures, size, str(request.steps), request.model.name, width, lead, end_cells(width)
    )


def done_columns(pictured: Pictured, width: int, lead: int) -> list[Part]:
    """The columns of a job that is over; why one failed takes the place of steps and model."""
    count = pictured.whole("frames") if pictured.text("mode") == "animate_steps" else pictured.whole("batch_size")
    facts = (pictured.prompt or "no prompt", int(count or 1), pictured.size)
    if pictured.status == "failed" and width >= ROOMY:
        return columns(*facts, "", "", width, lead, STEPS + MODEL + end_cells(width))
    return columns(*facts, pictured.whole("steps"), pictured.model, width, lead, end_cells(width))


def progress_parts(state: LabState, width: int) -> list[Part]:
    """How far the running job is: a bar, the step, the seconds left."""
    step = state.step
    if step is None:
        if state.loading is not None:
            return [("loading ", "busy"), (f"{state.loading.share:.0%}".replace("%", " %"), "value")]
        return [("starting", "muted")]
    cells = BAR_CELLS if width >= ROOMY else 4
    halves = round(step.step / max(1, step.steps) * 2 * cells)
    done = "━" * (halves // 2) + "╸" * (halves % 2)
    parts: list[Part] = [(done, "accent"), ("─" * (cells - len(done)), "track")]
    saved = step.step >= step.steps
    end = (" saving" if width >= ROOMY else "") if saved else f" {_short_time(step.eta)}"
    return [*parts, (f" {step.step}/{step.steps}{end}", "value")]


def waiting_parts(
    span: Span | None, left: float | None, *, repeats: bool, paused: bool, took: float | None
) -> list[Part]:
    """When a job that waits begins; while the queue is paused, how long it takes."""
    if repeats:
        return [("until stopped", "soft")]
    if paused:
        return [] if took is None else [("takes ", "muted"), *_duration(took)]
    if span is None or left is None:
        return []
    return [("in ", "muted"), *_duration(span.start + left)]


def done_parts(pictured: Pictured, width: int) -> list[Part]:
    """How a job that is over ended: when and how long it took, or why it is none."""
    clock = _clock(pictured)
    if pictured.status == "failed":
        cells = STEPS + MODEL + END - 2 if width >= ROOMY else SHORT_END - 2
        reason = pictured.reason or "the log does not say why"
        return [(fitted(reason, cells - 2).rstrip(), "error"), ("  t", "key")]
    if pictured.status == "cancelled":
        return [("stopped", "soft"), (f" {clock}" if clock else "", "soft")]
    if pictured.status == "partial":
        return [(f"stopped, {pictured.count} saved", "soft")]
    took = pictured.seconds
    parts: list[Part] = [(clock, "value")]
    return parts if took is None else [*parts, (f"{seconds(took):>7}", "value"), (" s", "muted")]


def running_heading(state: LabState) -> tuple[list[Part], list[Part]]:
    """Above what runs: whether the queue does."""
    if state.is_read_only:
        return [("running", "label")], []
    key: list[Part] = [("space", "key"), (" pause" if state.paused is None else " runs it", "soft")]
    if state.paused is None:
        return [("running", "label")], [("queue runs  ", "muted"), *key]
    words = f"The queue is paused: {one_line(state.paused)}" if state.paused else "The queue is paused"
    return [("■ ", "busy"), (words, "strong")], key


def waiting_heading(count: int, sums: Sums, all_done: str, width: int) -> tuple[list[Part], list[Part]]:
    """Above what waits: how much it is, how often the model changes, when all is done."""
    left: list[Part] = [("waiting ", "label"), (f"{count:,}", "strong")]
    left.append((f" · {sums.pictures:,} picture{'' if sums.pictures == 1 else 's'}", "label"))
    done: list[Part] = [("done about ", "muted"), (all_done, "value")] if all_done else []
    if not sums.switches or width < ROOMY:
        return left, done
    one = sums.switches == 1
    switches = f"{'one' if one else sums.switches} model switch{'' if one else 'es'}"
    if sums.switch_seconds:
        switches += f", {seconds(sums.switch_seconds)} s"
    return left, [(switches, "muted"), *([("   ", ""), *done] if done else [])]


def today_heading(today: TodayJobs, width: int) -> tuple[list[Part], list[Part]]:
    """Above what ended today: how much that was."""
    left: list[Part] = [("today  ", "label"), (f"{today.jobs:,}", "strong")]
    left.append((f" job{'' if today.jobs == 1 else 's'}", "label"))
    if width >= NARROW:
        left += [(", ", "label"), (f"{today.pictures:,}", "strong")]
        left.append((f" picture{'' if today.pictures == 1 else 's'}", "label"))
    if today.kept:
        left += [(", ", "label"), (f"{today.kept:,}", "strong"), (" ◆", "accent")]
    if today.failed:
        left += [(" · ", "label"), (f"{today.failed:,}", "error"), (" failed", "label")]
    if today.cancelled:
        left += [(" · ", "label"), (f"{today.cancelled:,}", "strong"), (" cancelled", "label")]
    busy: list[Part] = []
    if today.seconds >= 1 and width >= ROOMY:
        busy = [("card busy ", "muted"), *_duration(today.seconds)]
    return left, busy


def paused_note(reason: str) -> str:
    """The notice of all screens while the queue is paused."""
    if not reason:
        return said("The queue is paused; {tab.queue:3}, then {queue.pause:space} runs it.")
    return f"The queue is paused: {one_line(reason)} {said('Press {tab.queue:3}, then {queue.pause:space} runs it.')}"


def editing_parts(number: int) -> tuple[list[Part], list[Part]]:
    """What enter on the form does while a job that waits is in it."""
    put, leave = key("generate.generate", "enter"), key("generate.look", "esc")
    return [(f" {put}  put job {number} back", "")], [(f"{leave} ", ""), ("as it was ", "")]


def editing_sentence(number: int) -> str:
    """A job that waits is in the form."""
    keys = "{generate.generate:enter} puts it back in its place, {generate.look:esc} leaves it as it was."
    return f"Editing job {number}: {said(keys)}"


def clear_sentence(count: int) -> str:
    """What clearing the queue does."""
    which = "the job that waits" if count == 1 else f"all {count:,} jobs that wait"
    again = key("queue.again", "t")
    return f"Cancel {which}? What runs goes on; each is in the log as cancelled, and {again} brings it back."


def cleared_sentence(count: int) -> str:
    """What clearing the queue did."""
    return "One job that waited is cancelled." if count == 1 else f"{count:,} jobs that waited are cancelled."


def again_sentence(pictured: Pictured) -> str:
    """A job of today is queued again."""
    seed = "" if pictured.seed is None else f", with seed {pictured.record.get('seed')}"
    return f"Job {pictured.job_id[-6:]} is queued again{one_line(seed)}."


def not_again_sentence(problems: Sequence[str]) -> str:
    """Why failed jobs were not queued again."""
    others = len(problems) - 1
    return f"{problems[0]}{f' And {others} more cannot be tried again.' if others else ''}"


def fitted(text: str, cells: int) -> str:
    """A text in exactly so many cells, its end cut where it is longer."""
    text = one_line(text)
    return set_cell_size(text, cells) if cell_len(text) <= cells else f"{set_cell_size(text, max(0, cells - 1))}…"


def _columns(prompt: str, facts: Sequence[Part], width: int, lead: int, end: int) -> list[Part]:
    room = width - lead - sum(cell_len(text) for text, _ in facts) - end - 3
    # Few parts: each costs some forty bytes whenever its row is painted.
    return [(f"{fitted(prompt, max(0, room))}  ", "value"), *facts]


def _short_size(size: str) -> str:
    width, _, height = size.partition("×")
    return f"{width}²" if width and width == height else size


def _duration(value: float) -> list[Part]:
    """A time in few, slowly changing words: ``3 s``, ``45 s``, ``110 s``, ``12 min``, ``1 h 20``."""
    if value < 10:
        return [(f"{max(0, round(value))}", "value"), (" s", "muted")]
    if value < 60:
        return [(f"{5 * round(value / 5)}", "value"), (" s", "muted")]
    if value < 115:
        return [(f"{10 * round(value / 10)}", "value"), (" s", "muted")]
    minutes = round(value / 60)
    if minutes < 60:
        return [(f"{minutes}", "value"), (" min", "muted")]
    return [(f"{minutes // 60}", "value"), (" h ", "muted"), (f"{minutes % 60:02d}", "value")]


def _short_time(value: float) -> str:
    return f"{value:.1f} s" if value < 100 else f"{value / 60:.0f} min"


def _clock(pictured: Pictured) -> str:
    """When it ended: ``14:02``."""
    stamp = pictured.text("finished") or pictured.text("timestamp")
    clock = stamp[11:16]
    return clock if len(clock) == 5 and clock[2] == ":" else ""
