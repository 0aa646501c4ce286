"""A request that was queued: with its id, its seeds and the folder it writes to."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sdxl_tui.core.request import MAX_SEED, GenerationRequest, drawn_seed

TEMPLATES = ("prompt_template", "negative_prompt_template")
"""Log keys of what was typed, where the prompt was made from it."""


@dataclass(frozen=True)
class Job:
    """One job: everything that decides its pictures is fixed here."""

    id: str
    """``YYYYMMDD-HHMMSS-`` + 6 hex digits: the local time of submission."""
    timestamp: str
    """ISO 8601 with offset."""
    request: GenerationRequest
    seed: int
    output_dir: Path
    """Absolute folder of pictures and jobs.log."""

    @property
    def seeds(self) -> list[int]:
        """Image i has seed ``(seed + i) mod 2**32``."""
        return [(self.seed + index) % (MAX_SEED + 1) for index in range(self.request.batch_size)]

    def as_log(self) -> dict[str, Any]:
        """The part of the log line that is known when the job is queued."""
        request = self.request
        return {
            "schema": 1,
            "job_id": self.id,
            "timestamp": self.timestamp,
            "mode": request.mode,
            "model": request.model.id,
            "model_name": request.model.name,
            "scheduler_choice": request.scheduler,
            "style": request.style.name,
            "prompt": request.prompt,
            "negative_prompt": request.negative_prompt,
            "styled_prompt": request.styled_prompt,
            "styled_negative_prompt": request.styled_negative_prompt,
            "prompt_syntax": request.prompt_syntax,
            **{key: getattr(request, key) for key in TEMPLATES if getattr(request, key)},
            "steps": request.steps,
            "guidance_scale": request.guidance_scale,
            "width": request.width,
            "height": request.height,
            "batch_size": request.batch_size,
            "seed": self.seed,
            "seeds": self.seeds,
            "speed": request.speed,
        }


def queued(request: GenerationRequest, output_dir: Path) -> Job:
    """Return the job of a request: its id and its seed (drawn, if the request holds none) are fixed now."""
    now = datetime.now().astimezone()
    return Job(
        id=f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(3)}",
        timestamp=now.isoformat(timespec="milliseconds"),
        request=request,
        seed=drawn_seed() if request.seed is None else request.seed,
        output_dir=output_dir.absolute(),
    )
