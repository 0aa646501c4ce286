"""What a lab holds for as long as it is open: its output folder, and the card that it runs on."""

from __future__ import annotations

import os

from sdxl_tui.core.folder_lock import FolderLock
from sdxl_tui.core.gpu_lock import GpuLock, gpu_of_lab
from sdxl_tui.core.settings import Settings


class LabLock:
    """Both locks, or none."""

    def __init__(self, settings: Settings) -> None:
        """Take them; raises LabIsOpen when another lab has one of them."""
        self._folder = FolderLock(settings.output_dir)
        self._gpu: GpuLock | None = None
        gpu = gpu_of_lab(settings, os.environ)
        try:
            self._gpu = None if gpu is None else GpuLock(gpu, settings.output_dir)
        except BaseException:
            self._folder.release()
            raise

    @property
    def problem(self) -> str:
        """One sentence on why another lab could be opened on the folder; empty: none can."""
        return self._folder.problem
