"""One picture and what it was made with, wherever it stands: from a job of this session, or from a line of the log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sdxl_tui.core.hires import made_larger
from sdxl_tui.core.lora_tags import read_log
from sdxl_tui.core.request import MAX_SEED
from sdxl_tui.core.schedulers import SCHEDULERS
from sdxl_tui.core.text import one_line
from sdxl_tui.tui.draft import shown_number, shown_size
from sdxl_tui.tui.lab_state import LabState, Painting

Record = Mapping[str, Any]

MOST = 1e12
STATUSES = ("done", "partial", "failed", "cancelled")


@dataclass(frozen=True)
class Pictured:
    """A picture's settings as text, each empty where the record does not hold it: lines of any origin come here."""

    path: Path | None
    """None: the job made no picture."""
    record: Record = field(compare=False)
    index: int
    """0-based, within its job."""
    job_id: str = ""
    is_gone: bool = field(default=False, compare=False)
    """Whether its file is known not to be there any more."""

    @property
    def count(self) -> int:
        """Pictures of its job that there are."""
        return max(1, len(self.outputs))

    @property
    def outputs(self) -> list[str]:
        """The names of its job's pictures."""
        return outputs_of(self.record)

    @property
    def seed(self) -> int | None:
        """The seed of this very picture."""
        seeds = self.record.get("seeds")
        own = _whole(seeds[self.index]) if isinstance(seeds, list) and self.index < len(seeds) else None
        first = _whole(self.record.get("seed"))
        return (first + self.index) % (MAX_SEED + 1) if own is None and first is not None else own

    @property
    def status(self) -> str:
        """One of STATUSES; the old lab logged what it had made, without one."""
        status = self.record.get("status", "failed" if self.record.get("error") else "done")
        return status if status in STATUSES else "done"

    @property
    def reason(self) -> str:
        """Why there is no picture; empty when nothing is known."""
        return self.text("error")

    @property
    def prompt(self) -> str:
        """What the user typed, else what was sent."""
        return self.text("prompt") or self.text("styled_prompt")

    @property
    def model(self) -> str:
        """The model as it is shown."""
        return self.text("model_name") or self.text("model").rsplit("/", 1)[-1]

    @property
    def loras(self) -> str:
        """The LoRAs that were on: ``neon 0.8 · ink 1``."""
        return one_line(" · ".join(use.short for use in read_log(self.record)))

    @property
    def scheduler(self) -> str:
        """The scheduler's real name."""
        choice = self.text("scheduler_choice")
        return self.text("scheduler") or (SCHEDULERS[choice].name if choice in SCHEDULERS else choice)

    @property
    def size(self) -> str:
        """Of its job: ``1024×768``."""
        width, height = _whole(self.record.get("width")), _whole(self.record.get("height"))
        return "" if width is None or height is None else shown_size(width, height)

    @property
    def pixels(self) -> str:
        """The size of the picture itself: a second pass may have made it larger than its job's size."""
        made = made_larger(self.record)
        return self.size if made is None else shown_size(*made)

    @property
    def guidance(self) -> str:
        """``5.0``."""
        value = _number(self.record.get("guidance_scale"))
        return "" if value is None else shown_number(value)

    @property
    def time(self) -> str:
        """When it was asked for: ``14:02``."""
        stamp = self.text("timestamp")
        clock = stamp[11:16]
        return clock if len(clock) == 5 and clock[2] == ":" and stamp[:4].isdecimal() else ""

    @property
    def seconds(self) -> float | None:
        """How long the job took."""
        return _number(self.record.get("seconds"))

    def text(self, key: str) -> str:
        """A value as one harmless line; empty where there is none."""
        value = self.record.get(key)
        return "" if value is None or isinstance(value, (dict, list)) else one_line(str(value))

    def whole(self, key: str) -> str:
        """A whole number as text; empty where there is none."""
        value = _whole(self.record.get(key))
        return "" if value is None else str(value)


def of_painting(painting: Painting, state: LabState) -> Pictured:
    """A picture of this session, also while its job still runs and is not in the log."""
    job = painting.job
    names = [other.path.name for other in state.paintings if other.job is job]
    record = {**job.as_log(), **state.records.get(job.id, {}), "outputs": names, "seconds": state.seconds.get(job.id)}
    return Pictured(painting.path, record, painting.index, job.id)


def of_record(record: Record, folder: Path) -> list[Pictured]:
    """The pictures of a job as its line in ``folder``'s log has them; one without a path where it made none."""
    job_id = one_line(str(record.get("job_id", "")))
    outputs = outputs_of(record)
    if not outputs:
        return [Pictured(None, record, 0, job_id)]
    return [Pictured(folder / name, record, index, job_id) for index, name in enumerate(outputs)]


def outputs_of(record: Record) -> list[str]:
    """The names of a job's pictures."""
    outputs = record.get("outputs")
    if not isinstance(outputs, list):
        return []
    return [name for name in outputs if isinstance(name, str) and name and "\0" not in name]


def short_model(name: str) -> str:
    """A model's name without what tells versions apart: ``Animagine`` for ``Animagine XL 4.0``."""
    words = [word for word in name.split() if word != "XL" and not word.lstrip("vV")[:1].isdigit()]
    return " ".join(words) or name


def _number(value: object) -> float | None:
    """A number that can be one of a job; logs of any origin hold true, NaN and 10**400 as well."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < MOST:
        return None
    return float(value)


def _whole(value: object) -> int | None:
    number = _number(value)
    return int(number) if number is not None and number.is_integer() else None
