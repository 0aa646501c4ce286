"""How sequences, the player and exports are put into words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from sdxl_tui.core.animation import LATENT, LIGHT, PROMPT
from sdxl_tui.core.sequence_export import FORMATS
from sdxl_tui.tui import gallery_wording
from sdxl_tui.tui.choices import Choice, Question
from sdxl_tui.tui.exporting import DONE, FAILED, STOPPED, Export
from sdxl_tui.tui.keys_in_force import key
from sdxl_tui.tui.reel import Fit
from sdxl_tui.tui.sequences import RUNS, WAITS, FrameSequence
from sdxl_tui.tui.widgets.lab_list import Ends
from sdxl_tui.tui.widgets.words import Part

WAY_NAMES = {LIGHT: "light motion", LATENT: "latent path", PROMPT: "moving prompt"}
BAR = 12
"""Cells of an export's progress."""

EXPORT, SEQUENCE = "export", "sequence"
"""What the screen's list asks for."""


def when(sequence: FrameSequence, today: date) -> str:
    """``14:02`` of today, ``yesterday 14:02``, ``Sun 2026-11-22 14:02``."""
    day, time = sequence.day_and_time
    return time if day == today.isoformat() else f"{gallery_wording.day_words(day, today)} {time}".strip()


def state_parts(sequence: FrameSequence) -> list[Part]:
    """How far a sequence is; nothing where all its frames are made."""
    made = len(sequence.frames)
    if sequence.state == RUNS:
        return [("► ", "busy"), (f"{made}", "strong"), (f" of {sequence.planned} made", "muted")]
    if sequence.state == WAITS:
        return [("· waits", "muted")]
    if sequence.is_partial:
        return [("▲ ", "busy"), (f"partial: {made} of {sequence.planned}", "value")]
    return []


def sequence_rows(sequence: FrameSequence, at: int, number: int, count: int, today: date, short: bool) -> list[Ends]:
    """The card of a sequence: which one, what its frame was told, which way it goes."""
    made = len(sequence.frames)
    frame: list[Part] = [("frame ", "label"), (str(at + 1), "strong"), (f" of {max(made, sequence.planned)}", "label")]
    which: list[Part] = [(when(sequence, today) or "undated", "strong")]
    which += [(f"  {number} of {count}", "muted")] if count > 1 else []
    state = state_parts(sequence)
    way: list[Part] = [(WAY_NAMES[sequence.motion], "brought")]
    way += [(f" · {sequence.easing.replace('_', ' ')}", "muted")] if sequence.motion != LIGHT else []
    seeds = " → ".join(sequence.seeds) if sequence.motion == LATENT else " … ".join(sequence.seeds)
    told: Ends = ([(sequence.prompt_of(at) or "no prompt", "value")], [])
    if short:
        return [(which, state or (frame if made else [])), told]
    head: Ends = ([("sequence  ", "label"), *which], frame if made else [])
    return [head, told, (way, [(seeds, "soft")]), *([(state, [("", "")])] if state else [])]


def station_labels(sequence: FrameSequence) -> list[tuple[int, str]]:
    """What the way passes, at its frames: seeds, or prompts where the seed stays."""
    if sequence.motion == LIGHT:
        return []
    seeds, prompts = sequence.seeds, sequence.prompts
    if sequence.motion == LATENT and len(seeds) > 1:
        return sequence.stations([f"seed {seed}" for seed in seeds])
    return sequence.stations([_short(prompt) for prompt in prompts])


def title_parts(
    sequence: FrameSequence, at: int, kept: bool, playing: bool, width: int
) -> tuple[list[Part], list[Part]]:
    """Above the frame: which one, its seed, where on the way, its size. While it plays nothing that changes."""
    left: list[Part] = [("player", "accent")]
    right: list[Part] = []
    if not playing:
        left += [("  ", ""), (f"{at + 1:03d}", "strong")] + ([("  ◆", "accent")] if kept else [])
        seed, share = sequence.frames[at].seed, sequence.share(at)
        right += [("seed ", "label"), (str(seed), "strong")] if seed is not None else []
        right += [("  path ", "label"), (f"{share:.2f}", "strong")] if share is not None else []
    if width >= 40 and sequence.shape != (1, 1):
        right += [("   ", ""), (sequence.frames[at].size, "value")]
    return left, right


