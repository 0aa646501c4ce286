"""app_events.log: every job in a few lines, and every warning and traceback of the app and its libraries."""

from __future__ import annotations

import errno
import logging
import os
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from sdxl_tui.core.disk import refused, write_all
from sdxl_tui.core.text import one_line

NAME = "app_events.log"
APP_LOGGER = "sdxl_tui"

_ENDINGS = {"failed": "FAILED", "cancelled": "CANCELLED", "partial": "PARTIAL"}

_logger = logging.getLogger(__name__)


class AppendingHandler(logging.Handler):
    """Appends each entry to a file in one write, opened for it alone.

    So the file appears with its first entry, may be moved away at any time, and can be shared by processes.
    """

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.file = file
        self.setFormatter(
            logging.Formatter("[{asctime}] {levelname} {name}: {message}", "%Y-%m-%d %H:%M:%S", style="{")
        )

    def filter(self, record: logging.LogRecord) -> bool:
        """Let everything of the app in, and warnings and above of its libraries."""
        of_the_app = record.name == APP_LOGGER or record.name.startswith(f"{APP_LOGGER}.")
        return (of_the_app or record.levelno >= logging.WARNING) and bool(super().filter(record))

    def emit(self, record: logging.LogRecord) -> None:
        """Write one entry."""
        try:
            self.write(self.format(record))
        except Exception:
            self.handleError(record)

    def write(self, entry: str) -> None:
        """Append ``entry`` as it is, with a line feed."""
        descriptor = os.open(self.file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
        try:
            write_all(descriptor, entry.encode("utf-8", errors="backslashreplace") + b"\n")
        finally:
            os.close(descriptor)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """Stay silent: the standard way prints to stderr, which is the screen."""


def configure(log_dir: Path) -> None:
    """Send what the app and its libraries log to ``log_dir``, and nothing of it to stderr.

    Call it again to move to another folder. Raises UserError when nothing can be written there.
    """
    file = log_dir.absolute() / NAME
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        _check_writable(file)
    except OSError as error:
        raise refused(f"{NAME} cannot be written", log_dir, error) from error
    root = logging.getLogger()
    for handler in _own_handlers():
        root.removeHandler(handler)
    root.addHandler(AppendingHandler(file))
    logging.getLogger(APP_LOGGER).setLevel(logging.INFO)
    logging.captureWarnings(True)
    sys.excepthook = _log_crash
    threading.excepthook = _log_thread_crash
    sys.unraisablehook = _log_unraisable


def adopt(library: str) -> None:
    """Let a library's messages come here and to no other place.

    diffusers, transformers and huggingface_hub give their logger a handler on stderr when they are imported and keep
    its messages to themselves: call this after the import.
    """
    logger = logging.getLogger(library)
    logger.handlers.clear()
    logger.propagate = True


def job_entry(record: Mapping[str, Any], paths: Sequence[Path]) -> None:
    """Write the block of a job that ended; nothing where no log was configured.

    A full disk does not fail a job whose pictures are saved: the entry is then lost.
    """
    for handler in _own_handlers():
        with suppress(OSError):
            handler.write(_block(record, paths))


def _block(record: Mapping[str, Any], paths: Sequence[Path]) -> str:
    def shown(key: str) -> str:
        value = record.get(key)
        return "" if value is None else one_line(str(value))

    lines = [
        f"[{datetime.now():%Y-%m-%d %H:%M:%S}] MODEL={shown('model')}, STEPS={shown('steps')}, "
        f"SCHEDULER={shown('scheduler') or shown('scheduler_choice')}, {shown('width')}x{shown('height')}, "
        f"BATCH={shown('batch_size')}, STYLE={shown('style')}",
        f"PROMPT: {shown('styled_prompt')}",
        f"NEG: {shown('styled_negative_prompt')}",
    ]
    if ending := _ENDINGS.get(shown("status")):
        lines.append(f"{ending}: {shown('error')}" if shown("error") else ending)
    return "\n".join([*lines, "SAVED FILES:", *(f"- {one_line(str(path))}" for path in paths)])


def _own_handlers() -> list[AppendingHandler]:
    return [handler for handler in logging.getLogger().handlers if isinstance(handler, AppendingHandler)]


def _check_writable(file: Path) -> None:
    if file.is_dir():
        raise IsADirectoryError(errno.EISDIR, "is a folder", str(file))
    if not os.access(file if file.exists() else file.parent, os.W_OK):
        raise PermissionError(errno.EACCES, "may not be written to", str(file))


def _log_crash(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if not issubclass(kind, KeyboardInterrupt):
        _logger.critical("the program ended", exc_info=(kind, error, trace))
    sys.__excepthook__(kind, error, trace)


def _log_thread_crash(arguments: threading.ExceptHookArgs) -> None:
    if arguments.exc_value is not None and not issubclass(arguments.exc_type, SystemExit):
        name = arguments.thread.name if arguments.thread else "a thread"
        trace = (arguments.exc_type, arguments.exc_value, arguments.exc_traceback)
        _logger.critical("%s ended", name, exc_info=trace)


def _log_unraisable(arguments: sys.UnraisableHookArgs) -> None:
    if arguments.exc_value is not None:
        trace = (arguments.exc_type, arguments.exc_value, arguments.exc_traceback)
        _logger.error("%s %r", arguments.err_msg or "Exception ignored in", arguments.object, exc_info=trace)
