"""The command that runs when a queue is empty."""

from __future__ import annotations

import os
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import IO

from sdxl_tui.core.words import named

PATIENCE = 1.0
"""Seconds in which a command that cannot run says so."""


def run_done_command(
    command: str,
    *,
    done: int,
    failed: int,
    cancelled: int,
    output_dir: Path,
    log_file: Path | None = None,
    patience: float | None = PATIENCE,
) -> str:
    """Run a shell command that outlives this process; return a sentence when it fails within ``patience``, else "".

    It learns how the jobs ended from SDXL_TUI_DONE, SDXL_TUI_FAILED, SDXL_TUI_CANCELLED (counts) and
    SDXL_TUI_OUTPUT_DIR (absolute); it has no terminal, and what it says goes to the end of ``log_file``. ``patience``
    is in seconds, None: until it ends; this waits as long, so ask on a thread of its own.
    """
    told = {"DONE": done, "FAILED": failed, "CANCELLED": cancelled, "OUTPUT_DIR": output_dir.absolute()}
    try:
        with _output(log_file) as output:
            process = subprocess.Popen(
                ["/bin/sh", "-c", command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, **{f"SDXL_TUI_{name}": str(value) for name, value in told.items()}},
                start_new_session=True,
            )
            code = 0
            with suppress(subprocess.TimeoutExpired):
                code = process.wait(patience)
            return (
                f"The command for the empty queue ended with {code}: {_said(output, log_file, command)}."
                if code
                else ""
            )
    except (OSError, ValueError) as error:
        return f"The command for the empty queue did not run: {getattr(error, 'strerror', None) or error}."


def _output(log_file: Path | None) -> IO[bytes]:
    if log_file is None:
        return tempfile.TemporaryFile()
    log_file.parent.mkdir(parents=True, exist_ok=True)
    return log_file.open("ab")


def _said(output: IO[bytes], log_file: Path | None, command: str) -> str:
    if log_file is not None:
        return f"{log_file.name} has what it said"
    output.seek(0)
    return named(output.read(2000).decode(errors="replace").strip() or command)