def player_parts(
    playing: bool, fps: int, way: str, fit: Fit | None, budget: int, width: int
) -> tuple[list[Part], list[Part]]:
    """Below the frame: what the player does, how fast, round and round or not; what that sends."""
    left: list[Part] = [("► ", "busy"), ("playing", "value")] if playing else [("■ ", "busy"), ("paused", "muted")]
    left += [("  ", ""), (str(fps), "strong"), (" frames/s", "muted"), ("  ", ""), (way, "value")]
    if fit is None:
        return left, []
    rate = min(float(fps), budget / fit.bytes)
    sends = f"{max(1, round(rate * fit.bytes / 1000))} kB/s"
    size = "full size" if fit.whole else f"{fit.cells[0]}×{fit.cells[1]} cells"
    fewer = f", {rate:.1f} frames/s".replace(".0", "") if rate < fps - 0.05 else ""
    where = "at" if fit.whole else "in"
    room = width - sum(len(text) for text, _ in left) - 2
    said = (
        f"plays {where} {size}{fewer}: {sends}",
        f"{size}{fewer}: {sends}",
        f"{size}: {sends}",
        size,
        size.removesuffix(" cells"),
    )
    return left, [(next((text for text in said if len(text) <= room), ""), "muted")]


def export_rows(exports: Sequence[Export], rows: int) -> list[Ends]:
    """The newest exports, newest first."""
    return [_export_row(export) for export in reversed(exports)][:rows]


def _export_row(export: Export) -> Ends:
    name = export.path.name
    if export.state == DONE:
        return [("● ", "ok"), (name, "value")], [(size_words(export.bytes), "muted")]
    if export.state == FAILED:
        return [("× ", "error"), (export.problem, "value")], []
    if export.state == STOPPED:
        return [("– ", "soft"), (f"{name}: stopped, nothing is left", "soft")], []
    done = round(export.share * BAR)
    percent = f" {export.share:>4.0%}".replace("%", " %")
    return [("► ", "busy"), (name, "value")], [
        ("━" * done, "accent"),
        ("─" * (BAR - done), "track"),
        (percent, "muted"),
    ]


def size_words(count: int) -> str:
    """A size as it is shown: ``412 kB``, ``3.1 MB``."""
    return f"{max(1, round(count / 1000))} kB" if count < 999_500 else f"{count / 1_000_000:.1f} MB"


def export_question(frames: int, fps: int, way: str, chosen: str) -> Question:
    """Which format?"""
    about = f"{frames} frames, {fps} a second, {way}"
    choices = [
        Choice(
            ending,
            row.name,
            re.split("[,:]", row.description)[0],
            about if row.can_loop else f"{about}: whoever plays it loops it",
        )
        for ending, row in FORMATS.items()
    ]
    return Question(EXPORT, "formats", tuple(choices), chosen)


def sequence_question(sequences: Sequence[FrameSequence], chosen: str, today: date) -> Question:
    """Which sequence?"""
    rows = []
    for sequence in sequences:
        made = len(sequence.frames)
        frames = f"{made} of {sequence.planned}" if made != sequence.planned else f"{made} frames"
        about = f"{WAY_NAMES[sequence.motion]}, {' … '.join(sequence.seeds)}"
        picture = sequence.frames[0].path if sequence.frames else None
        name = sequence.prompt or "no prompt"
        rows.append(Choice(sequence.job_id, name, f"{when(sequence, today)} · {frames}", about, picture=picture))
    return Question(SEQUENCE, "sequences", tuple(rows), chosen)


def exported_sentence(export: Export) -> str:
    """What an export gave."""
    return (
        f"{export.path.name} is exported, {size_words(export.bytes)}; {key('frames.copy_path', 'y')} copies its path."
    )


MODE_SENTENCE = (
    "The mode animate steps makes frames: a light motion, a glide from seed to seed or a prompt that moves. They fill "
    "this screen as they come."
)


def nothing_rows(problem: str) -> list[list[Part]]:
    """What stands in the place of a frame where there is no sequence."""
    if problem:
        return [[("× ", "error"), (problem, "value")]]
    return [
        [("No sequences yet: ", "value"), ("n", "key"), (" starts one.", "value")],
        [],
        [(MODE_SENTENCE, "soft")],
    ]


def no_frame_rows(sequence: FrameSequence) -> list[list[Part]]:
    """What stands in the place of the first frame until it is made."""
    if sequence.state == WAITS:
        return [[("· ", "muted"), ("This sequence waits for the jobs before it.", "value")]]
    return [[("► ", "busy"), ("The first frame is being made.", "value")]]


def _short(prompt: str) -> str:
    return prompt if len(prompt) <= 24 else f"{prompt[:23]}…"
