"""How much VRAM and host RAM copies of models may take: what leaves a job its room, and the host its own."""

from __future__ import annotations

from sdxl_tui.core.memory import available_ram
from sdxl_tui.core.setting_kinds import AUTO
from sdxl_tui.core.settings import Settings
from sdxl_tui.core.vram import Card

GIB = 1024**3


class Budgets:
    """What the settings say, or what this machine has left."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._job_bytes = 0
        self.on_gpu = False
        """Whether a GPU is used; on a CPU ``auto`` keeps nothing: files in the page cache are as near as a copy."""

    @property
    def job_bytes(self) -> int:
        """VRAM that is left free for a job: what the largest one of the day took, the setting until one has run."""
        return self._job_bytes or int(float(self._settings.job_vram) * GIB)

    def use_settings(self, settings: Settings) -> None:
        """Keep to these budgets from now on; copies give way when the next one is made."""
        self._settings = settings

    def note_job(self, peak: int) -> None:
        """Take what a job took, in bytes beyond what was there before it."""
        self._job_bytes = max(self._job_bytes, peak)

    def vram(self, used: int, beside: int = 0) -> int:
        """Bytes that copies in VRAM may take, when they take ``used``, and ``beside`` is kept of single weights."""
        if self._settings.keep_vram != AUTO:
            return int(float(self._settings.keep_vram) * GIB) - beside
        return free_vram() + used - self.job_bytes if self.on_gpu else 0

    def ram(self, used: int) -> int:
        """Bytes that copies in host RAM may take, when they take ``used``: never so much that the host would swap."""
        if self._settings.keep_ram != AUTO:
            return min(int(float(self._settings.keep_ram) * GIB), available_ram() + used)
        return (available_ram() + used) // 2 if self.on_gpu else 0


def free_vram() -> int:
    """Bytes on the card that the driver has, and those that torch has and does not use."""
    import torch

    free, _total = torch.cuda.mem_get_info()
    return free + torch.cuda.memory_reserved() - torch.cuda.memory_allocated()


def card_now(copies: int, graphs: int, has_model: bool) -> Card:
    """Return how the card stands, when copies of models and captured graphs take so many bytes; for any thread.

    Without the driver's word on who uses what, whatever torch does not hold counts as others'.
    """
    import torch

    free, total = torch.cuda.mem_get_info()
    reserved = torch.cuda.memory_reserved()
    # Blocks of a graph's pool look free between two replays; nothing else can have them.
    spare = max(0, reserved - torch.cuda.memory_allocated() - graphs)
    return Card(total, free, reserved, spare, copies, graphs, has_model)
