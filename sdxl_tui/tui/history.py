"""What was made before: the prompts to come back to, and the pictures of this session and of today."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from sdxl_tui.core import joblog
from sdxl_tui.core.text import one_line
from sdxl_tui.tui.lab_state import Painting
from sdxl_tui.tui.pictured import outputs_of

KEPT_PROMPTS = 2000
"""Of the log; of more, nobody walks through."""


@dataclass(frozen=True)
class Earlier:
    """One job that made pictures."""

    job_id: str
    prompt: str
    picture: Path
    """The first of its pictures."""
    time: str
    """``14:02``."""
    model: str
    seed: str
    style: str


@dataclass(frozen=True)
class Past:
    """What the log tells."""

    prompts: tuple[str, ...] = ()
    """Oldest first."""
    today: tuple[Earlier, ...] = ()
    """Oldest first."""
    pictures: Mapping[str, Path] = field(default_factory=dict)
    """By prompt: the first picture of the newest job that made one."""


def read_past(folder: Path, today: date) -> Past:
    """Read ``folder``'s jobs.log; raises UserError when it cannot be read. Takes a while on a long log."""
    prompts: dict[str, None] = {}
    jobs: dict[str, Earlier] = {}
    pictures: dict[str, Path] = {}
    for record in joblog.read(folder):
        if prompt := one_line(_text(record, "prompt")).strip():
            prompts.pop(prompt, None)
            prompts[prompt] = None
            if outputs := outputs_of(record):
                pictures[prompt] = folder / outputs[0]
        if _text(record, "timestamp").startswith(today.isoformat()) and (job := _earlier(record, folder)) is not None:
            jobs[job.job_id] = job
    newest = tuple(prompts)[-KEPT_PROMPTS:]
    return Past(newest, tuple(jobs.values()), {prompt: pictures[prompt] for prompt in newest if prompt in pictures})


def earlier_jobs(paintings: Sequence[Painting], past: Past) -> list[Earlier]:
    """The jobs of this session and, before them, today's from the log, newest first."""
    session = {painting.job.id: _of_session(painting) for painting in reversed(paintings)}
    return [*session.values(), *(job for job in reversed(past.today) if job.job_id not in session)]


class PromptHistory:
    """Walks from the text in the field to earlier prompts and back; the text in the field is kept as the draft."""

    def __init__(self) -> None:
        self._prompts: list[str] = []
        self._draft = ""
        self._place = 0
        self._put = ""

    def add_past(self, prompts: Iterable[str]) -> None:
        """Take what was typed before this session."""
        self._prompts = list(dict.fromkeys([*self._prompts, *reversed(list(prompts))]))

    def add(self, prompt: str) -> None:
        """Take a prompt that was sent now."""
        prompt = one_line(prompt).strip()
        if prompt:
            self._prompts = [prompt, *(other for other in self._prompts if other != prompt)]
        self._place = 0

    @property
    def newest_first(self) -> Sequence[str]:
        """All of them."""
        return tuple(self._prompts)

    def walk(self, text: str, distance: int) -> str | None:
        """Return the prompt that many places back from ``text`` in the field; None: there is none."""
        if self._place == 0 or text != self._put:
            self._draft, self._place = text, 0
        places = [self._draft, *(prompt for prompt in self._prompts if prompt != self._draft.strip())]
        place = self._place + distance
        if not 0 <= place < len(places):
            return None
        self._place, self._put = place, places[place]
        return self._put


def _of_session(painting: Painting) -> Earlier:
    request = painting.job.request
    return Earlier(
        painting.job.id,
        one_line(request.prompt or request.styled_prompt),
        painting.path,
        painting.job.timestamp[11:16],
        one_line(request.model.name),
        str(painting.job.seed),
        request.style.name,
    )


def _earlier(record: Mapping[str, Any], folder: Path) -> Earlier | None:
    outputs = outputs_of(record)
    if not outputs:
        return None
    timestamp = _text(record, "timestamp")
    return Earlier(
        _text(record, "job_id") or timestamp,
        one_line(_text(record, "prompt") or _text(record, "styled_prompt")),
        folder / outputs[0],
        timestamp[11:16],
        one_line(_text(record, "model_name") or _text(record, "model")),
        one_line(str(record.get("seed", ""))),
        _text(record, "style"),
    )


def _text(record: Mapping[str, Any], key: str) -> str:
    value = record.get(key)
    return value if isinstance(value, str) else ""
