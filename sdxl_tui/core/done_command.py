"""The command that runs when a queue is empty."""

from __future__ import annotations

import os
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

from sdxl_tui.core.words import named

PATIENCE = 1.0
"""Seconds in which a command that cannot run says so."""


def run_done_command(command: str, *, done: int, failed: int, cancelled: int, output_dir: Path) -> str:
    """Run a shell command that outlives this process; return a sentence when it fails at once, else nothing.

    It learns how the jobs ended from SDXL_TUI_DONE, SDXL_TUI_FAILED, SDXL_TUI_CANCELLED (counts) and
    SDXL_TUI_OUTPUT_DIR (absolute); it has no terminal. This waits up to a second, so ask off the event loop.
    """
    told = {"DONE": done, "FAILED": failed, "CANCELLED": cancelled, "OUTPUT_DIR": output_dir.absolute()}
    with tempfile.TemporaryFile() as output:
        try:
            process = subprocess.Popen(
                ["/bin/sh", "-c", command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, **{f"SDXL_TUI_{name}": str(value) for name, value in told.items()}},
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            return f"The command for the empty queue did not run: {getattr(error, 'strerror', None) or error}."
        with suppress(subprocess.TimeoutExpired):
            if code := process.wait(PATIENCE):
                output.seek(0)
                said = output.read(2000).decode(errors="replace").strip()
                return f"The command for the empty queue ended with {code}: {named(said or command)}."
    return ""
