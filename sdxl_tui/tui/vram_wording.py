"""How memory that a job takes is put into words: pure functions from an outlook to sentences and parts of rows."""

from __future__ import annotations

from collections.abc import Sequence

from sdxl_tui.core.models import Model
from sdxl_tui.core.modes import ANIMATE_STEPS, MODES
from sdxl_tui.core.plans import Plan
from sdxl_tui.core.request import GenerationRequest
from sdxl_tui.core.text import one_line
from sdxl_tui.core.vram import NEARLY, OTHERS, Card, Choice, Outlook, gib
from sdxl_tui.engine import CopiesChanged
from sdxl_tui.tui.draft import shown_size
from sdxl_tui.tui.widgets.words import Part

THREADED = "Threaded batch: 11.5 s where the plain batch takes 3.8 s (4 pictures, H100); it is here to compare."
SAID_OF_JOBS = {
    "run it": "runs",
    "run ": "runs ",
    "give back": "gives back",
    "make them": "is made",
    "make it": "is made",
    "tiled decode": "is decoded in tiles",
}
"""Command -> what is said of the job that does it."""


def plan_words(plan: Plan, pictures: int) -> str:
    """A plan in a few words, ``4 + 4, tiled decode``; empty for the quickest one."""
    words = [plan.splits_shown(pictures), "tiled decode" if plan.tiled else ""]
    return ", ".join(word for word in words if word) or ("copies given back" if plan.lean else "")


def way_words(choice: Choice, request: GenerationRequest) -> str:
    """What is done, as a command: ``run as 4 + 4, tiled decode``, ``make them 1152×1152``."""
    splits = choice.plan.splits_shown(request.batch_size)
    run = (f"run {splits}" if splits == "one by one" else f"run as {splits}") if splits else ""
    words = [run] if run else []
    words += ["tiled decode"] if choice.plan.tiled else []
    if choice.size != (request.width, request.height):
        them = "them" if request.pictures > 1 else "it"
        words = [f"make {them} {shown_size(*choice.size)}", *(word.removeprefix("run ") for word in words)]
    if not words and choice.plan.lean:
        words = ["give back copies and graphs"]
    return ", ".join(words) or "run it as it is"


def runs_words(choice: Choice, request: GenerationRequest) -> str:
    """What is done, as it is said of the job: ``runs as 4 + 4``, ``is made 1152×1152``."""
    words = way_words(choice, request)
    for command, said in SAID_OF_JOBS.items():
        if words.startswith(command):
            return said + words.removeprefix(command)
    return words


def would_fit_words(choice: Choice, request: GenerationRequest) -> str:
    """What would fit, in a few words: ``4 + 4 would fit``."""
    words = way_words(choice, request)
    if words.startswith("give back"):
        return "without copies and graphs it would fit"
    for command in ("run as ", "run ", "make them ", "make it "):
        words = words.removeprefix(command)
    return f"{words} would fit"


def short_outlook(outlook: Outlook, request: GenerationRequest) -> str:
    """The one line of the form: what is needed, what is free, what would fit."""
    if outlook.best is None:
        return f"{outlook.said}: {'no way of running it fits' if outlook.ways else 'it may fail'}."
    return f"{outlook.said}: {would_fit_words(outlook.best, request)}."


def heavy_sentence(outlook: Outlook, model: Model) -> str:
    """What to know of a model that wants a strong card."""
    name = one_line(model.name)
    return f"{name} is a heavy model: this job takes about {gib(outlook.asked.needs)} GiB; the batch is left as it is."


def enter_verdict(
    looks: str, left: list[Part], right: list[Part], outlook: Outlook | None, asks: bool, width: int
) -> tuple[str, list[Part], list[Part]]:
    """The enter bar with what it means for the card: both ends as far as they fit, and a class for its looks."""
    if looks or outlook is None or not outlook.asked.needs:
        return looks, left, right
    time = "".join(text for text, _ in right).rstrip()
    gap = "  " if time else ""
    if outlook.fits:
        said = f"fits: {gib(outlook.asked.needs)} GiB"
        wanted = [f"{time}{gap}{said} ", f"{time}{gap}fits ", f"{said} ", "fits ", f"{time} ", ""]
        return "", left, _fitting([[(text, "")] for text in wanted], left, width)
    over = f"▲ {gib(outlook.asked.over)} GiB over"
    then = "asks first" if asks or outlook.best is None else "is fitted"
    ends: list[list[Part]] = [[(text, "busy")] for text in (f"{over}: {then} ", f"{over} ")]
    lit = [(text, "value") for text, _ in left]
    shorter = [lit[0], *lit[2:]]  # without the model that is loaded first
    for shown in (lit, shorter):
        end = _fitting(ends, shown, width)
        if _cells(shown) + _cells(end) < width:
            break
    return "-risky", shown, end


def sent_sentence(choice: Choice, request: GenerationRequest, *, by_itself: bool = False) -> str:
    """What was done so that a job fits."""
    which = "This job would not have fitted: it" if by_itself else "It"
    made = {NEARLY: "; the pictures are nearly the same", OTHERS: "; the pictures are other ones"}
    room = f"{gib(choice.needs)} of {gib(max(0, choice.room))} GiB"
    return f"{which} {runs_words(choice, request)}: {room}{made.get(choice.pictures, '; the pictures are the same')}."


def job_words(request: GenerationRequest, jobs: int = 1) -> str:
    """What is to be made: ``8 pictures at 1536×1536, text to image, RealVisXL V5.0``."""
    kind = "frame" if request.mode == ANIMATE_STEPS else "picture"
    count = f"{request.pictures} {kind}{'' if request.pictures == 1 else 's'}"
    many = f"{jobs} jobs of " if jobs > 1 else ""
    mode = MODES[request.mode].name.lower()
    return f"{many}{count} at {shown_size(*request.size)}, {mode}, {one_line(request.model.name)}"


def given_back_words(card: Card, copies: CopiesChanged) -> str:
    """What a lean plan gives back: ``3 model copies, 19.4 GiB, and graphs, 2.1 GiB``; empty: there is nothing."""
    count = sum(tier == "VRAM" for tier in copies.tiers.values())
    said = []
    if card.copies:
        named = "model copies" if count == 0 else f"{count} model {'copy' if count == 1 else 'copies'}"
        said.append(f"{named}, {gib(card.copies)} GiB")
    if card.graphs:
        said.append(f"graphs, {gib(card.graphs)} GiB")
    return ", and ".join(said)


def _fitting(ends: Sequence[list[Part]], left: Sequence[Part], width: int) -> list[Part]:
    """The first right end that fits beside the left one; the last where none does."""
    room = width - _cells(left) - 1
    return next((end for end in ends if _cells(end) <= room), list(ends[-1]))


def _cells(parts: Sequence[Part]) -> int:
    return sum(len(text) for text, _ in parts)
