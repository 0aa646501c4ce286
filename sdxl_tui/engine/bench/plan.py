"""What is measured: the sizes of an SDXL on a GPU, or small ones for the demo model and a CPU."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sdxl_tui.core.models import Model
from sdxl_tui.core.request import GenerationRequest
from sdxl_tui.core.speeds import EXACT, FAST
from sdxl_tui.core.styles import NONE, Style

PROMPT = "a red fox in deep snow at dawn, soft light"
SPEEDS = (EXACT, FAST)
"""Measured beside stock diffusers."""


@dataclass(frozen=True)
class Shape:
    """A job to measure."""

    width: int
    height: int
    batch: int = 1
    steps: int = 30
    guidance: float = 7.0

    @property
    def shown(self) -> str:
        """``1024x1024, 30 steps, batch 4``."""
        batch = f", batch {self.batch}" if self.batch > 1 else ""
        guidance = "" if self.guidance > 1 else ", no guidance"
        return f"{self.width}x{self.height}, {self.steps} steps{guidance}{batch}"

    def request(self, model: Model, speed: str, seed: int = 1) -> GenerationRequest:
        """The job as the lab is asked for it."""
        return GenerationRequest(
            model=model,
            prompt=PROMPT,
            negative_prompt="",
            style=Style(NONE, "None / Raw"),
            scheduler="euler",
            steps=self.steps,
            guidance_scale=self.guidance,
            width=self.width,
            height=self.height,
            batch_size=self.batch,
            seed=seed,
            speed=speed,
        )


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    one: Shape
    """The picture that most people make."""
    shapes: tuple[Shape, ...]
    """All that are measured beside stock diffusers."""
    other: Shape
    """Of another shape than ``one``."""
    queue: Shape
    """Of the jobs that wait behind each other."""
    jobs: int
    """How many do."""
    rounds: int
    """How often each of several models has its turn."""
    repeats: int
    """How often a time is taken, after a warm-up."""
    starts: int
    """How often a process is started from nothing."""
    matrix: int
    """Side of the matrices whose product is timed."""


def plan_for(model: Model, on_gpu: bool, quick: bool) -> Plan:
    """Return the plan for a model on this machine."""
    if on_gpu and model.width >= 512:
        one = Shape(1024, 1024)
        batches = tuple(replace(one, batch=count) for count in ((4,) if quick else (2, 4, 8)))
        other, small = Shape(832, 1216), Shape(512, 512, steps=4, guidance=0.0)
        queue = replace(one, steps=8) if quick else one
        repeats = 2 if quick else 3
        return Plan(one, (one, *batches, *(() if quick else (other,)), small), other, queue, 20, 2, repeats, 1, 8192)
    one = Shape(64, 64, steps=3, guidance=4.0)
    batches = tuple(replace(one, batch=count) for count in ((2,) if quick else (2, 4)))
    other, small = Shape(64, 96, steps=3, guidance=4.0), Shape(64, 64, steps=2, guidance=0.0)
    repeats = 2 if quick else 3
    return Plan(one, (one, *batches, other, small), other, one, 4 if quick else 20, 1, repeats, 1, 512)
