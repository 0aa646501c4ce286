"""Print records and user text: whole for programs, cut to the terminal's width for people."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Mapping
from typing import Any

from rich.cells import cell_len

from sdxl_tui.core import joblog

ELLIPSIS = "…"


def print_line(line: str) -> None:
    """Print a line of harmless text; what the terminal's encoding lacks becomes a question mark."""
    print(printable(line))


def print_record(record: Mapping[str, Any]) -> None:
    """Print a record as a line of jobs.log; escaped where the output's encoding cannot say it."""
    print(record_line(record))


def printable(line: str) -> str:
    """Return a line with question marks for what the output's encoding lacks."""
    encoding = sys.stdout.encoding or "utf-8"
    return line.encode(encoding, errors="replace").decode(encoding)


def record_line(record: Mapping[str, Any]) -> str:
    """Return a record as ``print_record`` prints it."""
    line = joblog.as_line(record)
    try:
        line.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return json.dumps(json.loads(line))
    return line


def terminal_width() -> int | None:
    """Return the columns of the terminal; None when the output goes elsewhere and nothing need be cut."""
    return shutil.get_terminal_size((0, 0)).columns or None


def fitted(text: str, width: int | None) -> str:
    """Return ``text`` cut to ``width`` cells; a cut text ends in an ellipsis."""
    if width is None or cell_len(text) <= width:
        return text
    shown = text[:width]
    while shown and cell_len(shown) > width - 1:
        shown = shown[:-1]
    return f"{shown.rstrip()}{ELLIPSIS}"


def padded(text: str, width: int) -> str:
    """Return ``text`` filled with spaces to ``width`` cells."""
    return text + " " * (width - cell_len(text))
