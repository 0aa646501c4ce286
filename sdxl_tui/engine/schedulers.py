"""A scheduler for one job, always from the model's own config: what the job before used never sticks."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from sdxl_tui.core.schedulers import SCHEDULERS, Scheduler, shipped


def row_for(choice: str, own_config: Mapping[str, Any]) -> Scheduler:
    """Return the row a choice means on a model; ``default`` is what the model's own config amounts to."""
    row = SCHEDULERS[choice]
    return row if row.class_name else shipped(own_config)


def make_scheduler(choice: str, own_config: Mapping[str, Any]) -> Any:
    """Return a fresh diffusers scheduler for row ``choice``.

    ``final_sigmas_type`` is zero where the class has it: older repos' configs bring back a value that leaves noise in
    the picture (diffusers issue 5433).
    """
    import diffusers

    row = SCHEDULERS[choice]
    scheduler_class = getattr(diffusers, row.class_name or own_config["_class_name"])
    known = inspect.signature(scheduler_class.__init__).parameters
    options = dict(row.options) | {"final_sigmas_type": "zero"}
    return scheduler_class.from_config(
        {key: value for key, value in own_config.items() if key in known},
        **{key: value for key, value in options.items() if key in known},
    )
