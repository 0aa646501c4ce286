"""What a job takes of the card, in bytes of what the driver sees, beyond what was there and stays."""

from __future__ import annotations

from typing import Any

MIB = 2**20


class Taken:
    """Read between the stages of a job, on the thread that runs it; reading costs nothing worth naming."""

    def __init__(self, graphs: int) -> None:
        """``graphs``: bytes that captured graphs hold already."""
        import torch

        self._cuda = torch.cuda
        self._stays = self._cuda.memory_allocated() + graphs
        self._began = self._cuda.memory_reserved()
        self._cuda.reset_peak_memory_stats()
        self._peak = self._allocated = 0
        self.stages: dict[str, tuple[int, int]] = {}
        """By stage: the most that torch held, and the most that tensors took, beyond what stays."""

    def end_of(self, stage: str) -> None:
        """Count what was taken since the last stage ended to this one."""
        reserved = max(0, self._cuda.max_memory_reserved() - self._stays)
        allocated = max(0, self._cuda.max_memory_allocated() - self._stays)
        before = self.stages.get(stage, (0, 0))
        self.stages[stage] = max(before[0], reserved), max(before[1], allocated)
        self._peak, self._allocated = max(self._peak, reserved), max(self._allocated, allocated)
        self._cuda.reset_peak_memory_stats()

    @property
    def needed(self) -> int:
        """The most that torch had to have, beyond what stays."""
        return self._peak

    @property
    def tensors(self) -> int:
        """The most that tensors took at once."""
        return self._allocated

    @property
    def grew(self) -> bool:
        """Whether torch had to ask the driver for more: otherwise what it needed is not known, only what it held."""
        return self._peak + self._stays > self._began

    def as_log(self, estimate: int, graphs: int) -> dict[str, Any]:
        """What the log says under ``vram``, in MiB: by stage what torch held, and what tensors took of it.

        ``graphs``: what captured graphs hold now.
        """
        stages = {name: [round(held / MIB), round(tensors / MIB)] for name, (held, tensors) in self.stages.items()}
        took, estimated = round(self.needed / MIB), round(estimate / MIB)
        known = {"took": took, "estimate": estimated, "grew": self.grew}
        return known | {"graphs": round(graphs / MIB), "stages": stages}
