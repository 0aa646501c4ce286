"""Run the lab in this terminal, and leave the terminal as it was."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn

from sdxl_tui.core.models import Model
from sdxl_tui.core.settings import Settings

CLOSE_SECONDS = 1.0
"""How long the engine may take to stop: the shell is to be back within two seconds, whatever it is doing."""


def run_lab(
    settings: Settings,
    *,
    model: Model | None = None,
    load: bool = False,
    prompt: str = "",
    flags: Mapping[str, Any] | None = None,
    remark: str = "",
    read_only: bool = False,
) -> NoReturn:
    """Open the lab as it was left, and end the process when the user leaves.

    ``prompt``: what the form has where it was never left with one; ``read_only``: look at what another lab makes.
    ``flags``: the settings that the command line gave; ``remark``: a sentence that stands in the lab from the start.
    """
    gc.disable()  # Hardly anything made while the lab opens is garbage; the app turns it on again.
    make_quick()
    for name in ("COLUMNS", "LINES"):  # Exported, they stand for the size also after the window changed.
        os.environ.pop(name, None)
    from sdxl_tui.core import events_log
    from sdxl_tui.tui.app import LabApp
    from sdxl_tui.tui.memory import Memory
    from sdxl_tui.tui.notes import WARNING

    events_log.configure(settings.log_dir)
    memory = None if read_only else Memory(settings.output_dir)
    app = LabApp(settings, model, prompt, load=load, flags=flags, read_only=read_only, memory=memory)
    if remark:
        app.notes.put("folder", WARNING, remark)
    with terminal_of_its_own(settings.log_dir / events_log.NAME):
        try:
            app.run()
        finally:
            signal.signal(signal.SIGCONT, signal.SIG_DFL)  # there is no screen any more to come back to
            app.close(CLOSE_SECONDS)
    if app.last_words:
        sys.stderr.write(f"{app.last_words}\n")
    # Not by returning: a thread that hangs in a driver call would keep the interpreter alive for ever, and taking
    # torch down in order keeps the shell waiting for a second. Every job is logged by now.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(app.return_code or 0)


def make_quick() -> None:
    """Let keys wait as little as can be. To be called before Textual is imported, which reads the first two then."""
    os.environ.setdefault("ESCDELAY", "25")  # 100 ms after each alt key otherwise.
    os.environ.setdefault("TEXTUAL_FPS", "250")  # Up to 16 ms from a key to its paint otherwise, and twice at work.
    sys.setswitchinterval(0.001)  # A thread that draws gives way in 5 ms otherwise, at each of a key's three steps.


@contextmanager
def terminal_of_its_own(log_file: Path) -> Iterator[None]:
    """Give Textual its own duplicate of the terminal, and send file descriptors 1 and 2 to the log meanwhile.

    What C code, a child process or a library prints would otherwise land in the middle of the picture. Textual writes
    to ``sys.__stderr__`` and asks ``sys.__stdout__`` for the size.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    before = os.dup(1), os.dup(2)
    streams = sys.__stdout__, sys.__stderr__
    log = os.open(log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    terminal = os.fdopen(os.dup(2 if os.isatty(2) else 1), "w", encoding="utf-8", errors="replace")
    sys.__stdout__ = sys.__stderr__ = terminal  # type: ignore[misc]
    os.dup2(log, 1)
    os.dup2(log, 2)
    try:
        yield
    finally:
        with suppress(OSError):  # A terminal that hung up takes no last words.
            terminal.close()
        sys.stdout.flush()
        sys.stderr.flush()
        os.dup2(before[0], 1)
        os.dup2(before[1], 2)
        sys.__stdout__, sys.__stderr__ = streams  # type: ignore[misc]
        for descriptor in (log, *before):
            os.close(descriptor)
