"""A request that was queued: with its id, its seeds and the folder it writes to."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from sdxl_tui.core import animation
from sdxl_tui.core.animation import Frame
from sdxl_tui.core.modes import ANIMATE_STEPS, MODES
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
    end_seeds: tuple[int, ...] = ()
    """The request's, drawn where it leaves them open."""
    carried: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """Keys of its line in a file of jobs that the lab does not know: they are in its log line, too."""

    @property
    def seeds(self) -> list[int]:
        """Image i has seed ``(seed + i) mod 2**32``; frames on a way between seeds have the nearest one."""
        if self.request.mode == ANIMATE_STEPS:
            return [frame.seed for frame in self.frame_plan]
        return self._counted_seeds

    @property
    def _counted_seeds(self) -> list[int]:
        return [(self.seed + index) % (MAX_SEED + 1) for index in range(self.request.pictures)]

    @property
    def end_prompts(self) -> tuple[str, ...]:
        """The request's; a prompt that moves and was given no end comes closer."""
        request = self.request
        if request.motion == animation.PROMPT and not request.end_prompts:
            return (animation.joined(request.prompt, animation.MOVE_WORDS),)
        return request.end_prompts

    @cached_property
    def frame_plan(self) -> list[Frame]:
        """What each frame of an animation is made from."""
        request, styled = self.request, self.request.style.styled_prompt
        if request.motion == animation.LIGHT:
            varied = [styled(prompt) for prompt in animation.varied_prompts(request.prompt, request.frames)]
            seeds = self._counted_seeds
            return animation.light_frames(request.frames, seeds, request.styled_prompt, varied, request.variation)
        seeds = [self.seed, *self.end_seeds]
        prompts = [request.styled_prompt, *map(styled, self.end_prompts)]
        return animation.way_frames(request.frames, seeds, prompts, request.easing)

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
            **({"loras": [use.as_log() for use in request.loras]} if request.loras else {}),
            **self._own_fields(),
            **({"hires": asdict(request.hires)} if request.hires else {}),
            **({"plan": plan} if (plan := request.plan.as_log(request.batch_size)) else {}),
            **({"threaded": True} if request.threaded else {}),
            "speed": request.speed,
            "speed_choice": request.speed,
            **self.carried,
        }

    def _own_fields(self) -> dict[str, Any]:
        """What only this mode has; a light motion goes nowhere, the others do not vary."""
        mode = self.request.mode
        own = {name: getattr(self.request, name) for name in MODES[mode].fields}
        own |= {name: str(own[name].absolute()) for name in ("init_image", "mask_image") if name in own}
        if mode == ANIMATE_STEPS:
            own |= {"end_seeds": list(self.end_seeds), "end_prompts": list(self.end_prompts)}
            own["frame_prompts"] = [
                frame.words.end if self.request.motion == animation.LIGHT else frame.words.nearest
                for frame in self.frame_plan
            ]
            for name in ("easing", "end_seeds", "end_prompts") if own["motion"] == animation.LIGHT else ("variation",):
                del own[name]
        return own


def queued(
    request: GenerationRequest, output_dir: Path, job_id: str | None = None, timestamp: str | None = None
) -> Job:
    """Return the job of a request: its seed (drawn, if the request holds none) is fixed now, and its id if it has none.

    ``job_id`` and ``timestamp`` are those of a job that was queued before.
    """
    now = datetime.now().astimezone()
    seed = drawn_seed() if request.seed is None else request.seed
    return Job(
        id=f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(3)}" if job_id is None else job_id,
        timestamp=now.isoformat(timespec="milliseconds") if timestamp is None else timestamp,
        request=request,
        seed=seed,
        output_dir=output_dir.absolute(),
        end_seeds=_end_seeds(request, seed),
    )


def _end_seeds(request: GenerationRequest, seed: int) -> tuple[int, ...]:
    """Where a latent motion goes: to the seeds it was given, or to the next one when it was given no end at all."""
    if request.mode == ANIMATE_STEPS and request.motion == animation.LATENT:
        if not request.end_seeds and not request.end_prompts:
            return ((seed + 1) % (MAX_SEED + 1),)
        return tuple(drawn_seed() if end is None else end for end in request.end_seeds)
    return ()
