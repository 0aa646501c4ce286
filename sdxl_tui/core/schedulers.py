"""The scheduler table. A new scheduler is one row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Scheduler:
    """One row: a diffusers class, the options it is made with, and its A1111 names.

    Names and schedule types as in A1111 >= 1.9 and Forge (modules/sd_samplers_kdiffusion.py, sd_schedulers.py).
    """

    name: str
    """Shown, and logged as the scheduler's real name."""
    class_name: str
    """Class in ``diffusers``; empty for the model's own."""
    description: str
    sampler: str = ""
    """A1111's ``Sampler``; empty: the shown name."""
    schedule_type: str = "Uniform"
    """A1111's ``Schedule type``; empty: none is written."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """What the class is made with, on top of the model's own scheduler config."""


PLAIN = {"use_karras_sigmas": False, "use_exponential_sigmas": False, "use_beta_sigmas": False}
DPMPP_2M = {"algorithm_type": "dpmsolver++", "solver_order": 2}

DEFAULT = "default"

SCHEDULERS: dict[str, Scheduler] = {
    DEFAULT: Scheduler("Default", "", "as the model ships it"),
    "euler": Scheduler("Euler", "EulerDiscreteScheduler", "fast, plain, a safe choice", options=PLAIN),
    "euler_a": Scheduler(
        "Euler a", "EulerAncestralDiscreteScheduler", "adds noise at each step: lively, never settles"
    ),
    "dpmpp_2m": Scheduler(
        "DPM++ 2M", "DPMSolverMultistepScheduler", "good at 20 to 30 steps", options={**PLAIN, **DPMPP_2M}
    ),
    "dpmpp_2m_karras": Scheduler(
        "DPM++ 2M Karras",
        "DPMSolverMultistepScheduler",
        "finer detail at the end",
        sampler="DPM++ 2M",
        schedule_type="Karras",
        options={**PLAIN, **DPMPP_2M, "use_karras_sigmas": True},
    ),
    "unipc": Scheduler("UniPC", "UniPCMultistepScheduler", "good at 10 to 20 steps", schedule_type="", options=PLAIN),
}

SHIPPED_NAMES = {
    "DDIMScheduler": "DDIM",
    "DPMSolverSinglestepScheduler": "DPM++ 2S",
    "HeunDiscreteScheduler": "Heun",
    "LCMScheduler": "LCM",
    "LMSDiscreteScheduler": "LMS",
    "PNDMScheduler": "PLMS",
}
"""Names of classes that only a model's own config brings."""


def shipped(config: Mapping[str, Any]) -> Scheduler:
    """Return the row that a model's own ``scheduler_config.json`` amounts to, for its real name and A1111 names."""
    class_name = str(config.get("_class_name", ""))
    karras = bool(config.get("use_karras_sigmas", False))
    for row in SCHEDULERS.values():
        if row.class_name == class_name and bool(row.options.get("use_karras_sigmas", False)) == karras:
            return row
    name = SHIPPED_NAMES.get(class_name, class_name.removesuffix("Scheduler"))
    if not karras:
        return Scheduler(name, class_name, "as the model ships it")
    base = next((row.name for row in SCHEDULERS.values() if row.class_name == class_name), name)
    return Scheduler(f"{base} Karras", class_name, "as the model ships it", sampler=base, schedule_type="Karras")
